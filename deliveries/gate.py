"""The one gate before every send: the same ordered checks for campaigns of every type and replies.

The campaign's own state, then suppression → consent → template and 24-hour window → reply loop
→ active hours → frequency cap → quiet hours. The last two are not about the person: Meta's limit of
people in 24 hours (`deliveries.reach`) and the phone number's pace (`store.pace`). Pure.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config.values import FrequencyCap, QuietHours
from deliveries import hours
from store.documents.campaign import CampaignState
from store.documents.contact import Contact, OptIn
from store.documents.delivery import Delivery, Purpose
from store.documents.suppression import Scope
from store.documents.template import Template

REPLY_LOOP = "reply_loop"
ANSWERING = (Purpose.REPLY, Purpose.ANSWER)
_PAUSED_LOOK_AGAIN = timedelta(seconds=15)
_LET_PASS = timedelta(seconds=5)
# What becomes of a message that meets these, unless its campaign says otherwise.
DEFAULT_HOLDS = {"frequency_cap": "drop", "quiet_hours": "wait", "messaging_limit": "wait"}


@dataclass(frozen=True, slots=True)
class Policy:
    """What the workspace set. reply_limit: of one and the same answer to one person;
    reply_limit_any: of answers to one person, whatever they say."""

    quiet_hours: QuietHours | None
    caps: Mapping[str, FrequencyCap]  # by category
    require_opt_in: str  # implied | strict
    timezone: ZoneInfo
    reply_limit: FrequencyCap | None = None
    reply_limit_any: FrequencyCap | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """All that the gate looks at.

    recent: when the latest messages of its category went out. ahead: how many of its category wait
    for the same person, and are due, of campaigns that go before this one's. answers: when the
    latest answers went out, and what each said.
    """

    delivery: Delivery
    contact: Contact | None
    suppressed: Scope | None
    template: Template | None
    recent: Sequence[datetime]
    policy: Policy
    now: datetime
    campaign: CampaignState | None = None
    ahead: int = 0
    answers: Sequence[tuple[datetime, Mapping[str, Any]]] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not now. until: when to look again; None means never. reason: a stored name."""

    reason: str
    until: datetime | None = None


def refusal(standing: Standing) -> Refusal | None:
    """The first check that holds the message back, or None where it may be sent."""
    for check in _CHECKS:
        refused = check(standing)
        if refused is not None:
            return refused
    return None


def exclusion(standing: Standing) -> Refusal | None:
    """What will hold the message back whenever it is due: known when an audience is resolved."""
    for check in _LASTING:
        refused = check(standing)
        if refused is not None:
            return refused
    return None


def _reachable(on: Standing) -> Refusal | None:
    if on.contact is None or not (on.contact["wa_id"] or on.contact["bsuid"]):
        return Refusal("contact_gone")
    if on.delivery["category"] == "authentication" and not on.contact["wa_id"]:
        return Refusal("needs_phone")  # Meta's 131062
    return None


def _still_wanted(on: Standing) -> Refusal | None:
    if on.campaign is CampaignState.CANCELLED:
        return Refusal("campaign_cancelled")
    if on.campaign is CampaignState.PAUSED:
        return Refusal("campaign_paused", until=on.now + _PAUSED_LOOK_AGAIN)
    return None


def _suppression(on: Standing) -> Refusal | None:
    if on.delivery["purpose"] == Purpose.CONFIRMATION:
        return None
    if on.suppressed is Scope.ALL:
        return Refusal("suppressed")
    if on.suppressed is Scope.MARKETING and is_marketing(on.delivery, on.template):
        return Refusal("suppressed_marketing")
    return None


def _consent(on: Standing) -> Refusal | None:
    if not _reaches_out_with_marketing(on) or on.contact is None:
        return None
    said = on.contact["consent"]["state"]
    if said == OptIn.YES:
        return None
    if said == OptIn.NO:
        return Refusal("opted_out")
    wrote = on.contact["last_inbound_at"] is not None
    implied = on.policy.require_opt_in == "implied" and wrote
    return None if implied else Refusal("no_opt_in")


def _template_and_window(on: Standing) -> Refusal | None:
    if on.delivery["message"].get("type") == "template":
        if on.template is None:
            return Refusal("no_template")
        return None if on.template["status"] == "APPROVED" else Refusal("template_not_approved")
    return _window(on)


def _window(on: Standing) -> Refusal | None:
    if on.delivery["message"].get("type") in ("template", None):
        return None  # of a message that could not be filled in, nothing is known
    until = on.contact["window_until"] if on.contact else None
    return None if until is not None and until > on.now else Refusal("window_closed")


def _reply_loop(on: Standing) -> Refusal | None:
    """Two machines that answer each other would never end; people do not write that often."""
    if on.delivery["purpose"] not in ANSWERING:
        return None
    same = [at for at, said in on.answers if said == on.delivery["message"]]
    every = [at for at, _ in on.answers]
    for cap, went_out in ((on.policy.reply_limit, same), (on.policy.reply_limit_any, every)):
        if cap and sum(at > on.now - cap.period for at in went_out) >= cap.count:
            return Refusal(REPLY_LOOP)
    return None


def _frequency_cap(on: Standing) -> Refusal | None:
    cap = cap_on(on.delivery, on.template, on.policy)
    if cap is None:
        return None
    within = [at for at in on.recent if at > on.now - cap.period]
    if len(within) < cap.count:
        # Were it sent now, it would take a place that belongs to somebody else's message; whether
        # that one is sent, and this one may follow, is known a moment later.
        crowded = len(within) + on.ahead >= cap.count
        return Refusal("higher_priority", until=on.now + _LET_PASS) if crowded else None
    free_again = sorted(within)[len(within) - cap.count] + cap.period
    return Refusal("frequency_cap", until=free_again if _holds(on, "frequency_cap") else None)


def _quiet_hours(on: Standing) -> Refusal | None:
    quiet = on.policy.quiet_hours
    if quiet is None or on.delivery["purpose"] != Purpose.CAMPAIGN or _ignores(on, "quiet_hours"):
        return None
    local = on.now.astimezone(zone_of(on.contact, on.policy.timezone))
    if not quiet.cover(local):
        return None
    if not _holds(on, "quiet_hours"):
        return Refusal("quiet_hours")
    ends = local.replace(hour=quiet.end.hour, minute=quiet.end.minute, second=0, microsecond=0)
    if ends <= local:
        ends += timedelta(days=1)
    return Refusal("quiet_hours", until=ends.astimezone(on.now.tzinfo))


def _active_hours(on: Standing) -> Refusal | None:
    active = on.delivery.get("active")
    if active is None:
        return None
    given = active["timezone"]
    zone = ZoneInfo(given) if given else zone_of(on.contact, on.policy.timezone)
    local = on.now.astimezone(zone)
    opens = hours.opens(active, local)
    if opens == local:
        return None
    waits = active["outside"] == "wait"
    return Refusal("active_hours", until=opens.astimezone(on.now.tzinfo) if waits else None)


def _reaches_out_with_marketing(on: Standing) -> bool:
    outward = on.delivery["purpose"] == Purpose.CAMPAIGN
    return outward and is_marketing(on.delivery, on.template)


def cap_on(delivery: Delivery, template: Template | None, policy: Policy) -> FrequencyCap | None:
    """The cap that holds for this message; None of what is not reached out with, or passes it."""
    if delivery["purpose"] != Purpose.CAMPAIGN or "frequency_cap" in delivery["ignores"]:
        return None
    return policy.caps.get(category_of(delivery, template))


def category_of(delivery: Delivery, template: Template | None) -> str:
    """What it counts as: as it was planned, unless Meta made its template marketing meanwhile."""
    return "marketing" if is_marketing(delivery, template) else delivery["category"]


def is_marketing(delivery: Delivery, template: Template | None) -> bool:
    """Whether it counts as marketing: by what was planned, or by what Meta says of its template
    now, which may have been reclassified meanwhile."""
    metas = template is not None and template["category"] == "MARKETING"
    return metas or delivery["category"] == "marketing"


def _holds(on: Standing, what: str) -> bool:
    """Whether this delivery waits for `what` to be over, or is dropped."""
    return holds(on.delivery, what)


def holds(delivery: Delivery, what: str) -> bool:
    """Whether a delivery waits for `what` to be over, or is dropped."""
    return delivery.get("holds", {}).get(what, DEFAULT_HOLDS[what]) == "wait"


def _ignores(on: Standing, what: str) -> bool:
    return what in on.delivery["ignores"]


def zone_of(contact: Contact | None, workspace: ZoneInfo) -> ZoneInfo:
    """The person's own zone: from their contact, else the workspace's."""
    name = contact["timezone"] if contact else None
    try:
        return ZoneInfo(name) if name else workspace
    except (ZoneInfoNotFoundError, ValueError):
        return workspace


_CHECKS: tuple[Callable[[Standing], Refusal | None], ...] = (
    _reachable,
    _still_wanted,
    _suppression,
    _consent,
    _template_and_window,
    _reply_loop,
    _active_hours,
    _frequency_cap,
    _quiet_hours,
)
# The rest is about the moment: a template may be approved until then, a cap or a night be over.
_LASTING: tuple[Callable[[Standing], Refusal | None], ...] = (
    _reachable,
    _suppression,
    _consent,
    _window,
)
