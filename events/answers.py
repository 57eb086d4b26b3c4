"""Whose message a person answers: attribution, and the reply kept with the delivery, once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from campaigns.content import document_of
from runtime import Runtime
from store import campaigns, deliveries, keys
from store.deliveries import Move
from store.documents.contact import Contact
from store.documents.delivery import Delivery, DeliveryStatus, Reply
from whatsapp.inbound import Message

_TURNS = 10
# Meta dates messages in whole seconds, and we what we send in milliseconds: an answer in the
# second of its message would seem to come before it.
_SECOND = timedelta(seconds=1)
_EVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Answered:
    """The delivery that was answered. attribution: exact | window."""

    delivery: Delivery
    attribution: str


def answered_by(rt: Runtime, heard: Sequence[tuple[Contact, Message]]) -> list[Answered | None]:
    """The delivery that each message answers.

    A button or a quoted reply belongs to that very message; free text to the last campaign within
    its `reply_window`.
    """
    if not heard:
        return []
    wamids = {message.quoted for _, message in heard if message.quoted}
    quoted = deliveries.by_wamid(rt.db, wamids) if wamids else {}
    latest = deliveries.last_campaign_messages(
        rt.db,
        {contact["_id"] for contact, _ in heard},
        max(message.at for _, message in heard) + _SECOND,
    )
    windows = _windows(rt, latest.values())
    return [
        _exactly(quoted.get(message.quoted or ""), contact)
        or _within_window(latest.get(contact["_id"], ()), windows, message)
        for contact, message in heard
    ]


def _exactly(quoted: Delivery | None, contact: Contact) -> Answered | None:
    ours = quoted is not None and quoted["contact_id"] == contact["_id"]
    return Answered(quoted, "exact") if ours and quoted else None


def _within_window(
    had: Sequence[Delivery], windows: dict[str, timedelta], message: Message
) -> Answered | None:
    """The campaign's message that left us last before this was written, of those within whose
    window it was. Pure."""
    within = []
    for delivery in had:
        window = windows.get(delivery["campaign"] or "")
        left_at = _left_at(delivery)
        if window is not None and left_at < message.at + _SECOND and message.at - left_at <= window:
            within.append((left_at, delivery["_id"], delivery))
    return Answered(max(within, key=lambda one: one[:2])[2], "window") if within else None


def _left_at(delivery: Delivery) -> datetime:
    return min(delivery["times"].values(), default=delivery["created_at"])


def _windows(rt: Runtime, had: Any) -> dict[str, timedelta]:
    """{campaign: its reply window}."""
    names = {delivery["campaign"] for some in had for delivery in some}
    found = (campaigns.find(rt.db, name) for name in names)
    return {c["_id"]: timedelta(seconds=document_of(c).reply_window) for c in found if c}


@dataclass(slots=True)
class Replies:
    """Answers to be kept with what they answer, in one write. Safe to repeat.

    An answer is counted once a delivery, and each of its buttons once.
    """

    rt: Runtime
    waiting: list[tuple[Answered, Message]] = field(default_factory=list)

    def add(self, answered: Answered, message: Message) -> None:
        self.waiting.append((answered, message))

    def settle(self) -> None:
        """Keep them. Whoever else moves the same deliveries meanwhile is waited for."""
        for _ in range(_TURNS):
            if not self.waiting:
                return
            self._turn()
        raise RuntimeError(f"{len(self.waiting)} replies met other writers {_TURNS} times")

    def _turn(self) -> None:
        now, self.waiting = self.waiting, []
        rows = deliveries.find(self.rt.db, {answered.delivery["_id"] for answered, _ in now})
        moves: list[Move] = []
        made: dict[Any, tuple[Answered, Message]] = {}
        for answered, message in now:
            delivery = rows.get(answered.delivery["_id"])
            move = _move(delivery, answered.attribution, message) if delivery else None
            if delivery is None or move is None:
                continue
            if delivery["_id"] in made:
                self.waiting.append((answered, message))  # its second answer, after the first
                continue
            made[delivery["_id"]] = (answered, message)
            moves.append(move)
        moved = deliveries.move(self.rt.db, moves)
        self.waiting += [made[key] for key in made.keys() - moved]


def _move(delivery: Delivery, attribution: str, message: Message) -> Move | None:
    """What the answer changes; None where it is known already. Pure.

    The earliest is the one that is kept, though Meta may tell of it later.
    """
    fields: dict[str, Any] = {}
    tallies: dict[str, int] = {}
    guard: dict[str, Any] = {"reply": delivery["reply"], "clicks": delivery["clicks"]}
    kept = delivery["reply"]
    if kept is None or _is_earlier(message, kept):
        fields["reply"] = {
            "at": message.at,
            "wamid": message.wamid,
            "attribution": attribution,
            "button": message.button,
            "text": message.text,
        }
        if kept is None:
            tallies["replied"] = 1
    tapped = message.button if attribution == "exact" else None
    clicks = (tapped,) if tapped and tapped not in delivery["clicks"] else ()
    for button in clicks:
        tallies[f"button.{keys.safe(button)}"] = 1
        if "clicked" not in delivery["times"] and not delivery["clicks"]:
            tallies["clicked"] = 1
    if tapped and message.at < delivery["times"].get("clicked", _EVER):
        fields["times.clicked"] = message.at
    if not tallies and not fields:
        return None
    status = DeliveryStatus(delivery["status"])
    return Move(delivery, status, fields, guard, tallies, clicks, message.at)


def _is_earlier(message: Message, kept: Reply) -> bool:
    """Of the same second, one of the two, always the same. An erased one stays as it is."""
    if kept["wamid"] is None:
        return False
    return (message.at, message.wamid) < (kept["at"], kept["wamid"])


def count_opt_out(rt: Runtime, delivery: Delivery, at: datetime) -> None:
    """The person left because of this message; counted once a delivery. Safe to repeat."""
    for _ in range(_TURNS):
        standing = deliveries.find(rt.db, [delivery["_id"]]).get(delivery["_id"])
        if standing is None or "opted_out" in standing["times"]:
            return
        left = Move(
            standing,
            DeliveryStatus(standing["status"]),
            {"times.opted_out": at},
            {"times.opted_out": None},
            {"opted_out": 1},
        )
        if deliveries.move(rt.db, [left]):
            return
