"""Order the statuses Meta reports for one message. Pure.

Meta repeats reports and sends them late or out of order, so a delivery only moves forward.
Source: https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId

from deliveries import retries
from store import marks
from store.deliveries import Move
from store.documents.delivery import Delivery, DeliveryError, DeliveryStatus
from whatsapp.errors import describe
from whatsapp.inbound import StatusReport

PATH = (
    DeliveryStatus.ACCEPTED,
    DeliveryStatus.SENT,
    DeliveryStatus.DELIVERED,
    DeliveryStatus.READ,
    DeliveryStatus.PLAYED,
)
_BEFORE_ACCEPTED = (DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Folded:
    """What a batch of reports makes of a delivery. news: the statuses that were not known."""

    move: Move | None
    news: tuple[StatusReport, ...]


def precursors(reported: DeliveryStatus) -> list[DeliveryStatus]:
    """Statuses from which `reported` is news.

    A message that is known to have reached the phone did not fail; one that was thought to have
    failed and then arrived, arrived.

    >>> [s.value for s in precursors(DeliveryStatus.SENT)]
    ['pending', 'sending', 'unknown', 'accepted']
    """
    if reported is DeliveryStatus.FAILED:
        return [*_BEFORE_ACCEPTED, *PATH[:2]]
    earlier = [*_BEFORE_ACCEPTED, *PATH[: PATH.index(reported)]]
    if reported in PATH[2:]:
        earlier.append(DeliveryStatus.FAILED)
    return earlier


def parse(status: str) -> DeliveryStatus | None:
    """The status Meta names, or None for one that says nothing about the delivery's way."""
    try:
        parsed = DeliveryStatus(status)
    except ValueError:
        return None
    return parsed if parsed in PATH or parsed is DeliveryStatus.FAILED else None


def fold(delivery: Delivery, reports: Sequence[StatusReport], now: datetime) -> Folded:
    """One move for all of `reports` about one delivery, whatever order they came in.

    A failure that is worth another try puts the message back in line, and is no news yet.
    """
    so_far = _SoFar(
        delivery=delivery,
        status=DeliveryStatus(delivery["status"]),
        furthest=_furthest(delivery),
        times=dict(delivery["times"]),
        error=delivery["error"],
        wamid=delivery["wamid"],
    )
    for report in reports:
        so_far.add(report, now)
    fields, news = so_far.fields, so_far.news
    if not news and not fields:
        return Folded(None, ())
    fields |= {"times": so_far.times, "error": so_far.error}
    erased = delivery["cause"].startswith("erased:")  # a wamid names the person, who is forgotten
    if so_far.wamid != delivery["wamid"] and not erased:
        fields["wamid"] = so_far.wamid  # its send was never recorded; this is how we learn it
    moved = so_far.status != delivery["status"]
    if moved and so_far.status is not DeliveryStatus.PENDING and delivery["lease"]:
        fields["lease"] = None  # what moved nothing leaves the send under way its lease
    return Folded(Move(delivery, so_far.status, fields, tallies=so_far.tallies), tuple(news))


@dataclass(slots=True)
class _SoFar:
    """A delivery as it stands after some of the reports. furthest: see `_furthest`.

    wamid: of the try that is under way at Meta; of the last one that failed where none is.
    """

    delivery: Delivery
    status: DeliveryStatus
    furthest: int
    times: dict[str, datetime]
    error: DeliveryError | None
    wamid: str | None
    fields: dict[str, Any] = field(default_factory=dict)
    tallies: dict[str, int] = field(default_factory=dict)
    news: list[StatusReport] = field(default_factory=list)

    def add(self, report: StatusReport, now: datetime) -> None:
        self._price(report)
        reported = parse(report.status)
        if reported is None:
            return
        earlier = self._of_an_earlier_try(report, reported)
        if earlier and reported is DeliveryStatus.FAILED:
            return
        forward = self.status in precursors(reported) and not earlier
        if not forward and reported.value in self.times:
            return
        if not self.wamid or (forward and self.status in _BEFORE_ACCEPTED):
            self.wamid = report.wamid or self.wamid
        if forward and reported is DeliveryStatus.FAILED:
            if (again := _again(self.delivery, report)) is not None:
                self._retry(report, now + again)
                return
            self.error = _error(report)
            self._count({f"failed.{_code(self.error)}": 1})
        self.times[reported.value] = report.at
        self.news.append(report)
        if reported in PATH:
            self._count(_newly_reached(self.furthest, reported))
            self.furthest = max(self.furthest, PATH.index(reported))
        if forward:
            self._advance(reported, report.at)

    def _of_an_earlier_try(self, report: StatusReport, reported: DeliveryStatus) -> bool:
        """A retried message gets a new wamid. That the try before failed is known, and a late
        `sent` of it moves nothing; if it arrived after all, it arrived.

        We remember one wamid. In a third try, a wamid we do not know may be the first's or this
        one's: taken for this one's, a repeated failure would send again what may have arrived.
        """
        if not self.wamid or not report.wamid or reported in PATH[2:]:
            return False
        same = report.wamid == self.wamid
        if self.status is DeliveryStatus.PENDING:
            return True  # none is under way
        if self.status in _BEFORE_ACCEPTED:
            return same or self.delivery["attempts"] > 2
        return not same

    def _advance(self, reported: DeliveryStatus, at: datetime) -> None:
        if self.status is DeliveryStatus.FAILED:
            self._count({f"failed.{_code(self.error)}": -1})
        if reported in PATH:
            self.error = None
        if self.status is DeliveryStatus.PENDING:
            self.fields["reason"] = None  # it waits for nothing any more
        self.status = reported
        self.fields["status_at"] = at

    def _retry(self, report: StatusReport, due_at: datetime) -> None:
        self.status = DeliveryStatus.PENDING
        self.error = _error(report)
        self.fields |= {"status_at": report.at, "due_at": due_at, "lease": None}
        self.fields["reason"] = f"retry_{report.code}"
        self.fields |= retries.counted(self.delivery, report.code)

    def _price(self, report: StatusReport) -> None:
        if report.pricing and not (self.fields.get("pricing") or self.delivery["pricing"]):
            self.fields["pricing"] = report.pricing
            self._count({f"cost.{name}": 1 for name in marks.priced(report.pricing)})

    def _count(self, more: dict[str, int]) -> None:
        for name, amount in more.items():
            self.tallies[name] = self.tallies.get(name, 0) + amount


def _again(delivery: Delivery, report: StatusReport) -> timedelta | None:
    return retries.judged(delivery, report.code).retry_after if report.code else None


def _newly_reached(furthest: int, now: DeliveryStatus) -> dict[str, int]:
    """Tallies of everyone who was ever accepted, sent, delivered, read: `read` implies the rest."""
    passed = PATH[furthest + 1 : PATH.index(now) + 1]
    return {f"reached.{one.value}": 1 for one in passed if one is not DeliveryStatus.PLAYED}


def _furthest(delivery: Delivery) -> int:
    """How far along PATH it is known to have come, -1 for not at all."""
    known = [PATH.index(s) for s in PATH if s.value in delivery["times"]]
    if delivery["status"] in PATH:
        known.append(PATH.index(DeliveryStatus(delivery["status"])))
    return max(known, default=-1)


def _error(report: StatusReport) -> DeliveryError:
    title = describe(report.code).title if report.code is not None else None
    return {"code": report.code, "title": title or report.title or "failed", "at": report.at}


def _code(error: DeliveryError | None) -> str:
    return str(error["code"]) if error and error["code"] is not None else "none"


def callback_id(data: str | None) -> ObjectId | None:
    """The delivery that `biz_opaque_callback_data` names, if it is one of ours."""
    return ObjectId(data) if data and ObjectId.is_valid(data) and len(data) == 24 else None
