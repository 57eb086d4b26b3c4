"""Keep what came of a send, and do what Meta's error asks for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from config import logs
from contacts import consent
from contacts.identity import Identity, is_wa_id, modern
from deliveries import media, refusals, retries, tellings
from deliveries.tellings import Asked
from runtime import Runtime
from store import campaigns, contacts, deliveries, inbox, queue, senders, templates
from store.deliveries import Move
from store.documents.campaign import CampaignChange, CampaignState
from store.documents.delivery import Delivery, DeliveryStatus
from store.documents.suppression import Scope
from store.redis import RedisDownError
from whatsapp.client import Accepted, Outcome, Refused, Unanswered
from whatsapp.errors import Reach, Verdict

log = logs.get(__name__)
Result = tuple[Delivery, Outcome]


def record(
    rt: Runtime, results: Sequence[Result], now: datetime, asked: Asked | None = None
) -> bool:
    """Keep every outcome; whether the sender may go on.

    A result that comes late, after the delivery was given up as `unknown` or after Meta's status
    was faster, still adds what it knows. Safe to repeat.
    """
    moves = [_move(delivery, outcome, now) for delivery, outcome in results]
    refusals.journal(rt, _final(results, moves), now)
    taken = [delivery for delivery, outcome in results if isinstance(outcome, Accepted)]
    tellings.journal_accepted(rt, asked or Asked(rt.db), taken, now)
    moved = deliveries.move(rt.db, moves)
    late = [result for result in results if result[0]["_id"] not in moved]
    if late:
        _record_late(rt, late, now)
    _note_addresses(rt, results)
    _unpark(rt, [o.wamid for _, o in results if isinstance(o, Accepted)])
    if any(isinstance(outcome, Accepted) for _, outcome in results):
        senders.resume_if_due(rt.db, rt.whatsapp.phone_number_id, now)
    going_on = [_act_on(rt, delivery, outcome, now) for delivery, outcome in results]
    return all(going_on)


def _final(results: Sequence[Result], moves: Sequence[Move]) -> list[tuple[Delivery, Refused]]:
    """Campaign messages that will not be tried again: their rules are to hear of it."""
    return [
        (delivery, outcome)
        for (delivery, outcome), move in zip(results, moves, strict=True)
        if isinstance(outcome, Refused)
        and move.to is DeliveryStatus.FAILED
        and delivery["campaign"]
    ]


def _move(delivery: Delivery, outcome: Outcome, now: datetime) -> Move:
    token = delivery["lease"] and delivery["lease"]["token"]
    guard = {"lease.token": token}
    if isinstance(outcome, Accepted):
        fields = {
            "wamid": outcome.wamid,
            "status_at": now,
            "times.accepted": now,
            "lease": None,
            "error": None,
            "reason": "held_for_quality_assessment" if outcome.held else None,
        }
        tallies = {} if "accepted" in delivery["times"] else {"reached.accepted": 1}
        return Move(delivery, DeliveryStatus.ACCEPTED, fields, guard, tallies)
    if isinstance(outcome, Unanswered):
        error = {"code": None, "title": outcome.reason, "at": now}
        # The lease stays: a late answer is known by its token.
        return Move(delivery, DeliveryStatus.UNKNOWN, {"status_at": now, "error": error}, guard)
    return _refused(delivery, outcome, now, guard)


def _refused(delivery: Delivery, outcome: Refused, now: datetime, guard: dict[str, Any]) -> Move:
    found = _verdict(delivery, outcome)
    fields: dict[str, Any] = {
        "status_at": now,
        "lease": None,
        "error": {"code": outcome.code, "title": found.title, "at": now},
    }
    if found.reach is Reach.SENDER:
        # It only found out that nothing may be sent. Were each probe a try of its own, an hour of
        # a wrong token would leave it none for an error that is worth one.
        fields["attempts"] = max(0, delivery["attempts"] - 1)
    if found.retry_after is not None:
        reason = "retry" if outcome.code is None else f"retry_{outcome.code}"
        fields |= {"due_at": now + found.retry_after, "reason": reason}
        if found.reach is not Reach.SENDER:
            fields |= retries.counted(delivery, outcome.code)
        return Move(delivery, DeliveryStatus.PENDING, fields, guard)
    code = outcome.code if outcome.code is not None else "none"
    if not delivery["campaign"]:
        fields["times.failed"] = now  # of the others it is set as the rules hear of it
    return Move(delivery, DeliveryStatus.FAILED, fields, guard, {f"failed.{code}": 1})


def _verdict(delivery: Delivery, outcome: Refused) -> Verdict:
    return retries.judged(
        delivery,
        outcome.code,
        title=outcome.title,
        http_status=outcome.http_status,
        retry_after_s=outcome.retry_after_s,
    )


def _record_late(rt: Runtime, late: Sequence[Result], now: datetime) -> None:
    """The delivery moved on while its send was under way: swept as lost, or Meta told us first."""
    standing = deliveries.find(rt.db, [delivery["_id"] for delivery, _ in late])
    moves = []
    for delivery, outcome in late:
        row = standing.get(delivery["_id"])
        if row is None or row["lease"] != delivery["lease"]:
            continue
        if row["status"] == DeliveryStatus.UNKNOWN and not isinstance(outcome, Unanswered):
            moves.append(_move(row, outcome, now))
    deliveries.move(rt.db, moves)


def _note_addresses(rt: Runtime, results: Sequence[Result]) -> None:
    """Keep how Meta writes a number that has another usual form: in Mexico and Brazil, mostly."""
    contacts.note_addresses(
        rt.db,
        {
            delivery["contact_id"]: outcome.wa_id
            for delivery, outcome in results
            if isinstance(outcome, Accepted)
            and outcome.wa_id is not None
            and is_wa_id(outcome.wa_id)
            and modern(outcome.wa_id) != outcome.wa_id
        },
    )


def _unpark(rt: Runtime, wamids: Sequence[str]) -> None:
    """Statuses that came before their send was recorded are handled now."""
    if wamids and (shards := inbox.unpark(rt.db, wamids)):
        try:
            queue.wake_shards(rt.redis, shards)
        except RedisDownError:
            log.warning("statuses wait for the sweep", count=len(shards))


def _act_on(rt: Runtime, delivery: Delivery, outcome: Outcome, now: datetime) -> bool:
    """Do what a refusal asks for beyond its own message; whether the sender may go on."""
    if not isinstance(outcome, Refused):
        return True
    found = _verdict(delivery, outcome)
    log.warning(
        "Meta refused a message",
        delivery_id=str(delivery["_id"]),
        code=outcome.code,
        status=outcome.http_status,
        attempt=delivery["attempts"],
    )
    if found.slow_down:
        rt.pace.slow_down()
    media.refused(rt, delivery, outcome.code, outcome.title, now)
    return act(rt, delivery, outcome.code, found, now)


def act(rt: Runtime, delivery: Delivery, code: int | None, found: Verdict, now: datetime) -> bool:
    """What an error, in an answer or by webhook, means beyond its message. Safe to repeat.

    Whether the sender may go on.
    """
    if found.suppress:
        _suppress(rt, delivery, code, now)
    if found.reach is Reach.TEMPLATE and delivery["message"].get("type") == "template":
        _pause_template(rt, delivery["message"]["template"]["name"], code, found.title, now)
    if found.reach is Reach.SENDER:
        until = now + found.block_for if found.block_for else None
        senders.block(
            rt.db, rt.whatsapp.phone_number_id, until=until, code=code, reason=found.title, now=now
        )
        log.error("sending is blocked", code=code, reason=found.title)
        if until is None and delivery["campaign"]:
            _pause(rt, delivery["campaign"], code, found.title, now)
        return False
    return True


def _pause(rt: Runtime, campaign: str, code: int | None, title: str, now: datetime) -> None:
    """What made Meta stop us until somebody looks is not to go on by itself afterwards."""
    change: CampaignChange = {
        "at": now,
        "by": "drumbeat",
        "state": CampaignState.PAUSED,
        "reason": f"{title} (Meta's {code})",
    }
    campaigns.enter(rt.db, campaign, [CampaignState.ACTIVE, CampaignState.RUNNING], change)


def _suppress(rt: Runtime, delivery: Delivery, code: int | None, now: datetime) -> None:
    contact = contacts.by_ids(rt.db, [delivery["contact_id"]]).get(delivery["contact_id"])
    if contact is not None:
        consent.suppress(
            rt.db,
            Identity(contact["wa_id"], contact["bsuid"]),
            scope=Scope.MARKETING,
            until=None,
            source="error",
            reason=f"Meta's {code}",
            evidence=str(delivery["_id"]),
            now=now,
        )


def _pause_template(rt: Runtime, name: str, code: int | None, title: str, now: datetime) -> None:
    if code == 132015:
        templates.change(rt.db, name, None, {"status": "PAUSED", "reason": title})
    elif code == 132016:
        templates.change(rt.db, name, None, {"status": "DISABLED", "reason": title})
    campaigns.pause_on_template(
        rt.db,
        name,
        {
            "at": now,
            "by": "drumbeat",
            "state": CampaignState.PAUSED,
            "reason": f"{title} (Meta's {code})",
        },
    )
