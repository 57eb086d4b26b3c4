import pytest

from contacts import texts


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Hi {{ contact.first_name", "is no template"),
        ("{{ contact.name | shout }}", "is no template"),
        ("{% if contact.vip %}x", "is no template"),
        ("{{ contcat.name }}", "'contcat' is unknown here"),
        ("{% for i in contact.likes %}{{ i }}{% endfor %}", "for is not for these texts"),
        ("{{ 'a' * 10 }}", "mul is not for these texts"),
        ("{{ 9 ** 9 }}", "pow is not for these texts"),
        ("{{ '%9999999d' % 1 }}", "mod is not for these texts"),
        ("{% include 'x' %}", "include is not for these texts"),
        ("{% macro m() %}{% endmacro %}", "macro is not for these texts"),
        ("{% set a = 'x' %}{{ a }}", "assign is not for these texts"),
        ("{{ contact.name.ljust(999999999) }}", "call is not for these texts"),
        ("{{ contact.name | center(999999999) }}", "No filter named 'center'"),
        ("{{ cycler }}", "'cycler' is unknown here"),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "is nested too deeply"),
    ],
)
def test_what_is_refused(text: str, complaint: str) -> None:
    assert complaint in (texts.fault(text) or "")


def test_values_are_put_in_and_missing_ones_are_empty() -> None:
    text = "Hi {{ contact.first_name | default('friend') }}{{ contact.city }}!"

    assert texts.fault(text) is None
    assert texts.fill(text, {"contact": {"first_name": "Asha"}}) == "Hi Asha!"
    assert texts.fill(text, {"contact": {}}) == "Hi friend!"


def test_what_a_contact_calls_herself_is_no_template() -> None:
    rendered = texts.fill("Hi {{ contact.name }}", {"contact": {"name": "{{ 7 * 7 }}"}})

    assert rendered == "Hi {{ 7 * 7 }}"


def test_a_dot_leads_to_a_key_and_never_to_a_method() -> None:
    assert texts.fill("{{ event.items }}", {"event": {"items": "2 pans"}}) == "2 pans"
    assert texts.fill("{{ event.items }}", {"event": {}}) == ""
