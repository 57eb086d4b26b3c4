"""What is nearly the same is found among thousands, as if each had been compared."""

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from rules.fuzzy import FLOOR, FLOOR_SHORT, MIN_CHARS, SHORT_CHARS, LikeBook

letters = st.text(alphabet="abc e", min_size=1, max_size=40).map(lambda t: " ".join(t.split()))
slips = st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["", "a", "xx"])), max_size=4)


@given(letters, slips)
def test_whatever_is_alike_enough_is_found(phrase: str, mistakes: list[tuple[int, str]]) -> None:
    said = phrase
    for place, other in mistakes:
        said = said[:place] + other + said[place + 1 :]
    said = " ".join(said.split())
    if len(said) < MIN_CHARS or not phrase:
        return
    one, two = (" ".join(sorted(text.split())) for text in (said, phrase))
    floor = FLOOR if min(len(one), len(two)) >= SHORT_CHARS else FLOOR_SHORT

    found = LikeBook({phrase: frozenset({"it"}), "another thing": frozenset({"b"})}).find(said)

    if fuzz.ratio(one, two) >= floor:
        assert found is not None
        assert found[0] == "it"


def test_words_in_another_order_and_a_few_more_are_forgiven() -> None:
    book = LikeBook({"when will my parcel come": frozenset({"status"})})

    assert book.find("my parcel when will it come") == ("status", "when will my parcel come", 95.0)
    assert book.find("come and buy my parcel") is None
