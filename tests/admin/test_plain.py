"""Documents read as plain words."""

from typing import Any

import pytest

from admin import plain

BASE: dict[str, Any] = {
    "kind": "delivery",
    "at": "2026-11-24T06:30:00+00:00",
    "campaign": "diwali_offer",
    "purpose": "campaign",
    "status": "failed",
    "reason": None,
    "message": {"template": {"name": "diwali_offer"}},
    "step": 1,
    "error": {"code": 131026, "title": "Message undeliverable"},
    "clicks": ["YES"],
    "triggered_by": {"rule": "hot_lead"},
}


def test_a_definition_is_listed_without_what_the_page_says_anyway() -> None:
    definition = {
        "campaign": "welcome",
        "type": "drip",
        "limits": {"ignore_quiet_hours": False},
        "steps": [{"after": "0m", "message": {"template": "hi"}}, {"after": "2 days"}],
        "goal": None,
    }

    assert plain.lines(definition) == [
        ("Limits · ignore quiet hours", "no"),
        ("Steps · 1 · after", "0m"),
        ("Steps · 1 · message · template", "hi"),
        ("Steps · 2 · after", "2 days"),
    ]


def test_a_failed_delivery_says_what_meta_said() -> None:
    entry = plain.entry(BASE)

    assert entry.title == "Message of diwali_offer: failed"
    assert entry.tone == "bad"
    assert entry.details == (
        "Template diwali_offer",
        "Step 2",
        "Message undeliverable (131026)",
        "Clicked YES",
        "Because of rule hot_lead",
    )


def test_an_erased_delivery_can_still_be_told() -> None:
    erased = {**BASE, "message": {}, "triggered_by": {}, "error": None, "clicks": [], "step": 0}

    assert plain.entry(erased).details == ()


def test_an_event_says_which_rules_decided_and_what_came_of_it() -> None:
    entry = plain.entry(
        {
            "kind": "event",
            "at": "2026-11-24T06:30:00+00:00",
            "name": "message",
            "text": "price?",
            "button": None,
            "campaign": None,
            "handled": None,
            "decision": {
                "rule_version": 3,
                "intents": [{"name": "price_enquiry", "how": "words", "confidence": 1.0}],
                "rules": ["price_to_catalogue"],
            },
            "actions": [
                {
                    "rule": "price_to_catalogue",
                    "action": {"start_campaign": "price_list"},
                    "outcome": "failed",
                    "detail": "it is paused",
                }
            ],
            "properties": {"total": 5},
        }
    )

    assert entry.title == "Message: “price?”"
    assert entry.details == (
        "Rules version 3: intents price_enquiry; rules price_to_catalogue",
        "price_to_catalogue: start campaign price_list: failed (it is paused)",
        "total 5",
    )


@pytest.mark.parametrize(("change", "tone"), [("suppressed", "bad"), ("lifted", "good")])
def test_do_not_disturb_says_by_what_and_until_when(change: str, tone: str) -> None:
    entry = plain.entry(
        {
            "kind": "suppression",
            "at": "2026-11-24T06:30:00+00:00",
            "change": change,
            "scope": "marketing",
            "source": "keyword",
            "reason": "STOP",
            "until": "2026-12-24",
        }
    )

    assert (entry.title, entry.tone) == (f"Do not disturb: {change} (marketing)", tone)
    assert entry.details == ("By keyword", "STOP", "Until 2026-12-24")


@pytest.mark.parametrize(
    ("state", "steps"),
    [
        ("draft", ("start",)),
        ("active", ("pause", "cancel")),
        ("paused", ("resume", "cancel")),
        ("cancelled", ("start",)),
        ("archived", ()),
    ],
)
def test_only_steps_that_make_sense_have_a_button(state: str, steps: tuple[str, ...]) -> None:
    assert plain.steps_from(state) == steps
