"""A batch of statuses: each delivery moved once for all that was reported of it, in one write.

A status that arrives before its send was recorded finds its delivery by the id that Meta echoes
(`biz_opaque_callback_data`); without that id it is parked until the send is recorded.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from config import metrics
from deliveries import outcome
from deliveries.status import callback_id, fold
from events import decide, standing
from events.work import Work
from rules.event import Event
from runtime import Runtime
from store import contacts, deliveries, inbox
from store.deliveries import Move
from store.documents.delivery import Delivery, DeliveryStatus, campaign_type
from whatsapp.errors import is_known, verdict
from whatsapp.inbound import StatusReport

_TURNS = 10


@dataclass(frozen=True, slots=True)
class Reported:
    """A status and the journal row it came in."""

    item_id: str
    report: StatusReport


def handle(work: Work, reported: Sequence[Reported]) -> list[str]:
    """The rows that are handled. The rest is parked. Safe to repeat."""
    rt, now = work.rt, work.now
    waiting = list(reported)
    handled: list[str] = []
    for _ in range(_TURNS):
        found, strangers = _find(rt, waiting)
        for one in strangers:
            _park(rt, one, now)
        moved, news, waiting = _move(rt, found, now)
        handled += moved
        _tell_rules(work, news)
        if not waiting:
            return handled
    raise ContendedError(f"{len(waiting)} statuses met other writers {_TURNS} times")


class ContendedError(Exception):
    """Others kept changing the same deliveries; trying again later will do."""


Found = dict[ObjectId, tuple[Delivery, list[Reported]]]
News = list[tuple[Delivery, tuple[StatusReport, ...]]]  # the delivery as it stood before


def _find(rt: Runtime, reported: Iterable[Reported]) -> tuple[Found, list[Reported]]:
    """The deliveries the reports are about, each with its reports, and reports about none."""
    every = list(reported)
    ids = {i for one in every if (i := callback_id(one.report.callback_data)) is not None}
    by_id = deliveries.find(rt.db, ids) if ids else {}
    others = {
        one.report.wamid
        for one in every
        if one.report.wamid and callback_id(one.report.callback_data) not in by_id
    }
    by_wamid = deliveries.by_wamid(rt.db, others) if others else {}
    grouped: dict[ObjectId, list[Reported]] = defaultdict(list)
    rows: dict[ObjectId, Delivery] = {}
    strangers = []
    for one in every:
        echoed = callback_id(one.report.callback_data)
        delivery = (by_id.get(echoed) if echoed else None) or by_wamid.get(one.report.wamid)
        if delivery is None:
            strangers.append(one)
            continue
        rows[delivery["_id"]] = delivery
        grouped[delivery["_id"]].append(one)
    return {key: (rows[key], group) for key, group in grouped.items()}, strangers


def _park(rt: Runtime, one: Reported, now: datetime) -> None:
    inbox.park(rt.db, one.item_id, one.report.wamid, now)
    # The send may have been recorded between our look and the parking; whoever recorded it has
    # looked for parked rows already.
    if deliveries.by_wamid(rt.db, [one.report.wamid]):
        inbox.unpark(rt.db, [one.report.wamid])


def _move(rt: Runtime, found: Found, now: datetime) -> tuple[list[str], News, list[Reported]]:
    """(rows done, what is new of which delivery, reports whose delivery was changed meanwhile)."""
    moves: list[Move] = []
    news: News = []
    for delivery, group in found.values():
        folded = fold(delivery, [one.report for one in group], now)
        if folded.move is not None:
            moves.append(folded.move)
        news.append((delivery, folded.news))
    # That the rows are handled is written later, and stands on the disk no sooner than this does.
    moved = deliveries.move(rt.db, moves, settled=False)
    stale = {one.delivery["_id"] for one in moves} - moved
    done = [one.item_id for key, (_, group) in found.items() if key not in stale for one in group]
    again = [one for key in stale for one in found[key][1]]
    for delivery, group in found.values():
        if delivery["_id"] not in stale:
            _act_on_errors(rt, delivery, group, now)
    return done, [entry for entry in news if entry[0]["_id"] not in stale], again


def _act_on_errors(
    rt: Runtime, delivery: Delivery, group: Sequence[Reported], now: datetime
) -> None:
    for one in group:
        code = one.report.code
        # What no message is named by was Meta's answer to the POST: its sender acted on that.
        if one.report.status == DeliveryStatus.FAILED and code is not None and one.report.wamid:
            found = verdict(code, max(1, delivery["attempts"]))
            metrics.meta_error(code, metrics.WEBHOOK, known=is_known(code))
            if found.slow_down:
                rt.pace.slow_down()
            outcome.act(rt, delivery, code, found, now)


def _tell_rules(work: Work, news: News) -> None:
    """Post-campaign rules see each status of a delivery once."""
    book = work.book
    if book is None:
        return
    asked = [
        (delivery, report)
        for delivery, reports in news
        for report in reports
        if delivery["campaign"] and book.uses(report.status, delivery["campaign"])
    ]
    people = contacts.by_ids(work.rt.db, {d["contact_id"] for d, _ in asked}) if asked else {}
    news_of = {delivery["_id"]: reports for delivery, reports in news}
    docket = decide.Docket(work)
    for delivery, report in asked:
        contact = people.get(delivery["contact_id"])
        if contact is None:
            continue
        event = Event(
            id=f"{delivery['_id']}:{report.status}",
            name=report.status,
            at=report.at,
            campaign=delivery["campaign"],
            campaign_type=campaign_type(delivery),
            step=delivery["step"],
            error_code=report.code,
            reached=standing.reached(delivery, _by(news_of[delivery["_id"]], report)),
            buttons=frozenset(delivery["clicks"]),
        )
        docket.ask(book, contact, event, delivery_id=delivery["_id"])
    docket.settle()


def _by(reports: Sequence[StatusReport], report: StatusReport) -> list[str]:
    """What had happened by then of what came together, for each to be told as if it came alone."""
    return [one.status for one in reports if one.at <= report.at]
