"""Counting what many texts share with one, all at once."""

from hypothesis import given
from hypothesis import strategies as st

from rules.sharing import SharingIndex

features = st.lists(st.sets(st.sampled_from("abcdefgh"), max_size=8), max_size=40)


@given(features, st.sets(st.sampled_from("abcdefghx")), st.integers(-1, 12))
def test_it_finds_what_comparing_with_each_would(
    texts: list[set[str]], asked: set[str], at_least: int
) -> None:
    wanted = [place for place, text in enumerate(texts) if len(text & asked) >= at_least]

    assert list(SharingIndex(texts).places(asked, at_least)) == wanted
