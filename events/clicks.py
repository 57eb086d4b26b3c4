"""A tapped link, kept with the message it stands in, once a person and link."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from bson import ObjectId

from runtime import Runtime
from store import deliveries, keys
from store.deliveries import Move
from store.documents.delivery import Delivery, DeliveryStatus

_TURNS = 10
_EVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Tap:
    delivery_id: ObjectId
    link: str
    at: datetime


@dataclass(slots=True)
class Clicks:
    """Taps to be kept, in one write. Safe to repeat."""

    rt: Runtime
    waiting: list[_Tap] = field(default_factory=list)

    def add(self, delivery_id: ObjectId, link: str, at: datetime) -> None:
        self.waiting.append(_Tap(delivery_id, link, at))

    def settle(self) -> None:
        """Keep them. Whoever else moves the same deliveries meanwhile is waited for."""
        for _ in range(_TURNS):
            if not self.waiting:
                return
            self._turn()
        if self.waiting:
            raise RuntimeError(f"{len(self.waiting)} taps met other writers {_TURNS} times")

    def _turn(self) -> None:
        """One tap of each delivery; its next goes with the next turn."""
        rows = deliveries.find(self.rt.db, {tap.delivery_id for tap in self.waiting})
        made: dict[ObjectId, Move] = {}
        later: list[_Tap] = []
        now: dict[ObjectId, _Tap] = {}
        for tap in self.waiting:
            delivery = rows.get(tap.delivery_id)
            move = _move(delivery, tap) if delivery else None
            if move is None:
                continue
            if tap.delivery_id in made:
                later.append(tap)
                continue
            made[tap.delivery_id], now[tap.delivery_id] = move, tap
        moved = deliveries.move(self.rt.db, list(made.values()))
        self.waiting = [*(now[key] for key in now.keys() - moved), *later]


def _move(delivery: Delivery, tap: _Tap) -> Move | None:
    """What the tap changes; None where it is known already. Pure."""
    if tap.link in delivery["clicks"]:
        return None
    tallies = {f"button.{keys.safe(tap.link)}": 1}
    if "clicked" not in delivery["times"] and not delivery["clicks"]:
        tallies["clicked"] = 1
    first = min(tap.at, delivery["times"].get("clicked", _EVER))
    return Move(
        delivery,
        DeliveryStatus(delivery["status"]),
        {"times.clicked": first},
        {"reply": delivery["reply"], "clicks": delivery["clicks"]},
        tallies,
        (tap.link,),
        tap.at,
    )
