"""What rules want to hear of campaigns' messages that nobody reports by itself.

That Meta took one, and what was not done within a time: for that a fire is kept, one for all that
was claimed at once. Where no published rule asks, a batch costs one small read a second.
"""

import hashlib
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from bson import ObjectId

from contacts import journaled
from runtime import Runtime
from store import contacts, fires, mongo, rule_versions
from store.documents.contact import Contact
from store.documents.delivery import Delivery, DeliveryStatus
from store.documents.fire import Fire, FireKind
from store.documents.inbox import InboxItem, InboxKind
from store.documents.rule_version import Telling

ACCEPTED = "accepted"
_LOOK_AGAIN_S = 1.0
_AT_ONCE = 500  # in one fire
_NOT_YET = (DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN)
_NEVER_LEFT = frozenset({"pending", "failed", "skipped", "excluded"})
# What shows that the thing was done. Whoever answered a message had it on their phone.
_DONE_BY = {
    "not_delivered": ("delivered", "read", "played"),
    "not_read": ("read", "played"),
}


class Asked:
    """What the published rules ask for, looked up once a second."""

    def __init__(self, db: mongo.Db) -> None:
        self._db = db
        self._tells: Sequence[Telling] = ()
        self._looked_at = -_LOOK_AGAIN_S

    def of(self, campaign: str) -> list[Telling]:
        """Of one campaign's messages."""
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_AGAIN_S:
            self._tells, self._looked_at = rule_versions.tells(self._db), now
        return [one for one in self._tells if asks(one, campaign)]


def asks(telling: Telling, campaign: str) -> bool:
    """Whether it is about this campaign's messages. Pure."""
    names = telling["campaigns"]
    return names is None or _folded(campaign) in names


def _folded(name: str) -> str:
    """As rules compare names, which hold no spaces."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def set_deadlines(rt: Runtime, asked: Asked, claimed: Iterable[Delivery]) -> None:
    """Keep, before these are posted, when to look what became of them; one write for all of them,
    none where no rule asks. Safe to repeat."""
    fires.schedule(rt.db, list(deadlines(asked, claimed)))


def deadlines(asked: Asked, claimed: Iterable[Delivery]) -> Iterator[Fire]:
    """The fires for these; they count from when each was handed to Meta."""
    together: dict[tuple[str, int, datetime], list[ObjectId]] = defaultdict(list)
    for one in claimed:
        sent_at = one["times"].get("sending")
        if sent_at is None or not one["campaign"]:
            continue
        for telling in asked.of(one["campaign"]):
            if telling["after_s"] is not None:
                together[telling["event"], telling["after_s"], sent_at].append(one["_id"])
    for (event, after_s, sent_at), ids in together.items():
        for first in range(0, len(ids), _AT_ONCE):
            yield _fire(event, after_s, sent_at, ids[first : first + _AT_ONCE])


def _fire(event: str, after_s: int, sent_at: datetime, ids: list[ObjectId]) -> Fire:
    about = hashlib.sha256(b"".join(one.binary for one in ids)).hexdigest()[:16]
    return {
        "_id": f"deadline:{event}:{after_s}:{sent_at.timestamp()}:{about}",
        "kind": FireKind.DEADLINE,
        "subject": {"event": event, "after_s": after_s, "sent_at": sent_at, "ids": ids},
        "due_at": sent_at + timedelta(seconds=after_s),
        "version": 0,
        "lease": None,
        "tries": 0,
    }


def is_open(delivery: Delivery) -> bool:
    """Whether nobody knows yet that it left us. Pure."""
    return delivery["status"] in _NOT_YET


def missed(delivery: Delivery, event: str, by: datetime) -> bool:
    """Whether `event`, a negative, is true of it at `by`: it left us, and the thing was not done
    by then, though it may have been later. Pure."""
    if delivery["status"] in _NEVER_LEFT or is_open(delivery):
        return False
    times, reply = delivery["times"], delivery["reply"]
    if event == "not_replied":
        return reply is None or reply["at"] > by
    if event == "not_clicked":
        clicked = times.get("clicked")
        return clicked > by if clicked else not delivery["clicks"]
    return not any(status in times and times[status] <= by for status in _DONE_BY[event])


def journal_accepted(
    rt: Runtime, asked: Asked, accepted: Iterable[Delivery], now: datetime
) -> None:
    """Put it in line for the rules that Meta took these, where any asks. Safe to repeat."""
    wanted = [
        one
        for one in accepted
        if one["campaign"]
        and any(telling["event"] == ACCEPTED for telling in asked.of(one["campaign"]))
    ]
    if not wanted:
        return
    people = contacts.by_ids(rt.db, {one["contact_id"] for one in wanted})
    journaled.put_in_line(
        rt,
        [
            item(one["_id"], ACCEPTED, people[one["contact_id"]], at=now, now=now)
            for one in wanted
            if one["contact_id"] in people
        ],
    )


def item(
    delivery_id: ObjectId,
    event: str,
    person: Contact,
    *,
    at: datetime,
    now: datetime,
    after_s: int | None = None,
    link: str | None = None,
) -> InboxItem:
    """The journal row of something that became of a message. Pure."""
    about = {"delivery": str(delivery_id), "event": event, "after_s": after_s, "link": link}
    named = ":".join(str(value) for value in about.values() if value is not None)
    return journaled.row(f"told:{named}", InboxKind.CAMPAIGN, person, about, at=at, received_at=now)
