"""What one delivery says has happened, when, and to whom: the one definition of every number. Pure.

A report's numbers are sums over deliveries of what stands here. Moving a delivery adds what it says
afterwards and takes away what it said before, and counting anew adds up what all of them say: the
two cannot differ, whatever order Meta reports in.

It runs for every status that Meta reports, so what a batch has in common is worked out once:
a change is counted under a Mark, and only the sums are turned into the paths of a row.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from store import keys
from store.documents.delivery import DeliveryStatus

# (what, half hour of the day, with whom) of what happened; a path as it is, of anything else.
Whom = tuple[str | None, str | None, str | None, tuple[str, ...], int, int]
Mark = tuple[str, int, Whom] | str
WHATS = (
    "accepted", "sent", "delivered", "read", "failed", "replied", "clicked", "opted_out", "goals",
)  # fmt: skip
REACHED = ("accepted", "sent", "delivered", "read")
TOOK = ("delivered", "read", "replied")
# Each bucket of a duration is a tenth wider than the one before, so that its middle is never more
# than 5 % from what it holds; 30 days make 155 of them.
WIDER = 1.1
ERROR = 0.05
_LOG = math.log(WIDER)
_FAILED, _SKIPPED = str(DeliveryStatus.FAILED), str(DeliveryStatus.SKIPPED)
_NEVER_TAKEN_IN = -1


def bucket_of(seconds: float) -> int:
    """The bucket of a duration; what is less than a second, or negative since Meta's clock is
    another than ours, is in the first ones.

    >>> bucket_of(-3), bucket_of(60), round(seconds_of(bucket_of(60)))
    (0, 43, 61)
    """
    return int(math.log(1 + seconds) / _LOG) if seconds > 0 else 0


def seconds_of(bucket: int) -> float:
    """The middle of a bucket, in seconds."""
    return float(WIDER ** (bucket + 0.5) - 1)


def happened(row: Mapping[str, Any]) -> dict[str, datetime]:
    """{what: when}, of what happened to this message. Who read it was reached, though Meta may
    report `read` alone: it then happened when the next thing did that is known."""
    times = row["times"]
    found: dict[str, datetime] = {}
    at = times.get("played")
    if (at := times.get("read", at)) is not None:
        found["read"] = at
    if (at := times.get("delivered", at)) is not None:
        found["delivered"] = at
    if (at := times.get("sent", at)) is not None:
        found["sent"] = at
    if (at := times.get("accepted", at)) is not None:
        found["accepted"] = at
    if row["status"] == _FAILED:
        error = row["error"]
        found["failed"] = error["at"] if error else row["status_at"]
    if reply := row.get("reply"):
        found["replied"] = reply["at"]
    if row["clicks"]:
        said = times.get("clicked") or (reply["at"] if reply else None)
        found["clicked"] = said or row["status_at"]
    if (at := times.get("opted_out")) is not None:
        found["opted_out"] = at
    if (at := times.get("goal")) is not None:
        found["goals"] = at
    return found


def of(row: Mapping[str, Any]) -> Counter[tuple[int, Mark]]:
    """{(day, mark): 1} of all that a delivery says; the day as `toordinal` counts them."""
    counted: Counter[tuple[int, Mark]] = Counter()
    for day, mark, by in difference(_NOTHING, row):
        counted[day, mark] += by
    return counted


def difference(
    before: Mapping[str, Any], now: Mapping[str, Any]
) -> Iterator[tuple[int, Mark, int]]:
    """(day, mark, by how much) where a delivery that said `before` says `now`."""
    was, found = happened(before), happened(now)
    with_whom = whom(before), whom(now)
    anew = with_whom[0] != with_whom[1]  # taken in: all that it says is said of that half hour
    for what, at in was.items():
        if anew or found.get(what) != at:
            yield at.toordinal(), (what, slot_of(at), with_whom[0]), -1
    for what, at in found.items():
        if anew or was.get(what) != at:
            yield at.toordinal(), (what, slot_of(at), with_whom[1]), 1
    yield from _reasons(before, now, was, found)
    yield from _took(before, now)


def whom(row: Mapping[str, Any]) -> Whom:
    """With whom a delivery is counted: (language, country, variant, segments, step, slot).

    What it says of its person was frozen when it was owed. slot: the half hour of the day, in UTC,
    at which Meta took it in.
    """
    of_person = row.get("of") or _NOBODY
    accepted = row["times"].get("accepted")
    return (
        of_person.get("language"),
        of_person.get("country"),
        of_person.get("variant"),
        tuple(of_person.get("segments", ())),
        row["step"],
        _NEVER_TAKEN_IN if accepted is None else slot_of(accepted),
    )


_NOBODY: dict[str, Any] = {}
_NOTHING: dict[str, Any] = {
    "times": {}, "status": "", "reply": None, "clicks": (), "pricing": None, "step": 0,
}  # fmt: skip


def slot_of(at: datetime) -> int:
    """The half hour of the day, from 0 to 47."""
    return at.hour * 2 + at.minute // 30


def _reasons(
    before: Mapping[str, Any],
    now: Mapping[str, Any],
    was: Mapping[str, datetime],
    found: Mapping[str, datetime],
) -> Iterator[tuple[int, Mark, int]]:
    """What is counted by its code, reason, button or price; most moves change none of it."""
    status = before["status"], now["status"]
    rare = _FAILED in status or _SKIPPED in status or before["clicks"] or now["clicks"]
    priced_anew = before["pricing"] != now["pricing"] or was.get("sent") != found.get("sent")
    if rare or priced_anew:
        said, says = _by_reason(before, was), _by_reason(now, found)
        for day, path in said - says:
            yield day, path, -1
        for day, path in says - said:
            yield day, path, 1


def _by_reason(row: Mapping[str, Any], found: Mapping[str, datetime]) -> set[tuple[int, str]]:
    paths: set[tuple[int, str]] = set()
    if row["status"] == _SKIPPED:
        paths.add((row["status_at"].toordinal(), f"skipped.{_reason(row)}"))
    if "failed" in found:
        paths.add((found["failed"].toordinal(), f"code.{_code(row)}"))
    if row["pricing"]:
        day = (found.get("sent") or row["status_at"]).toordinal()
        paths |= {(day, f"cost.{name}") for name in priced(row["pricing"])}
    if row["clicks"]:
        day = found["clicked"].toordinal()
        paths |= {(day, f"button.{keys.safe(button)}") for button in row["clicks"]}
    return paths


def _reason(row: Mapping[str, Any]) -> str:
    return keys.safe(row["reason"] or "none")


def _code(row: Mapping[str, Any]) -> str:
    error = row["error"]
    return "none" if not error or error["code"] is None else str(error["code"])


def _took(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[int, Mark, int]]:
    said, says = _durations(before), _durations(now)
    if said == says:
        return
    for what in TOOK:
        old, new = said.get(what), says.get(what)
        if old != new:
            if old:
                yield old[1].toordinal(), _bucket(what, *old), -1
            if new:
                yield new[1].toordinal(), _bucket(what, *new), 1


def _durations(row: Mapping[str, Any]) -> dict[str, tuple[datetime, datetime]]:
    """How long delivering took since Meta accepted it, and reading and answering since it was
    delivered, where both ends are known."""
    times = row["times"]
    delivered = times.get("delivered")
    found: dict[str, tuple[datetime, datetime]] = {}
    if delivered is None:
        return found
    if accepted := times.get("accepted"):
        found["delivered"] = (accepted, delivered)
    if read := times.get("read"):
        found["read"] = (delivered, read)
    if reply := row.get("reply"):
        found["replied"] = (delivered, reply["at"])
    return found


def _bucket(what: str, since: datetime, until: datetime) -> str:
    return f"took_{what}.{bucket_of((until - since).total_seconds())}"


def priced(pricing: Mapping[str, Any]) -> list[str]:
    """[`marketing.count`, `marketing.billable`]: what one message is under `cost`, in Meta's words.

    `billable` is deprecated; `type` says the same: only `regular` is charged.
    Source: https://developers.facebook.com/docs/whatsapp/pricing
    """
    category = keys.safe(str(pricing.get("category") or "unknown"))
    counted = [f"{category}.count"]
    if pricing.get("type", "regular") == "regular" and pricing.get("billable", True):
        counted.append(f"{category}.billable")
    return counted


def paths(mark: Mark) -> tuple[str, ...]:
    """Where a mark is counted in a day's row.

    >>> paths(("read", 13, ("en", None, None, (), 0, 12)))
    ('at.13.read', 'by.language.en.read', 'by.slot.12.read')
    """
    if isinstance(mark, str):
        return (mark,)
    what, slot, of_whom = mark
    return (f"at.{slot}.{what}", *(f"by.{group}.{what}" for group in _groups(of_whom)))


@lru_cache(maxsize=10_000)
def _groups(of_whom: Whom) -> tuple[str, ...]:
    language, country, variant, segments, step, slot = of_whom
    named = (("language", language), ("country", country), ("variant", variant))
    found = [f"{name}.{keys.safe(value)}" for name, value in named if value]
    found += [f"segment.{keys.safe(segment)}" for segment in segments]
    if step:  # the first step's are what the others leave of the whole
        found.append(f"step.{step}")
    if slot != _NEVER_TAKEN_IN:
        found.append(f"slot.{slot}")
    return tuple(found)


def after(delivery: Any, to: str, fields: Mapping[str, Any], clicks: tuple[str, ...]) -> Any:
    """The delivery as a move of it leaves it, as far as any number is concerned."""
    now = {**delivery, **fields, "status": to}
    times = [name for name in fields if name.startswith("times.")]
    if times:
        now["times"] = {**now["times"], **{name[6:]: fields[name] for name in times}}
    if clicks:
        had = delivery["clicks"]
        now["clicks"] = [*had, *(button for button in clicks if button not in had)]
    return now


def tallied(row: Mapping[str, Any]) -> list[str]:
    """The paths under which a run's own row counts this delivery, nested by dots."""
    found = happened(row)
    counted = [f"reached.{what}" for what in REACHED if what in found]
    counted += [what for what in ("replied", "clicked", "opted_out", "goals") if what in found]
    counted += [
        path.replace("code.", "failed.", 1) if path.startswith("code.") else path
        for _, path in _by_reason(row, found)
    ]
    if row["step"]:
        counted.append(f"step.{row['step']}.{row['status']}")
    return counted
