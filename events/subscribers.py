"""Tell other systems what becomes of messages: many at once, signed, in order, tried again.

A subscription follows the journal of what was handled, some seconds behind, so that rows of one
moment are all there. Each post tells of everything between two moments; where it is not taken, the
next try begins at the same moment. So a campaign of a million is some thousand posts one after
another, and nobody is told that something happened before it was kept.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId

from config import logs
from config.settings import Settings
from config.values import web_address_fault
from deliveries.status import callback_id
from events import items
from events.notify import signature
from runtime import Runtime, outward
from store import contacts, deliveries, subscriptions
from store.documents.delivery import Delivery
from store.documents.subscription import Subscription, SubscriptionState, Telling
from whatsapp.inbound import StatusReport

EVENTS = ("sent", "delivered", "read", "played", "failed")
MOST = 500  # rows of one post
BEHIND = timedelta(seconds=15)  # longer than from a row's moment to its being written
_LOOK_AGAIN = timedelta(seconds=5)
_POSTS = 20  # of one subscription before the next has its turn
# Eight tries within a day, then it is stopped, and somebody lets it go on where it was.
_WAITS = tuple(timedelta(seconds=s) for s in (10, 60, 300, 1800, 3600, 10_800, 21_600, 43_200))
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")

log = logs.get(__name__)


class ImpossibleSubscriptionError(Exception):
    """It cannot be made, or is not there; its words say why."""


def subscribe(
    rt: Runtime, name: str, url: str, events: Sequence[str], by: str, now: datetime
) -> tuple[Subscription, bool]:
    """Tell `name` from now on; one that stands goes on where it is. (it, whether it is new)

    Raises ImpossibleSubscriptionError.
    """
    if not _NAME.fullmatch(name):
        raise ImpossibleSubscriptionError(
            "A name is up to 64 small letters, digits, dots, dashes or underscores."
        )
    if fault := web_address_fault(url, private=rt.settings.notify_private):
        raise ImpossibleSubscriptionError(f"The address {fault}.")
    wanted = [event for event in EVENTS if event in events]
    if not wanted or len(wanted) != len(set(events)):
        raise ImpossibleSubscriptionError(f"Events are among {', '.join(EVENTS)}.")
    new = subscriptions.put(rt.db, name, url, wanted, by, now)
    return known(rt, name), new


def known(rt: Runtime, name: str) -> Subscription:
    """Raises ImpossibleSubscriptionError where there is none."""
    found = subscriptions.find(rt.db, name)
    if found is None:
        raise ImpossibleSubscriptionError("There is no subscription of this name.")
    return found


def resume(rt: Runtime, name: str, now: datetime) -> None:
    """Let one that was stopped go on where it was. Raises ImpossibleSubscriptionError."""
    fields = {"state": SubscriptionState.ACTIVE, "failures": 0, "next_at": now}
    if not subscriptions.change(rt.db, name, fields):
        raise ImpossibleSubscriptionError("There is no subscription of this name.")


def drop(rt: Runtime, name: str) -> None:
    """Tell it nothing more. Raises ImpossibleSubscriptionError."""
    if not subscriptions.drop(rt.db, name):
        raise ImpossibleSubscriptionError("There is no subscription of this name.")


def secret(settings: Settings, row: Subscription) -> str:
    """What its posts are signed with: made of SECRET_KEY, so that no copy of the database has it.
    Another one after it was dropped and made anew. Pure."""
    about = f"subscription:{row['_id']}:{row['created_at'].isoformat()}".encode()
    key = settings.secret_key.get_secret_value().encode()
    return hmac.new(key, about, hashlib.sha256).hexdigest()


def tell_due(rt: Runtime, clock: Callable[[], datetime], stop: Callable[[], bool]) -> int:
    """Tell every subscription that is due; how many posts were taken. Safe to repeat: a post that
    was taken and not noted is told again, its events with the same ids."""
    taken = 0
    while not stop() and (row := subscriptions.claim(rt.db, clock())) is not None:
        taken += _follow(rt, row, clock, stop)
    return taken


def _follow(
    rt: Runtime, row: Subscription, clock: Callable[[], datetime], stop: Callable[[], bool]
) -> int:
    since, taken = row["told_until"], 0
    while True:
        now = clock()
        until = subscriptions.next_until(rt.db, since, now - BEHIND, MOST)
        if until is None or taken >= _POSTS or stop():
            wait = _LOOK_AGAIN if until is None else timedelta(0)
            rest = {"lease_until": None, "next_at": now + wait}
            subscriptions.change(rt.db, row["_id"], rest)
            return taken
        if error := _tell(rt, row, since, until, now, again=False):
            _failed(rt, row, error, now)
            return taken
        taken, since = taken + 1, until
        subscriptions.change(rt.db, row["_id"], {"told_until": until, "failures": 0})


def tell_again(rt: Runtime, telling: Telling, now: datetime) -> str | None:
    """Send what one post told once more, as it is known now; None where it was taken.

    Raises ImpossibleSubscriptionError where nobody subscribes by that name any more.
    """
    row = known(rt, telling["subscription"])
    return _tell(rt, row, telling["since"], telling["until"], now, again=True)


def _tell(
    rt: Runtime, row: Subscription, since: datetime, until: datetime, now: datetime, *, again: bool
) -> str | None:
    """Post everything handled after `since` until `until`; None where it was taken, or nothing of
    it is asked for."""
    events = _events(rt, row, since, until)
    if not events:
        return None
    told = {"subscription": row["_id"], "since": since, "until": until, "events": events}
    body = json.dumps(told, default=_iso, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Drumbeat",
        "X-Drumbeat-Signature": signature(secret(rt.settings, row), body, now),
    }
    error: str | None = None
    try:
        status = outward.post(row["url"], body, headers, private=rt.settings.notify_private)
        error = None if 200 <= status < 300 else f"answered {status}"
    except outward.UnreachableError as unreachable:
        error = str(unreachable)
    subscriptions.log(
        rt.db,
        {
            "_id": ObjectId(),
            "subscription": row["_id"],
            "at": now,
            "since": since,
            "until": until,
            "count": len(events),
            "error": error,
            "again": again,
        },
    )
    return error


def _events(
    rt: Runtime, row: Subscription, since: datetime, until: datetime
) -> list[dict[str, Any]]:
    """What became of which message, as Meta reported it: three queries for all of them."""
    reported = [
        (one.item_id, one.report)
        for one in items.statuses_of(subscriptions.statuses(rt.db, since, until))
        if one.report.status in row["events"]
    ]
    found = _deliveries(rt, [report for _, report in reported])
    people = contacts.by_ids(rt.db, {one["contact_id"] for one in found.values()})
    told = []
    for item_id, report in reported:
        delivery = found.get(report.wamid)
        if delivery is None:
            continue  # somebody else's message, or of a person who was erased since
        person = people.get(delivery["contact_id"])
        failed = {"code": report.code, "title": report.title} if report.code else None
        told.append(
            {
                "id": logs.short(item_id),
                "event": report.status,
                "at": report.at,
                "delivery": str(delivery["_id"]),
                "campaign": delivery["campaign"],
                "run": str(delivery["run_id"]) if delivery["run_id"] else None,
                "phone": f"+{person['wa_id']}" if person and person["wa_id"] else None,
                "error": failed,
            }
        )
    return sorted(told, key=lambda one: one["at"])


def _deliveries(rt: Runtime, reports: Sequence[StatusReport]) -> dict[str, Delivery]:
    """{wamid: delivery}; by the id that Meta echoes where the wamid was never recorded."""
    found = deliveries.by_wamid(rt.db, {one.wamid for one in reports})
    echoed = {
        one.wamid: which
        for one in reports
        if one.wamid not in found and (which := callback_id(one.callback_data)) is not None
    }
    by_id = deliveries.find(rt.db, set(echoed.values())) if echoed else {}
    found.update({wamid: by_id[which] for wamid, which in echoed.items() if which in by_id})
    return found


def _failed(rt: Runtime, row: Subscription, error: str, now: datetime) -> None:
    failures = row["failures"] + 1
    stopped = failures > len(_WAITS)
    fields: dict[str, Any] = {"failures": failures, "lease_until": None}
    if stopped:
        fields["state"] = SubscriptionState.STOPPED
        log.error("a subscription was stopped", name=row["_id"], tries=failures, reason=error)
    else:
        fields["next_at"] = now + _WAITS[failures - 1]
        log.warning("a subscription was not told", name=row["_id"], tries=failures, reason=error)
    subscriptions.change(rt.db, row["_id"], fields)


def _iso(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
