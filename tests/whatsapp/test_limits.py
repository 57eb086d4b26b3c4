"""The messaging limit in each of the ways in which Meta writes it."""

import pytest

from whatsapp import limits


@pytest.mark.parametrize(
    ("said", "people"),
    [
        ("TIER_250", 250), ("TIER_2K", 2_000), ("TIER_10K", 10_000), ("TIER_100K", 100_000),
        ("TIER_UNLIMITED", None), (2_000, 2_000), ("2000", 2_000), (-1, None), ("tier_1k", 1_000),
    ],
)  # fmt: skip
def test_a_tier_is_a_number_of_people(said: object, people: int | None) -> None:
    assert limits.read(said) == limits.MessagingLimit(people)


@pytest.mark.parametrize("said", [None, "", "TIER_NOT_SET", 0, -2, True, 1.5, [], "TIER_", "10 K"])
def test_anything_else_tells_nothing(said: object) -> None:
    assert limits.read(said) is None


def test_the_first_field_that_tells_something_counts() -> None:
    news = {"max_daily_conversations_per_business": None, "current_limit": "TIER_10K"}

    assert limits.first(news, limits.NEWS) == limits.MessagingLimit(10_000)
    assert limits.first([], limits.NEWS) is None
