"""The picture, film or file above a campaign's template: uploaded to Meta once, then named by id.

A link would have Meta fetch the file again and again, from whoever serves it, at the pace of the
campaign. A delivery keeps the link; what Meta called its upload is put in its place as the message
leaves, so that an id that expired changes nothing that was planned. Where a file cannot be
uploaded, the link goes out as it is.
Source: https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media
"""

import hashlib
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from config import logs
from runtime import Runtime, outward
from runtime.outward import UnreachableError
from store import uploads
from store.documents.delivery import Delivery
from whatsapp.client import GraphError

log = logs.get(__name__)

MOST_BYTES = {"image": 5 << 20, "video": 16 << 20, "document": 16 << 20}
_TYPES = {"image": ("image/jpeg", "image/png"), "video": ("video/mp4", "video/3gpp")}
_DEADLINE_S = 5.0
_WAIT_S = 12.0  # a sender has messages under way meanwhile, which are in doubt after 30
# Meta refuses an id that is gone with the first; the others it uses for much, and says which.
_GONE = 131053
_PERHAPS_GONE = (100, 131009)


def ids(rt: Runtime, batch: Sequence[Delivery], now: datetime) -> dict[str, str]:
    """{key: Meta's id} of the files that these messages show; what is missing is uploaded now.

    Costs nothing where no message has a link to a file, and else one look.
    """
    wanted = {key: found for one in batch if (found := _linked(one)) and (key := key_of(one))}
    if not wanted:
        return {}
    known = uploads.find(rt.db, wanted)
    have = {
        key: row["media_id"]
        for key, row in known.items()
        if row["media_id"] and row["expires_at"] > now
    }
    for key in wanted.keys() - have.keys():
        if uploads.claim(rt.db, key, now) and (made := _soon(rt, key, *wanted[key], now)):
            have[key] = made
    return have


def _soon(rt: Runtime, key: str, kind: str, file: Mapping[str, Any], now: datetime) -> str | None:
    """Upload it, and wait so long for that as a sender may; what takes longer is there next time.

    A name that cannot be resolved is given up by the system alone, after half a minute perhaps.
    """
    made: list[str | None] = []
    work = threading.Thread(
        target=lambda: made.append(_upload(rt, key, kind, file, now)), name="upload", daemon=True
    )
    work.start()
    work.join(_WAIT_S)
    return made[0] if made else None


def _upload(rt: Runtime, key: str, kind: str, file: Mapping[str, Any], now: datetime) -> str | None:
    try:
        content, media_type = _fetched(rt, kind, str(file["link"]))
        media_id = rt.whatsapp.upload(content, media_type, str(file.get("filename") or kind))
    except (UnreachableError, GraphError) as error:
        log.warning("a campaign's file could not be uploaded", reason=str(error))
        uploads.failed(rt.db, key, str(error), now)
        return None
    uploads.done(rt.db, key, media_id, now)
    return media_id


def _fetched(rt: Runtime, kind: str, link: str) -> tuple[bytes, str]:
    content, media_type = outward.fetch(
        link,
        most_bytes=MOST_BYTES[kind],
        private=rt.settings.notify_private,
        deadline_s=_DEADLINE_S,
    )
    if media_type not in _TYPES.get(kind, (media_type,)):
        raise UnreachableError(f"Meta takes no {media_type} as {kind}")
    return content, media_type


def placed(delivery: Delivery, have: Mapping[str, str]) -> dict[str, Any]:
    """The delivery's message with Meta's id in the place of the link, where there is one. Pure."""
    message = delivery["message"]
    found = _linked(delivery)
    media_id = have.get(key_of(delivery)) if found else None
    if found is None or media_id is None:
        return message
    kind, file = found
    named = {key: value for key, value in file.items() if key != "link"}
    first, *rest = message["template"]["components"]
    header = {**first, "parameters": [{"type": kind, kind: {"id": media_id, **named}}]}
    return {**message, "template": {**message["template"], "components": [header, *rest]}}


def refused(rt: Runtime, delivery: Delivery, code: int | None, title: str, now: datetime) -> None:
    """Meta would not take a message: where its file is gone, it is uploaded anew by who needs it.

    Safe to repeat.
    """
    said_so = code == _GONE or (code in _PERHAPS_GONE and "media" in title.lower())
    if not said_so or _linked(delivery) is None:
        return
    key = key_of(delivery)
    row = uploads.find(rt.db, [key]).get(key)
    if row is not None and row["media_id"] and _older(row["due_at"], delivery, now):
        uploads.forget(rt.db, key, row["media_id"], now)


def _older(good_until: datetime, delivery: Delivery, now: datetime) -> bool:
    """Whether the upload is older than the message that was refused: one that was made since is
    not what Meta complained of."""
    uploaded_at = good_until - uploads.KEPT
    return uploaded_at <= delivery["times"].get("sending", now) + timedelta(seconds=1)


def key_of(delivery: Delivery) -> str:
    """What names the file of this message: the same link may stand for another one next time."""
    found = _linked(delivery)
    link = found[1]["link"] if found else ""
    whose = delivery["run_id"] or delivery["campaign"] or ""
    return hashlib.sha256(f"{whose}:{link}".encode()).hexdigest()


def _linked(delivery: Delivery) -> tuple[str, Mapping[str, Any]] | None:
    """(kind, what Meta is told of it) of a file above the message that is named by a link."""
    template = delivery["message"].get("template")
    components = template.get("components") if template else None
    if not components or components[0].get("type") != "header" or not delivery["campaign"]:
        return None
    parameter = components[0]["parameters"][0]
    kind = parameter["type"]
    file = parameter.get(kind)
    return (kind, file) if kind in MOST_BYTES and "link" in file else None
