"""What Meta says beside messages and statuses: preferences, new ids, templates, our account."""

import re
from datetime import datetime
from typing import Any

from campaigns.templates import normal_language
from config import logs
from contacts import consent, touch
from contacts.identity import Identity, identify
from deliveries import reach
from events import decide
from events.work import Work
from rules.event import Event
from runtime import Runtime
from store import campaigns, contacts, senders, templates
from store.documents.campaign import CampaignState
from store.documents.contact import Contact, OptIn
from store.documents.suppression import Scope
from whatsapp import inbound, limits

_USER_IDS = re.compile(r"\b[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}\b")
_NUMBERS = re.compile(r"\b[1-9]\d{6,14}\b")
_UNUSABLE = {"PAUSED", "DISABLED", "REJECTED", "DELETED", "PENDING_DELETION", "ARCHIVED", "LOCKED"}
_USABLE = {"APPROVED", "REINSTATED", "FLAGGED"}
_BANNED = {"DISABLE", "SCHEDULE_FOR_DISABLE"}

log = logs.get(__name__)


def preference(work: Work, contact: Contact, event_id: str, said: inbound.Preference) -> None:
    """What the person set in WhatsApp itself feeds the same suppressions as STOP and START.

    `resume` gives marketing back; somebody who also wrote STOP to us has still written it.
    """
    rt = work.rt
    identity = Identity(contact["wa_id"], contact["bsuid"])
    event = Event(
        id=event_id,
        name="preference",
        at=said.at,
        properties={"category": said.category, "value": said.value},
    )
    decide.note(work, contact, event, "preference")
    if said.value != "stop" and consent.is_newer(rt.db, identity, said.at):
        return  # from before what stands, delivered late
    if said.value == "stop":
        consent.suppress(
            rt.db,
            identity,
            scope=Scope.MARKETING,
            until=None,
            source="preference",
            reason=None,
            evidence=event_id,
            now=said.at,
        )
        opt_in = OptIn.NO
    elif said.value in ("resume", "signup"):
        consent.lift(
            rt.db,
            identity,
            source="preference",
            reason=None,
            evidence=event_id,
            now=said.at,
            only=Scope.MARKETING,
        )
        opt_in = OptIn.YES
    else:
        return
    state = {"state": opt_in, "source": "preference", "at": said.at, "evidence": event_id}
    contact = contacts.update(rt.db, contact["_id"], {"$set": {"consent": state}}) or contact
    if opt_in is OptIn.NO and work.book is not None and work.book.uses("opted_out", None):
        left = Event(id=f"{event_id}:opted_out", name="opted_out", at=said.at)
        decide.ask(work, contact, left)


def system(rt: Runtime, contact: Contact, message: inbound.Message, now: datetime) -> Contact:
    """`user_changed_number` and `user_changed_user_id`: the person goes on under a new identity."""
    said = message.system or {}
    body = str(said.get("body") or "")
    kind = said.get("type")
    if kind == "user_changed_number":
        numbers = _NUMBERS.findall(body)
        new = identify(said.get("wa_id") or (numbers[-1] if numbers else None), said.get("user_id"))
    elif kind == "user_changed_user_id":
        ids = _USER_IDS.findall(body)
        new = identify(said.get("wa_id"), said.get("user_id") or (ids[-1] if ids else None))
    else:
        return contact
    return touch.changed_identity(rt.db, contact, new, now) if new else contact


def identity(rt: Runtime, item: dict[str, Any], now: datetime) -> None:
    """An item of `user_id_update`: {wa_id, user_id: {previous, current}}. Safe to repeat."""
    ids = item.get("user_id")
    pair: dict[str, Any] = ids if isinstance(ids, dict) else {}
    old = identify(item.get("wa_id"), pair.get("previous"))
    new = identify(item.get("wa_id"), pair.get("current"))
    if old is None or new is None or new.bsuid is None:
        return
    known = contacts.by_identities(
        rt.db, [old.wa_id] if old.wa_id else [], [old.bsuid] if old.bsuid else []
    )
    if known:
        touch.changed_identity(rt.db, known[0], new, now)


def template(rt: Runtime, item: dict[str, Any], now: datetime) -> None:
    """A template was approved, paused, reclassified or rated: what we hold is kept in step.

    Campaigns that send one that may not be sent any more are paused, and say why.
    """
    name = str(item.get("message_template_name") or "")
    language = normal_language(str(item.get("message_template_language") or "")) or None
    if not name:
        return
    fields: dict[str, Any] = {}
    event = str(item.get("event") or "").upper()
    if event in _USABLE:
        fields |= {"status": "APPROVED", "reason": None}
    elif event:
        other = item.get("other_info")
        why = other.get("title") if isinstance(other, dict) else item.get("reason")
        fields |= {"status": event, "reason": str(why) if why else None}
    if item.get("new_quality_score"):
        fields["quality"] = str(item["new_quality_score"])
    if item.get("previous_category") and item.get("new_category"):
        fields["category"] = str(item["new_category"]).upper()
    if not fields:
        return
    templates.change(rt.db, name, language, fields)
    if event in _UNUSABLE:
        reason = f"Meta: template {name} is {event.lower()}"
        campaigns.pause_on_template(
            rt.db,
            name,
            {"at": now, "by": "meta", "state": CampaignState.PAUSED, "reason": reason},
        )


def account(rt: Runtime, field: str, item: dict[str, Any], now: datetime) -> None:
    """Our account or number: kept for people to see; a ban or a restriction stops sending."""
    event = str(item.get("event") or field)
    notice = {"at": now, "field": field, "event": event}
    alert = item.get("alert_info")
    if isinstance(alert, dict):
        notice["event"] = str(alert.get("alert_type") or event)
    for key in (*limits.NEWS, "decision"):
        if item.get(key) is not None:
            notice["value"] = str(item[key])
    if limit := limits.first(item, limits.NEWS):
        reach.told(rt, limit.people, now)
    senders.note(rt.db, rt.whatsapp.phone_number_id, notice, now)
    log.warning("Meta says of our account", field=field, event_id=event[:60])
    ban = item.get("ban_info")
    banned = isinstance(ban, dict) and ban.get("waba_ban_state") in _BANNED
    restricted = any(
        isinstance(one, dict) and "BIZ_INITIATED" in str(one.get("restriction_type"))
        for one in item.get("restriction_info") or []
    )
    if banned or restricted or event in ("ACCOUNT_DELETED", "ACCOUNT_OFFBOARDED"):
        senders.block(
            rt.db,
            rt.whatsapp.phone_number_id,
            until=None,
            code=None,
            reason=f"Meta: {event}",
            now=now,
        )
