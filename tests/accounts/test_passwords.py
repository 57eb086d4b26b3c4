"""Passwords are strong, readable where they are used once, and stored as hashes alone."""

import math

import pytest

from accounts import passwords


def test_a_one_time_password_has_more_than_eighty_random_bits() -> None:
    letters = passwords.one_time().replace("-", "")

    assert len(letters) * math.log2(31) > 80
    assert not set(letters) & set("01ilo")
    assert len({passwords.one_time() for _ in range(100)}) == 100


def test_a_password_is_kept_as_its_argon2id_hash() -> None:
    stored = passwords.hashed("a quiet evening")

    assert stored.startswith("$argon2id$")
    assert passwords.matches(stored, "a quiet evening")
    assert not passwords.matches(stored, "another evening")
    assert not passwords.is_outdated(stored)


@pytest.mark.parametrize("stored", [None, "", "no hash", "$argon2id$v=19$m=1$broken"])
def test_without_a_hash_no_password_matches(stored: str | None) -> None:
    assert not passwords.matches(stored, "a quiet evening")


@pytest.mark.parametrize("poor", ["123456789", "A.Name-Long", "a" * 201, "ababababab"])
def test_a_poor_password_is_named_so(poor: str) -> None:
    assert passwords.problem(poor, "a.name-long")


@pytest.mark.parametrize("good", ["a quiet evening", "पुणे की शाम है", "k7mp-2xqd-9hrt"])
def test_length_is_enough_for_a_good_one(good: str) -> None:
    assert passwords.problem(good, "asha") is None
