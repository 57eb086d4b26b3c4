"""Live segments within filters: put in their places, never round in a circle, never without end."""

import pytest

from contacts.filters.expand import EndlessFilterError, expand
from contacts.filters.tree import All, Either, FieldIs, Member, Node, Not

INDIA, VIP = FieldIs("country", ("IN",)), Member("vip")


def test_a_live_segment_stands_for_its_filter() -> None:
    live: dict[str, Node] = {"indians": INDIA, "good": All((Member("indians"), VIP))}

    assert expand(Not(Member("good")), live) == Not(All((INDIA, VIP)))


def test_a_circle_is_told_with_its_way() -> None:
    live: dict[str, Node] = {
        "a": Not(Member("b")),
        "b": Either((Member("c"), VIP)),
        "c": Member("a"),
    }

    with pytest.raises(EndlessFilterError, match="a → b → c → a"):
        expand(Member("a"), live)


def test_what_grows_beyond_all_bounds_is_refused_before_it_has_grown() -> None:
    live: dict[str, Node] = {f"s{n}": All((Member(f"s{n + 1}"),) * 2) for n in range(40)}

    with pytest.raises(EndlessFilterError, match="more than 1000 questions"):
        expand(Member("s0"), live)


def test_a_chain_that_is_too_deep_is_refused() -> None:
    live: dict[str, Node] = {f"s{n}": Not(Member(f"s{n + 1}")) for n in range(70)}

    with pytest.raises(EndlessFilterError, match="more than 60 deep"):
        expand(Member("s0"), live)
