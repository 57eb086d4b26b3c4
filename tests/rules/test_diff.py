"""What a version changed, in lines, rules and intents."""

import pytest

from rules import diff

BEFORE = {
    "a.yaml": "intents:\n  price: {words: [price]}\n  hi: {exact: [hi]}\n",
    "b.yaml": (
        "rules:\n"
        "  - {rule: list, when: {intent: price}, then: [reply: Here]}\n"
        "  - {rule: hello, when: {intent: hi}, then: [reply: Hello]}\n"
    ),
    "same.yaml": "",
}
AFTER = {
    "a.yaml": "intents:\n  price: {words: [price, cost]}\n",
    "c.yaml": (
        "rules:\n"
        "  - {rule: list, when: {intent: price}, then: [reply: Here]}\n"
        "  - {rule: rate, when: {intent: price}, then: [reply: There]}\n"
    ),
    "same.yaml": "",
}


def test_rules_and_intents_are_told_apart_by_name_and_not_by_place() -> None:
    changed = diff.changes(BEFORE, AFTER)

    assert changed["rules"] == {"added": ["rate"], "changed": [], "removed": ["hello"]}
    assert changed["intents"] == {"added": [], "changed": ["price"], "removed": ["hi"]}
    assert [(one["file"], one["change"]) for one in changed["files"]] == [
        ("a.yaml", "changed"),
        ("b.yaml", "removed"),
        ("c.yaml", "added"),
    ]
    assert (changed["files"][0]["plus"], changed["files"][0]["minus"]) == (1, 2)


def test_nothing_changed_says_so() -> None:
    assert diff.summary(diff.changes(BEFORE, BEFORE)) == "nothing changed"
    assert not diff.text(BEFORE, BEFORE, was="1", now="2")


def test_the_lines_are_those_of_diff_u() -> None:
    text = diff.text({"a.yaml": "one\ntwo\n"}, {"a.yaml": "one\nthree"}, was="version 1", now="new")

    assert text.splitlines() == [
        "--- a.yaml\tversion 1",
        "+++ a.yaml\tnew",
        "@@ -1,2 +1,2 @@",
        " one",
        "-two",
        "+three",
        "\\ No newline at end of file",
    ]


def test_a_new_file_comes_from_nowhere() -> None:
    text = diff.text({}, {"a.yaml": "one\n"}, was="1", now="2")

    assert text.startswith("--- /dev/null\n+++ a.yaml\t2\n")


@pytest.mark.parametrize("broken", ["rules: [", "rules: 7", "- a", "rules:\n - {rule: x, new: 1}"])
def test_what_cannot_be_read_is_counted_in_lines_alone(broken: str) -> None:
    changed = diff.changes({"a.yaml": broken}, AFTER)

    assert changed["rules"]["added"] == ["list", "rate"]
    assert changed["files"][0]["change"] == "changed"


def test_files_with_little_in_common_are_told_whole_and_at_once() -> None:
    before = {"a.yaml": "".join(f"- was {n}\n- same\n" for n in range(3_000))}
    after = {"a.yaml": "".join(f"- is {n}\n- same\n" for n in range(3_000))}

    text = diff.text(before, after, was="1", now="2")

    assert text.splitlines()[2] == "@@ -1,6000 +1,6000 @@"
    counted = diff.changes(before, after)["files"][0]
    assert (counted["plus"], counted["minus"]) == (3_000, 3_000)
