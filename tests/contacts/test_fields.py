"""A contact's fields have one form, whoever brings them."""

import pytest

from contacts import fields


@pytest.mark.parametrize(
    ("written", "wa_id"),
    [
        ("+91 98123 45670", "919812345670"),
        ("098123-45670", "919812345670"),
        ("919812345670", "919812345670"),
        (919812345670, "919812345670"),
        ("+1 (650) 555-1234", "16505551234"),
    ],
)
def test_a_phone_number_is_taken_in_any_usual_form(written: object, wa_id: str) -> None:
    assert fields.phone(written, "IN") == wa_id


@pytest.mark.parametrize(
    "written", ["", "  ", "9.19812E+11", "1-800-FLOWERS", "12", None, True, 1.5]
)
def test_what_is_no_phone_number_is_refused(written: object) -> None:
    with pytest.raises(ValueError):
        fields.phone(written, "IN")


@pytest.mark.parametrize(
    ("written", "tag"),
    [("hi", "hi"), ("PT-br", "pt_BR"), ("zh_HANT_tw", "zh_Hant_TW"), ("es_419", "es_419"),
     ("fil", "fil"), ("prs_AF", "prs_AF")],
)  # fmt: skip
def test_a_language_has_the_form_of_metas_templates(written: str, tag: str) -> None:
    assert fields.language(written) == tag


@pytest.mark.parametrize("written", ["hindi", "xx", "en_XX9", "e", "ſv", "en-", "en_QQ"])
def test_what_is_no_language_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        fields.language(written)


def test_segments_are_named_as_campaigns_name_them() -> None:
    assert fields.segments(" vip ; pune;vip;; ") == ("vip", "pune")
    assert fields.segments(["vip", "élite"]) == ("vip", "élite")
    with pytest.raises(ValueError, match="no name"):
        fields.segments("very important")


@pytest.mark.parametrize(
    "value", [[1], {"a": 1}, float("nan"), 2**63, "\ud800", "a\x00b", "x" * 1001]
)
def test_what_mongodb_or_a_rule_could_not_hold_is_no_attribute(value: object) -> None:
    with pytest.raises(ValueError):
        fields.attribute(value)


@pytest.mark.parametrize("name", ["", "a b", "a.b", "$a", "a" * 65, "a\x00"])
def test_an_attributes_name_reaches_into_nothing(name: str) -> None:
    with pytest.raises(ValueError):
        fields.attribute_name(name)


@pytest.mark.parametrize(
    "cell", ["0091", "1e5", "12345678901234567890", "2026-01-31", "+5", "1,5", "NaN"]
)
def test_a_cell_that_only_looks_like_a_number_stays_a_text(cell: str) -> None:
    assert fields.typed_attribute(cell) == cell
