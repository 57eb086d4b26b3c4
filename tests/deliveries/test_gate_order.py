"""Who fails two checks is told of the earlier one, for every two; and who is exempt from which."""

from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest

from config.values import FrequencyCap, parse_quiet_hours
from store.documents.campaign import CampaignState
from store.documents.contact import OptIn
from store.documents.delivery import Purpose
from store.documents.suppression import Scope
from tests.clock import NOW
from tests.deliveries.test_gate import TEMPLATE, ask, person, reason, said

NIGHT = NOW.replace(hour=20)  # half past one in Pune
AWAY = {"wa_id": None}
# What each check is failed by, in the order in which they are asked. `who` changes the contact.
FAILS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("contact_gone", {}, AWAY),
    ("campaign_cancelled", {"campaign": CampaignState.CANCELLED}, {}),
    ("suppressed", {"suppressed": Scope.ALL}, {}),
    ("opted_out", {}, said(OptIn.NO)),
    ("template_not_approved", {"template": {**TEMPLATE, "status": "PAUSED"}}, {}),
    (
        "frequency_cap",
        {"cap": FrequencyCap(1, timedelta(days=1)), "recent": [NIGHT - timedelta(hours=1)]},
        {},
    ),
    ("quiet_hours", {"quiet": parse_quiet_hours("21:00-08:00")}, {}),
]
ZONE = {"timezone": "Asia/Kolkata"}


@pytest.mark.parametrize(("earlier", "later"), list(combinations(FAILS, 2)))
def test_of_any_two_reasons_the_earlier_one_is_named(
    earlier: tuple[str, dict[str, Any], dict[str, Any]],
    later: tuple[str, dict[str, Any], dict[str, Any]],
) -> None:
    who = person(**ZONE, **{**later[2], **earlier[2]})

    assert reason(now=NIGHT, contact=who, **{**later[1], **earlier[1]}) == earlier[0]


@pytest.mark.parametrize(("name", "on", "who"), FAILS)
def test_each_alone_is_named(name: str, on: dict[str, Any], who: dict[str, Any]) -> None:
    assert reason(now=NIGHT, contact=person(**ZONE, **who), **on) == name


HOLDS = {
    Purpose.CAMPAIGN: {name for name, _, _ in FAILS},
    Purpose.ANSWER: {"contact_gone", "campaign_cancelled", "suppressed", "template_not_approved"},
    Purpose.REPLY: {"contact_gone", "campaign_cancelled", "suppressed", "template_not_approved"},
    Purpose.TEST: {"contact_gone", "campaign_cancelled", "suppressed", "template_not_approved"},
    Purpose.CONFIRMATION: {"contact_gone", "campaign_cancelled", "template_not_approved"},
}


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize(("name", "on", "who"), FAILS)
def test_each_purpose_is_held_back_by_its_own_checks(
    purpose: Purpose, name: str, on: dict[str, Any], who: dict[str, Any]
) -> None:
    found = reason(purpose=purpose, now=NIGHT, contact=person(**ZONE, **who), **on)

    assert found == (name if name in HOLDS[purpose] else None)


def test_a_paused_campaign_is_looked_at_again_and_a_cancelled_one_is_not() -> None:
    paused = ask(campaign=CampaignState.PAUSED)
    cancelled = ask(campaign=CampaignState.CANCELLED)

    assert paused is not None
    assert paused.until == NOW + timedelta(seconds=15)
    assert cancelled is not None
    assert cancelled.until is None


@pytest.mark.parametrize(
    ("minutes_ago", "held"), [(0, True), (24 * 60 - 1, True), (24 * 60, False)]
)
def test_a_cap_of_two_counts_two_within_its_period(minutes_ago: int, held: bool) -> None:
    cap = FrequencyCap(2, timedelta(hours=24))
    recent = [NOW - timedelta(minutes=minutes_ago), NOW]

    assert reason(cap=cap, recent=recent[1:]) is None
    assert (reason(cap=cap, recent=recent) == "frequency_cap") is held


def test_a_campaign_may_be_told_to_pass_quiet_hours_and_the_cap_and_nothing_else() -> None:
    both = ("quiet_hours", "frequency_cap", "suppression", "consent")
    for name, on, who in FAILS:
        found = reason(now=NIGHT, contact=person(**ZONE, **who), ignores=both, **on)
        assert found == (None if name in both else name)
