"""A filter says in words whom it means."""

from typing import Any

import pytest

from contacts.filters.read import read
from contacts.filters.tree import All
from contacts.filters.words import sentence


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            {
                "attributes.city": {"in": ["Pune", "Mumbai"]},
                "attributes.orders": {"gte": 2},
                "campaign.diwali_offer": {"lacks": "read", "within": "30d"},
            },
            (
                "people whose city is Pune or Mumbai, with orders of at least 2 and "
                "who did not read diwali_offer in the last 30 days"
            ),
        ),
        ({"segments": {"in": ["vip", "pune"]}}, "people who are in vip or pune"),
        ({"segments": {"not_in": ["vip", "pune"]}}, "people who are not in vip or pune"),
        ({"segments": {"lacks": "staff"}}, "people who are not in staff"),
        ({"attributes.vip": True}, "people whose vip is true"),
        (
            {"attributes.last_order": {"within": "2d"}},
            "people whose last order is in the last 2 days",
        ),
        ({"attributes.born": {"lt": "1990-01-01"}}, "people with born before 1990-01-01"),
        ({"not": {"attributes.age": {"lt": 18}}}, "people without age of less than 18"),
        ({"attributes.city": {"exists": False}}, "people whose city is not known"),
        ({"consent": "yes"}, "people who opted in"),
        ({"consent": {"ne": "yes"}}, "people who did not opt in"),
        ({"consent": {"in": ["yes", "unknown"]}}, "people whose consent is yes or unknown"),
        ({"window": "closed"}, "people whose 24-hour window is closed"),
        ({"last_seen": {"within": "12h"}}, "people who wrote in the last 12 hours"),
        ({"not": {"last_seen": "90d"}}, "people who did not write in the last 90 days"),
        ({"last_seen": {"exists": False}}, "people who never wrote"),
        ({"campaign.x": "got"}, "people who got x"),
        (
            {"campaign.x": {"failed": {"within": "7d"}}},
            "people who could not be sent x in the last 7 days",
        ),
        (
            {"any": [{"country": "IN", "language": "hi"}, {"segments": "vip"}]},
            "people (whose country is IN and whose language is hi) or who are in vip",
        ),
        (
            {"not": {"country": "IN", "language": "hi"}},
            "people not (whose country is IN and whose language is hi)",
        ),
        (
            {"attributes.n": {"in": [1, 2, 3, 4, 5, 6, 7]}},
            "people whose n is 1, 2, 3, 4 or one of 3 more",
        ),
    ],
)  # fmt: skip
def test_a_filter_is_a_sentence(written: dict[str, Any], said: str) -> None:
    assert sentence(read(written).tree) == said


def test_who_asks_nothing_means_everybody() -> None:
    assert sentence(All(())) == "everybody"
