"""A file that came with a message of a contact's, by what is kept of the message.

What Meta calls the file stands in the journal alone, and goes with it. A page names it by when the
message came and a few letters of a hash: a wamid carries the phone number, and addresses are
logged.
"""

import hashlib
import json
from datetime import UTC, datetime

from bson import ObjectId

from store import conversations, inbox, mongo
from store.documents.event import EventRecord
from whatsapp import inbound

SHOWN = frozenset({"image", "video", "audio", "voice", "document", "sticker"})
_NAMED_BY = 12  # letters
_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)  # only the file is asked for


def handle(event: EventRecord) -> str | None:
    """What a page calls the file that came with this message; None where none did. Pure."""
    if event["message_type"] not in SHOWN:
        return None
    moment = int(event["at"].timestamp() * 1000)
    return f"{moment}-{hashlib.sha256(event['_id'].encode()).hexdigest()[:_NAMED_BY]}"


def media_id(db: mongo.Db, contact_id: ObjectId, name: str) -> str | None:
    """Meta's id of the file that `handle` named so; None where it is not known any more."""
    moment = name.partition("-")[0]
    if not moment.isdecimal() or len(moment) > 15:
        return None
    at = datetime.fromtimestamp(int(moment) / 1000, UTC)
    for event in conversations.said_at(db, contact_id, at):
        if handle(event) == name:
            return _journaled(inbox.payload_of(db, event["_id"]))
    return None


def _journaled(payload: str | None) -> str | None:
    if not payload:
        return None
    kept = json.loads(payload)
    item = kept.get("item") if isinstance(kept, dict) else None
    if not isinstance(item, dict):
        return None
    return inbound.message(item, _ANY_TIME).media_id
