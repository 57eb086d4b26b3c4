"""A token of ours names a link and nothing else; what we did not sign is none."""

import base64

from bson import ObjectId
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from deliveries import link_tokens
from deliveries.link_tokens import CARRIED_BYTES, MOST, Named

KEY = link_tokens.key("a secret")
ID = ObjectId("65f0c0ffee65f0c0ffee65f0")
URL_SAFE = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
addresses = st.builds("{}://{}".format, st.sampled_from(["http", "https"]), st.text(min_size=1))


@examples(deadline=None)
@given(st.integers(0, MOST - 1), st.none() | addresses)
def test_a_token_is_read_as_it_was_made_or_without_its_target(
    place: int, target: str | None
) -> None:
    token = link_tokens.made(KEY, Named(ID, place, target))

    named = link_tokens.read(KEY, token)

    assert named is not None
    short = target is not None and len(target.partition("://")[2].encode()) <= CARRIED_BYTES
    assert named == Named(ID, place, target if short else None)
    assert set(token) <= URL_SAFE
    assert len(token) <= 115
    assert token[-1].isalnum()


@examples(deadline=None)
@given(st.text())
def test_whatever_else_stands_there_is_no_token(text: str) -> None:
    assert link_tokens.read(KEY, text) is None


def test_a_changed_token_is_none() -> None:
    token = link_tokens.made(KEY, Named(ID, 0, "https://shop.example"))
    for place in range(len(token)):
        other = "A" if token[place] != "A" else "B"
        assert link_tokens.read(KEY, token[:place] + other + token[place + 1 :]) is None
    assert link_tokens.read(KEY, token + "=") is None


def test_a_token_of_another_secret_is_none() -> None:
    token = link_tokens.made(link_tokens.key("another"), Named(ID, 0, None))

    assert link_tokens.read(KEY, token) is None


def test_a_token_without_its_target_is_short_and_holds_the_delivery_alone() -> None:
    token = link_tokens.made(KEY, Named(ID, 3, None))

    assert len(token) == 29
    assert base64.urlsafe_b64decode(token[:-1])[8:] == ID.binary + bytes([3])
