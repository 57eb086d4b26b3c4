"""What happened in runs, added up from their days: series, durations, who did what. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from reports import funnel
from reports.ranges import Range
from store import keys, marks
from store.documents.run_day import RunDay

GROUPS = ("language", "country", "segment", "variant", "step")
_HALF_HOUR = timedelta(minutes=30)


def within(days: Sequence[RunDay], meant: Range | None) -> list[RunDay]:
    """The days of UTC of which any part is in the range; all of them where there is none."""
    if meant is None:
        return list(days)
    day = timedelta(days=1)
    return [row for row in days if row["day"] < meant.until and row["day"] + day > meant.since]


def points(days: Iterable[RunDay], meant: Range | None = None) -> list[dict[str, Any]]:
    """[{at, sent, read, …}], one a half hour in which anything happened, exactly in the range."""
    found: dict[datetime, Counter[str]] = defaultdict(Counter)
    for row in days:
        for slot, counted in row.get("at", {}).items():
            at = row["day"] + int(slot) * _HALF_HOUR
            if meant is None or meant.holds(at):
                found[at].update(counted)
    kept = ((at, {what: n for what, n in counted.items() if n}) for at, counted in found.items())
    return [{"at": at, **counted} for at, counted in sorted(kept, key=_when) if counted]


def _when(pair: tuple[datetime, Any]) -> datetime:
    return pair[0]


def happened(given: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """{what: how many} over all points; all of them are there."""
    counted = Counter(dict.fromkeys(marks.WHATS, 0))
    for point in given:
        counted.update({what: point.get(what, 0) for what in marks.WHATS})
    return dict(counted)


def took(days: Sequence[RunDay]) -> dict[str, Any]:
    """{delivered: {count, p50_s, p90_s}, read: …, replied: …, error}: how long it took.

    Delivering since Meta accepted it; reading and answering since it was delivered. Of buckets, so
    that each is right within `error`; None where nobody did.
    """
    result: dict[str, Any] = {"error": marks.ERROR}
    for what in marks.TOOK:
        buckets: Counter[int] = Counter()
        for row in days:
            held = _held(row, f"took_{what}")
            buckets.update({int(bucket): count for bucket, count in held.items()})
        result[what] = {
            "count": buckets.total(),
            "p50_s": quantile(buckets, 0.5),
            "p90_s": quantile(buckets, 0.9),
        }
    return result


def quantile(buckets: Mapping[int, int], share: float) -> float | None:
    """Within how many seconds `share` of them were done; None of nobody.

    >>> quantile({0: 9, 43: 1}, 0.5)
    0.5
    """
    whole = sum(buckets.values())
    passed = 0
    for bucket, count in sorted(buckets.items()):
        passed += count
        if count and passed >= share * whole:
            return round(marks.seconds_of(bucket), 1)
    return None


def by(days: Iterable[RunDay], zone: ZoneInfo) -> dict[str, list[dict[str, Any]]]:
    """{language: [{value: en, sent: …, read: …}], country, segment, variant, step, hour}.

    Most accepted first; steps and hours in their order. hour: the hour of the day, on `zone`'s
    clock, at which Meta took the messages in: what came of those sent at nine.
    """
    found: dict[str, dict[Any, Counter[str]]] = {name: defaultdict(Counter) for name in GROUPS}
    hours: dict[Any, Counter[str]] = defaultdict(Counter)
    for row in days:
        for name, values in row.get("by", {}).items():
            for value, counted in values.items():
                if name == "slot":
                    at = row["day"] + int(value) * _HALF_HOUR
                    hours[at.astimezone(zone).hour].update(counted)
                elif name in found:
                    found[name][keys.unsafe(value)].update(counted)
    told = {name: _ranked(values) for name, values in found.items()}
    told["step"] = sorted(told["step"], key=lambda row: int(row["value"]))
    told["hour"] = sorted(_ranked(hours), key=lambda row: row["value"])
    return told


def _ranked(values: Mapping[Any, Counter[str]]) -> list[dict[str, Any]]:
    rows = [
        {"value": value, **{what: counted.get(what, 0) for what in marks.WHATS}}
        for value, counted in values.items()
        if any(counted.values())
    ]
    return sorted(rows, key=lambda row: (-row["accepted"], str(row["value"])))


def reasons(days: Sequence[RunDay]) -> dict[str, Any]:
    """What a report breaks down by reason, of these days alone."""
    total: dict[str, Any] = {}
    for name in ("code", "skipped", "button", "cost"):
        total[name] = funnel.added(_held(row, name) for row in days)
    return {
        "skipped_by_reason": funnel.named(total["skipped"]),
        "failed_by_code": funnel.failed_by_code(total["code"]),
        "clicks_by_button": funnel.named(total["button"]),
        "cost": funnel.cost(total["cost"]),
    }


def _held(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    held: Mapping[str, Any] = row.get(name, {})
    return held
