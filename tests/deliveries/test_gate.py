"""Each reason to hold a message back, by name, in the order in which they are asked."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config.values import FrequencyCap, QuietHours, parse_quiet_hours
from contacts.identity import Identity
from contacts.touch import new_contact
from deliveries.gate import Policy, Refusal, Standing, refusal
from store.documents.campaign import CampaignState
from store.documents.contact import Contact, OptIn
from store.documents.delivery import Purpose
from store.documents.suppression import Scope
from store.documents.template import Template
from tests.clock import NOW
from tests.makers import ASHA, delivery

TEXT = {"type": "text", "text": {"body": "hi"}}
TEMPLATE: Template = {
    "_id": "hello_world:en_US", "meta_id": None, "name": "hello_world", "language": "en_US",
    "category": "MARKETING", "status": "APPROVED", "parameter_format": "NAMED", "components": [],
    "quality": None, "reason": None, "synced_at": NOW,
}  # fmt: skip


def person(**fields: Any) -> Contact:
    """Somebody who wrote to us an hour ago and said nothing of marketing."""
    contact = new_contact(Identity(wa_id=ASHA), "Asha", "test", NOW)
    contact["last_inbound_at"] = NOW - timedelta(hours=1)
    contact["window_until"] = NOW + timedelta(hours=23)
    return {**contact, **fields}  # type: ignore[typeddict-item]  # a test's own choice


def said(state: OptIn) -> dict[str, Any]:
    return {"consent": {"state": state, "source": "test", "at": NOW}}


def ask(
    *,
    purpose: Purpose = Purpose.CAMPAIGN,
    category: str = "marketing",
    message: dict[str, Any] | None = None,
    ignores: tuple[str, ...] = (),
    quiet: QuietHours | None = None,
    cap: FrequencyCap | None = None,
    opt_in: str = "implied",
    now: datetime = NOW,
    reply_limit: FrequencyCap | None = None,
    reply_limit_any: FrequencyCap | None = None,
    **on: Any,
) -> Refusal | None:
    row = delivery(purpose=purpose, category=category, ignores=list(ignores))
    if message is not None:
        row["message"] = message
    given: dict[str, Any] = {
        "contact": person(), "suppressed": None, "recent": [],
        "template": {**TEMPLATE, "category": category.upper()}, **on,
    }  # fmt: skip
    policy = Policy(
        quiet,
        {"marketing": cap} if cap else {},
        opt_in,
        ZoneInfo("UTC"),
        reply_limit,
        reply_limit_any,
    )
    return refusal(Standing(delivery=row, policy=policy, now=now, **given))


def reason(**on: Any) -> str | None:
    refused = ask(**on)
    return refused.reason if refused else None


def test_nothing_holds_back_what_nothing_speaks_against() -> None:
    assert ask() is None


HIDDEN = person(wa_id=None, bsuid="IN.1")


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ({"contact": None}, "contact_gone"),
        ({"contact": person(wa_id=None)}, "contact_gone"),
        (
            {"contact": person(wa_id=None, bsuid="IN.1"), "category": "authentication"},
            "needs_phone",
        ),
        ({"campaign": CampaignState.CANCELLED}, "campaign_cancelled"),
        ({"campaign": CampaignState.PAUSED}, "campaign_paused"),
        ({"suppressed": Scope.ALL}, "suppressed"),
        ({"suppressed": Scope.ALL, "category": "utility"}, "suppressed"),
        ({"suppressed": Scope.ALL, "purpose": Purpose.REPLY}, "suppressed"),
        ({"suppressed": Scope.MARKETING}, "suppressed_marketing"),
        ({"suppressed": Scope.MARKETING, "category": "utility"}, None),
        ({"suppressed": Scope.ALL, "purpose": Purpose.CONFIRMATION}, None),
        ({"contact": person(**said(OptIn.NO))}, "opted_out"),
        ({"contact": person(**said(OptIn.NO)), "category": "utility"}, None),
        ({"contact": person(last_inbound_at=None)}, "no_opt_in"),
        ({"contact": person(last_inbound_at=None, **said(OptIn.YES))}, None),
        ({"opt_in": "strict"}, "no_opt_in"),
        ({"opt_in": "strict", "contact": person(**said(OptIn.YES))}, None),
        ({"template": None}, "no_template"),
        ({"template": {**TEMPLATE, "status": "PAUSED"}}, "template_not_approved"),
        ({"message": TEXT}, None),
        ({"message": TEXT, "contact": person(window_until=NOW)}, "window_closed"),
        ({"message": TEXT, "contact": person(window_until=None)}, "window_closed"),
    ],
)
def test_each_refusal_has_its_name(on: dict[str, Any], expected: str | None) -> None:
    assert reason(**on) == expected


def test_of_two_reasons_the_earlier_one_is_named() -> None:
    both = {"suppressed": Scope.ALL, "template": None, "contact": person(**said(OptIn.NO))}

    assert reason(**both) == "suppressed"
    assert reason(**{**both, "suppressed": None}) == "opted_out"
    assert reason(template=None, cap=FrequencyCap(1, timedelta(days=1)), recent=[NOW]) == (
        "no_template"
    )


CAP = FrequencyCap(1, timedelta(hours=24))


@pytest.mark.parametrize(
    ("recent", "on", "expected"),
    [
        ([], {}, None),
        ([NOW - timedelta(hours=23)], {}, "frequency_cap"),
        ([NOW - timedelta(hours=25)], {}, None),
        ([NOW - timedelta(hours=23)], {"ignores": ("frequency_cap",)}, None),
        ([NOW - timedelta(hours=23)], {"category": "utility"}, None),
        ([NOW - timedelta(hours=23)], {"purpose": Purpose.ANSWER}, None),
    ],
)
def test_the_cap_counts_what_reached_out(
    recent: list[datetime], on: dict[str, Any], expected: str | None
) -> None:
    assert reason(cap=CAP, recent=recent, **on) == expected


NIGHT = parse_quiet_hours("21:00-08:00")


@pytest.mark.parametrize(
    ("utc", "zone", "until"),
    [
        ("2026-11-24T06:30", "Asia/Kolkata", None),  # noon in Pune
        ("2026-11-24T16:00", "Asia/Kolkata", "2026-11-25T02:30"),  # half past nine at night
        ("2026-11-24T20:00", "Asia/Kolkata", "2026-11-25T02:30"),  # half past one
        ("2026-11-24T02:29", "Asia/Kolkata", "2026-11-24T02:30"),
        ("2026-11-24T02:30", "Asia/Kolkata", None),  # eight sharp
        ("2026-11-24T06:30", "America/Los_Angeles", "2026-11-24T16:00"),
        # The night in which Berlin's clocks go forward: eight is an hour earlier in UTC.
        ("2026-03-28T22:00", "Europe/Berlin", "2026-03-29T06:00"),
        # And back: an hour later.
        ("2026-10-24T22:00", "Europe/Berlin", "2026-10-25T07:00"),
    ],
)
def test_marketing_waits_for_the_persons_own_morning(
    utc: str, zone: str, until: str | None
) -> None:
    now = datetime.fromisoformat(f"{utc}:00+00:00")

    refused = ask(quiet=NIGHT, now=now, contact=person(timezone=zone))

    if until is None:
        assert refused is None
    else:
        assert refused == Refusal("quiet_hours", datetime.fromisoformat(f"{until}:00+00:00"))


@pytest.mark.parametrize("purpose", [Purpose.ANSWER, Purpose.REPLY, Purpose.CONFIRMATION])
def test_an_answer_is_held_back_by_neither_night_nor_cap_nor_opt_in(purpose: Purpose) -> None:
    night = NOW.replace(hour=20)

    assert (
        reason(
            purpose=purpose,
            quiet=NIGHT,
            cap=CAP,
            recent=[night],
            now=night,
            contact=person(
                timezone="Asia/Kolkata",
                window_until=night + timedelta(hours=1),
                **said(OptIn.NO),
            ),
        )
        is None
    )


def test_a_zone_nobody_knows_is_the_workspaces() -> None:
    assert reason(quiet=NIGHT, contact=person(timezone="Mars/Base")) == "quiet_hours"


def said_before(*minutes: int, text: str = "hi") -> list[tuple[datetime, dict[str, Any]]]:
    """Answers that went out so many minutes ago."""
    message = {"type": "text", "text": {"body": text}}
    return [(NOW - timedelta(minutes=ago), message) for ago in minutes]


@pytest.mark.parametrize("purpose", [Purpose.REPLY, Purpose.ANSWER])
def test_the_same_answer_again_and_again_is_a_loop(purpose: Purpose) -> None:
    on: dict[str, Any] = {"purpose": purpose, "category": "utility", "message": TEXT}
    cap = FrequencyCap(3, timedelta(minutes=10))

    assert reason(**on, reply_limit=cap, answers=said_before(1, 2)) is None
    assert reason(**on, reply_limit=cap, answers=said_before(1, 2, 3)) == "reply_loop"
    assert reason(**on, reply_limit=cap, answers=said_before(1, 2, 10)) is None
    assert reason(**on, reply_limit=cap, answers=said_before(1, 2, 3, text="no")) is None
    assert reason(**on, reply_limit_any=cap, answers=said_before(1, 2, 3, text="no")) == (
        "reply_loop"
    )
    assert reason(**on, answers=said_before(*range(9))) is None


@pytest.mark.parametrize("purpose", [Purpose.CAMPAIGN, Purpose.CONFIRMATION, Purpose.TEST])
def test_what_answers_nobody_is_no_part_of_a_loop(purpose: Purpose) -> None:
    cap = FrequencyCap(1, timedelta(minutes=10))
    on: dict[str, Any] = {"purpose": purpose, "category": "utility", "message": TEXT}

    assert reason(**on, reply_limit=cap, reply_limit_any=cap, answers=said_before(1, 2)) is None


OFFICE = {"from": "10:00", "to": "18:00", "on": [0, 1, 2, 3, 4], "timezone": None}


@pytest.mark.parametrize(
    ("now", "timezone", "outside", "until"),
    [
        ("2026-11-24T11:00", "UTC", "wait", None),
        ("2026-11-24T08:00", "UTC", "wait", "2026-11-24T10:00"),
        ("2026-11-24T18:00", "UTC", "wait", "2026-11-25T10:00"),
        ("2026-11-27T19:00", "UTC", "wait", "2026-11-30T10:00"),
        ("2026-11-24T03:00", "Asia/Kolkata", "wait", "2026-11-24T04:30"),
        ("2026-11-24T08:00", "UTC", "drop", "never"),
    ],
)
@pytest.mark.parametrize("purpose", [Purpose.CAMPAIGN, Purpose.ANSWER])
def test_a_campaign_writes_in_its_active_hours(
    now: str, timezone: str, outside: str, until: str | None, purpose: Purpose
) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=NOW.tzinfo)
    row = delivery(purpose=purpose, category="utility", active={**OFFICE, "outside": outside})
    contact = person(timezone=timezone)
    policy = Policy(None, {}, "implied", ZoneInfo("UTC"))
    template: Template = {**TEMPLATE, "category": "UTILITY"}

    refused = refusal(Standing(row, contact, None, template, [], policy, moment))

    if until is None:
        assert refused is None
    else:
        assert refused is not None
        again = refused.until.strftime("%Y-%m-%dT%H:%M") if refused.until else "never"
        assert (refused.reason, again) == ("active_hours", until)
