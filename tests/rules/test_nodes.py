from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.nodes import MAX_FILE_BYTES, parse
from rules.problems import RuleFilesError


def test_words_people_type_stay_texts() -> None:
    document = parse(
        "a.yaml", "on: yes\nno: [off, y, 007, 1_000, 2026-11-30, 12:30]\nb: true\nc: ~"
    )

    assert document.root.plain() == {
        "on": "yes",
        "no": ["off", "y", "007", "1_000", "2026-11-30", "12:30"],
        "b": True,
        "c": None,
    }


def test_quoted_scalars_are_texts() -> None:
    assert parse("a.yaml", "a: '1'\nb: \"true\"").root.plain() == {"a": "1", "b": "true"}


def test_every_value_knows_its_place() -> None:
    document = parse("a.yaml", "rules:\n  - rule: one\n    then: [reply: hi]\n")

    assert document.spot(("rules", 0, "rule")) == (2, 11)
    assert document.spot(("rules", 0, "then"), on_key=True) == (3, 5)
    assert document.spot(("rules", 0, "then", 0, "reply")) == (3, 19)
    assert document.spot(("rules", 0, "missing")) == (2, 5)


def test_anchors_may_be_used_within_bounds() -> None:
    plain = parse("a.yaml", "a: &cities [Pune, Mumbai]\nb: *cities").root.plain()

    assert plain["b"] == ["Pune", "Mumbai"]


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: 1\nb: 2\na: 3", "a.yaml:3:1: 'a' stands twice; first on line 1"),
        ("a: [1, 2", "is no YAML"),
        ("a: b: c", "a.yaml:1:5: is no YAML"),
        ("\tb: 1", "is no YAML"),
        ("[" * 100_000, "is nested more than 40 deep"),
        ("{a: " * 5000, "is nested more than 40 deep"),
        (LAUGHS, "aliases counted"),
        ("a: *nobody", "a.yaml:1:4: *nobody stands for nothing above it"),
        ("a: &a [*a]", "stands for nothing above it"),
        ("a: !!python/object/apply:os.system [ls]", "tags such as !!str are not part"),
        ("a: !!int '5'", "tags such as !!str are not part"),
        ("? [a, b]\n: 1", "a key is a text"),
        ("a: 1\n---\nb: 2", "a second document begins"),
        ("a: \x00", "is no YAML"),
        ("a: \ud800", "a.yaml:1:1: holds a character that is no text"),
        ("#" * (MAX_FILE_BYTES + 1), "is larger than"),
    ],
)
def test_what_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(RuleFilesError) as refused:
        parse("a.yaml", text)

    assert complaint in str(refused.value)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_an_empty_file_holds_nothing(text: str) -> None:
    assert parse("a.yaml", text).root.plain() == {}


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab:-[]{}&*!|>'\"#\n ,?%@~1", max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    with suppress(RuleFilesError):
        parse("a.yaml", text).root.plain()
