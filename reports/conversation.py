"""What was said both ways, oldest first, a page at a time: for whoever reads or answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bson import ObjectId

from campaigns import phone
from campaigns.phone import Bubble
from contacts import sent_files
from store import conversations, mongo, templates
from store.documents.delivery import Delivery
from store.documents.event import EventRecord
from store.documents.template import Template

_SAME_MOMENT = 50  # of one moment, more than anybody says; a page never ends between them


@dataclass(frozen=True, slots=True)
class Said:
    """One message. heard: theirs, with what was decided. ours: what we owe or sent, as `bubble`
    shows it. file: what the page calls the file that came with theirs."""

    at: datetime
    heard: EventRecord | None = None
    file: str | None = None
    ours: Delivery | None = None
    bubble: Bubble | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """earlier: what to ask the page before for; None where there is none."""

    lines: Sequence[Said]
    earlier: datetime | None


def of_contact(
    db: mongo.Db, contact_id: ObjectId, limit: int, until: datetime | None = None
) -> Page:
    """The last `limit` messages up to `until`, and a few more where they are of one moment.

    What an audience left out is no message. Two commands, and one for each template in it.
    """
    most = limit + _SAME_MOMENT
    heard = conversations.said(db, contact_id, most, until)
    kept = [Said(one["at"], heard=one, file=sent_files.handle(one)) for one in heard]
    ours = conversations.ours(db, contact_id, most, until)
    kept += [Said(row["created_at"], ours=row) for row in ours]
    known: dict[tuple[str, str], Template | None] = {}
    kept.sort(key=_order, reverse=True)
    end = _end(kept, limit)
    shown = [_drawn(db, line, known) for line in reversed(kept[:end])]
    return Page(shown, kept[end].at if end < len(kept) else None)


def _order(line: Said) -> tuple[datetime, datetime, str]:
    """Meta dates what people write to the second: within one, as it was handled."""
    if line.heard is not None:
        return line.at, line.heard["recorded_at"], line.heard["_id"]
    return line.at, line.at, ""


def _end(lines: Sequence[Said], limit: int) -> int:
    """How many make the page: `limit`, and those of the same moment as the last of them."""
    end = min(limit, len(lines))
    while 0 < end < len(lines) and lines[end].at == lines[end - 1].at:
        end += 1
    return end


def _drawn(db: mongo.Db, line: Said, known: dict[tuple[str, str], Template | None]) -> Said:
    """The line with our message as a phone shows it; of an erased person nothing is left of it."""
    if line.ours is None or not line.ours["message"]:
        return line
    message, template = line.ours["message"], None
    if message.get("type") == "template":
        name = (message["template"]["name"], message["template"]["language"]["code"])
        if name not in known:
            known[name] = templates.find(db, *name)
        template = known[name]
    return replace(line, bubble=phone.bubble(message, template))
