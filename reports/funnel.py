"""Where each recipient stands, from the counters that move with the deliveries. Pure.

Each recipient is in exactly one state, so the states sum to `targeted`; `reached` is cumulative.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

from store import keys
from store.documents.campaign import Run
from store.documents.delivery import DeliveryStatus
from whatsapp import errors

STATES = (
    "excluded", "skipped", "pending", "sending", "unknown",
    "accepted", "sent", "delivered", "read", "failed",
)  # fmt: skip
REACHED = ("accepted", "sent", "delivered", "read")
# Of whom each rate is a share; the names are those of `reached`. Meta does not always report
# `sent` for what fails on its way, so what it took in is the honest ground.
RATES = {
    "delivered": "accepted",
    "read": "delivered",
    "replied": "delivered",
    "clicked": "delivered",
}


class FailedBy(TypedDict):
    """code: Meta's, None where nothing was answered."""

    code: int | None
    title: str
    count: int
    limited_by_meta: bool


def of_counts(counts: Mapping[str, int], excluded: int = 0) -> dict[str, int]:
    """The funnel of {delivery status: how many stand there}; what was played was read.

    >>> of_counts({"sent": 2, "read": 1, "played": 1}, excluded=3)["targeted"]
    7
    """
    funnel = {state: counts.get(state, 0) for state in STATES}
    funnel["read"] += counts.get(DeliveryStatus.PLAYED, 0)
    funnel["excluded"] = excluded
    return {"targeted": sum(funnel.values()), **funnel}


def of_runs(runs: Iterable[Run]) -> dict[str, int]:
    """One funnel for all of them."""
    total = of_counts({})
    for run in runs:
        excluded = sum(run.get("excluded", {}).values())
        for state, count in of_counts(run["counters"], excluded).items():
            total[state] += count
    return total


def tallied(runs: Iterable[Run]) -> dict[str, Any]:
    """The runs' tallies added up, nested as they are; keys stay as they are stored."""
    return added(run.get("tallies", {}) for run in runs)


def by_step(runs: Sequence[Run]) -> dict[int, dict[str, int]]:
    """{step: {status: how many stand there}}. The first step's are what the later ones leave."""
    whole = added(run["counters"] for run in runs)
    later = tallied(runs).get("step", {})
    for counts in later.values():
        for status, count in counts.items():
            whole[status] = whole.get(status, 0) - count
    return {0: whole, **{int(step): counts for step, counts in later.items()}}


def added(given: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Nested counts, added up."""
    total: dict[str, Any] = {}
    for one in given:
        _add(total, one)
    return total


def _add(total: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, Mapping):
            _add(total.setdefault(key, {}), value)
        else:
            total[key] = total.get(key, 0) + value


def reached(tallies: Mapping[str, Any]) -> dict[str, int]:
    """Everyone who was ever accepted, sent, delivered, read."""
    given = tallies.get("reached", {})
    return {status: given.get(status, 0) for status in REACHED}


def named(counts: Mapping[str, int]) -> dict[str, int]:
    """{text: count} of {stored key: count}, most frequent first, without what fell back to 0."""
    pairs = [(keys.unsafe(key), count) for key, count in counts.items() if count]
    return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))


def by_code(counts: Mapping[str, int]) -> dict[int | None, int]:
    """{Meta's code: count} of {stored key: count}; None where nothing was answered."""
    result: dict[int | None, int] = {}
    for text, count in named(counts).items():
        code = int(text) if text.lstrip("-").isdecimal() else None
        result[code] = result.get(code, 0) + count
    return result


def failed_by_code(counts: Mapping[str, int]) -> list[FailedBy]:
    """Failures by Meta's code, most frequent first; what Meta holds back is told apart."""
    rows = []
    for code, count in by_code(counts).items():
        described = errors.describe(code)
        rows.append(
            FailedBy(
                code=code,
                title=described.title,
                count=count,
                limited_by_meta=described.limited_by_meta,
            )
        )
    return rows


def rates(ever: Mapping[str, int], replied: int, clicked: int) -> dict[str, float | None]:
    """Each as a share of what RATES names, from 0 to 1; None where that is nobody."""
    counts = {**ever, "replied": replied, "clicked": clicked}
    return {
        name: round(counts[name] / ever[ground], 4) if ever[ground] else None
        for name, ground in RATES.items()
    }


def cost(counts: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """{by_category: {category: {count, billable}}, billable}, as Meta priced the messages."""
    by_category = {
        keys.unsafe(category): {"count": row.get("count", 0), "billable": row.get("billable", 0)}
        for category, row in sorted(counts.items())
    }
    return {
        "by_category": by_category,
        "billable": sum(row["billable"] for row in by_category.values()),
    }
