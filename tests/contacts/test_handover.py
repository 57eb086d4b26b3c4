"""For how long an agent answers, and what."""

from datetime import timedelta

import pytest

from contacts import handover
from contacts.identity import Identity
from contacts.touch import new_contact
from tests.clock import NOW

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("event", "after", "quiet"),
    [
        ("message", timedelta(0), False),
        ("message", timedelta(seconds=1), True),
        ("replied", HOUR, True),
        ("clicked", HOUR, True),
        ("message", 2 * HOUR, False),
        ("message", -HOUR, False),
        ("read", HOUR, False),
        ("order_placed", HOUR, False),
    ],
)
def test_what_a_person_says_meanwhile_is_for_the_agent(
    event: str, after: timedelta, quiet: bool
) -> None:
    contact = new_contact(Identity("919812345670"), "Asha", "test", NOW)
    contact["handed_over"] = handover.begun(NOW, NOW + 2 * HOUR, "help", "")

    assert handover.is_for_an_agent(contact, event, NOW + after) is quiet


def test_nobody_is_handed_over_by_default() -> None:
    contact = new_contact(Identity("919812345670"), "Asha", "test", NOW)

    assert not handover.is_quiet(contact, NOW)
