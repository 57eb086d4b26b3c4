from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rules.event import ContactFacts
from rules.facts import Facts
from tests.rules.people import ASHA, CHEN, NOW, happened, message


def facts(contact: ContactFacts = ASHA, now: datetime = NOW, **event: Any) -> Facts:
    return Facts(
        message("Hi", **event), contact, frozenset({"greeting"}), now, ZoneInfo("America/New_York")
    )


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("intent", frozenset({"greeting"})),
        ("event", "message"),
        ("text", "Hi"),
        ("contact.attributes.city", "Pune"),
        ("contact.attributes.nothing", None),
        ("contact.attributes.city.part", None),
        ("contact.segments", frozenset({"vip", "pune"})),
        ("contact.language", "en"),
        ("local_hour", 15),
        ("local_weekday", "tue"),
        ("step", None),
        ("event.properties.cart.total", 5),
        ("event.properties.a.b", "as it stands"),
    ],
)
def test_where_a_fact_comes_from(fact: str, value: object) -> None:
    properties = {"cart": {"total": 5}, "a.b": "as it stands", "a": {"b": "nested"}}

    assert facts(properties=properties).value(fact) == value


def test_the_hour_is_the_contacts_own_across_midnight_and_daylight_saving() -> None:
    late = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)

    assert facts(now=late).value("local_hour") == 1
    assert facts(now=late).value("local_weekday") == "wed"
    assert facts(CHEN, now=late).value("local_hour") == 15
    assert facts(CHEN, now=late.replace(month=7)).value("local_hour") == 16


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "", "../../etc/passwd", "Asia", "\x00", "/etc", "x" * 9000]
)
def test_a_zone_that_is_none_means_the_workspaces(zone: str) -> None:
    assert facts(ContactFacts(timezone=zone)).value("local_hour") == 5


def test_a_deadline_is_a_fact_of_its_event() -> None:
    event = happened("not_read", after_s=172_800)

    assert Facts(event, CHEN, frozenset(), NOW).value("after") == 172_800
