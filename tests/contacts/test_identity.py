"""Who somebody is, from whatever was written or Meta sent."""

import pytest

from contacts.identity import (
    SHARDS,
    Identity,
    country_of,
    identify,
    is_bsuid,
    language_of,
    modern,
    parse_phone,
    shard_of,
    timezone_of,
    who_key,
)


@pytest.mark.parametrize(
    ("written", "wa_id"),
    [
        ("+91 98123 45670", "919812345670"),
        ("098123-45670", "919812345670"),
        ("9812345670", "919812345670"),
        ("919812345670", "919812345670"),
        ("0091 98123 45670", "919812345670"),
        ("+1 (415) 555-2671", "14155552671"),
        ("+65 9123 4567", "6591234567"),
        ("+55 11 96123-4567", "5511961234567"),
        ("+55 11 8765-4321", "5511987654321"),
        ("+52 55 1234 5678", "525512345678"),
        ("+52 1 55 1234 5678", "525512345678"),
        ("5215512345678", "525512345678"),
        ("+54 9 11 2345-6789", "5491123456789"),
        ("+54 11 15-2345-6789", "5491123456789"),
    ],
)
def test_a_number_is_read_as_people_write_it(written: str, wa_id: str) -> None:
    assert parse_phone(written, "IN") == wa_id


@pytest.mark.parametrize("written", ["", "12", "hello", "+999 123", "+91 12345"])
def test_what_is_no_number_is_said(written: str) -> None:
    with pytest.raises(ValueError, match="not a valid phone number"):
        parse_phone(written, "IN")


@pytest.mark.parametrize(
    ("wa_id", "bsuid", "expected"),
    [
        ("919812345670", None, Identity("919812345670")),
        ("+919812345670", None, Identity("919812345670")),
        ("919812345670", "IN.1", Identity("919812345670", "IN.1")),
        (None, "US.ENT.118157992128", Identity(None, "US.ENT.118157992128")),
        ("IN.13491208655302741918", None, Identity(None, "IN.13491208655302741918")),
        (None, None, None),
        ("", "", None),
        (5, ["x"], None),
        ("not a number", "not an id", None),
    ],
)
def test_what_meta_sends_names_a_person_or_nobody(
    wa_id: object, bsuid: object, expected: Identity | None
) -> None:
    assert identify(wa_id, bsuid) == expected


def test_an_identity_of_nobody_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="needs a phone number or a BSUID"):
        Identity()


@pytest.mark.parametrize("text", ["919812345670", "IN.", "in.123", "IND.123", "IN.12 3", "IN.ENT."])
def test_what_is_no_bsuid_is_not_taken_for_one(text: str) -> None:
    assert not is_bsuid(text)


def test_country_language_and_zone_are_guessed_from_the_number() -> None:
    assert country_of(Identity("919812345670")) == "IN"
    assert country_of(Identity(None, "BR.123")) == "BR"
    assert [language_of(c) for c in ("IN", "BR", "SG", "DE", None)] == [
        "hi", "pt", "en", "de", None,
    ]  # fmt: skip
    assert timezone_of("6591234567") == "Asia/Singapore"
    assert timezone_of(None) is None


def test_everybody_has_a_shard_and_a_key_that_names_nobody() -> None:
    asha = Identity("919812345670", "IN.1")

    assert 0 <= shard_of(asha) < SHARDS
    assert shard_of(asha) == shard_of(Identity("919812345670"))
    assert "9812345670" not in who_key(asha)


@pytest.mark.parametrize(
    ("metas", "written"),
    [
        ("5215512345678", "+52 55 1234 5678"),
        ("525512345678", "+52 1 55 1234 5678"),
        ("551187654321", "+55 11 98765-4321"),
        ("5491123456789", "+54 11 2345-6789"),
        ("5491123456789", "+54 11 15-2345-6789"),
        ("541123456789", "+54 9 11 2345-6789"),
        ("5511987654321", "+55 11 8765-4321"),
        ("5491123456789", "+54 9 11 2345-6789"),
    ],
)
def test_a_number_that_has_two_forms_is_one_person(metas: str, written: str) -> None:
    assert identify(metas, None) == Identity(parse_phone(written, "IN"))


@pytest.mark.parametrize("wa_id", ["551132345678", "5511961234567", "52155123456", "919812345670"])
def test_a_number_that_has_one_form_stays_as_it_is(wa_id: str) -> None:
    assert modern(wa_id) == wa_id


def test_digits_of_other_scripts_are_no_number_of_metas() -> None:
    assert identify("٩١٩٨١٢٣٤٥٦٧٠", None) is None
