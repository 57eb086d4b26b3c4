"""Actions that failed: tried again alone, ever later, and given up after a while.

What waits is a fire. When it is due it becomes a row of the journal, so that the action is done in
order with whatever else happens to its person.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from config import logs, metrics
from contacts import journaled
from events import doing, happened
from events.actions import Round, mark_of
from events.doing import Doings, Done
from events.effects import Effects
from events.work import Work
from runtime import Runtime
from store import contacts, events, fires
from store.documents.event import ActionRecord, EventRecord, Outcome
from store.documents.fire import Fire, FireKind
from store.documents.inbox import InboxItem, InboxKind

# Six tries within a day, then it is given up.
WAITS = tuple(timedelta(seconds=s) for s in (30, 300, 1800, 7200, 28_800, 43_200))

log = logs.get(__name__)


def owe(rt: Runtime, doings: Iterable[Doings], errors: dict[Any, Exception], now: datetime) -> None:
    """Have each action that failed tried again later. Safe to repeat. errors: {key: what its write
    raised}, where it was written with others'."""
    fires.schedule(
        rt.db,
        [
            _fire(one, place, done, tries=1, now=now)
            for one in doings
            for place, done in one.failed(errors)
        ],
    )


def _fire(of: Doings, place: int, done: Done, *, tries: int, now: datetime) -> Fire:
    """The fire of an action that failed for the `tries`th time."""
    event_id, rule, within = done.key
    return {
        "_id": f"again:{mark_of(event_id, rule, within)}:{tries}",
        "kind": FireKind.RETRY_ACTION,
        "subject": {
            "contact_id": of.contact_id,
            "event_id": event_id,
            "rule": rule,
            "place": within,
            "campaign": done.campaign,
            "record": place,
            "tries": tries,
        },
        "due_at": now + WAITS[tries - 1],
        "version": 0,
        "lease": None,
        "tries": 0,
    }


def journal_due(rt: Runtime, due: Sequence[Fire], now: datetime) -> dict[str, datetime]:
    """Put these in line with the rest of what happened to their people; none waits any longer.

    Safe to repeat: each is one row.
    """
    people = contacts.by_ids(rt.db, {fire["subject"]["contact_id"] for fire in due})
    rows: list[InboxItem] = []
    for fire in due:
        person = people.get(fire["subject"]["contact_id"])
        if person is None:
            continue  # erased
        subject = {**fire["subject"], "contact_id": str(person["_id"])}
        item = {**subject, "wa_id": person["wa_id"], "bsuid": person["bsuid"]}
        kind = InboxKind.ACTION
        rows.append(journaled.row(fire["_id"], kind, person, item, at=now, received_at=now))
    journaled.put_in_line(rt, rows, urgent=True)
    return {}


def handle(work: Work, item: dict[str, Any]) -> None:
    """Do one action again, and keep what came of it. Safe to repeat."""
    db = work.rt.db
    event = events.find(db, str(item.get("event_id") or ""))
    place, tries = int(item["record"]), int(item["tries"])
    if event is None or place >= len(event["actions"]):
        return  # erased
    record = event["actions"][place]
    if record["outcome"] != Outcome.AGAIN:
        return
    contact = contacts.by_ids(db, [event["contact_id"]]).get(event["contact_id"])
    if contact is None:
        return
    effects = Effects(db)
    version = int((event["decision"] or {}).get("rule_version", 0))
    on = Round(work.rt, effects, contact, happened.event_of(event), version, work.now)
    done = _do(work, on, item)
    if done is None:
        events.acted_again(db, event["_id"], place, _given_up(record, "its rule cannot be read"))
        return
    effects.notice(on.before(contact), on.contact, event["_id"], work.now)
    effects.settle(work.now)
    work.messages_owed = work.messages_owed or on.messages_owed
    work.send()
    of = Doings(event["_id"], contact["_id"], [done])
    if of.failed(effects.failed):
        _failed_again(work, event, of, place, tries + 1)
    else:
        events.acted_again(db, event["_id"], place, done.record)


def _do(work: Work, on: Round, item: dict[str, Any]) -> Done | None:
    """None where the rules that asked for it cannot be read any more."""
    if item.get("campaign"):
        return doing.trigger(on, str(item["campaign"]))
    book = work.book_at(on.rule_version) or work.book
    hits = book.hits_named([str(item["rule"])]) if book else ()
    within = int(item["place"])
    if not hits or within >= len(hits[0].actions):
        return None
    return doing.act(on, hits[0].rule, within, hits[0].actions[within])


def _failed_again(work: Work, event: EventRecord, of: Doings, place: int, tries: int) -> None:
    record = of.done[0].record
    if tries <= len(WAITS):
        fires.schedule(work.rt.db, [_fire(of, place, of.done[0], tries=tries, now=work.now)])
    else:
        record = _given_up(record, f"{record['detail']}; given up after {tries} tries")
    events.acted_again(work.rt.db, event["_id"], place, record)


def _given_up(record: ActionRecord, detail: str) -> ActionRecord:
    metrics.ACTIONS_FAILED.labels(metrics.GIVEN_UP).inc()
    log.error("an action was given up", rule=record["rule"], action=next(iter(record["action"])))
    return {**record, "outcome": Outcome.FAILED, "detail": detail}
