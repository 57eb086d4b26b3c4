"""A campaign in a file is the same as a campaign in the API."""

import pytest

from campaigns import files
from campaigns.files import UnreadableFileError

WRITTEN = """
campaign: diwali_offer
schedule: {at: 2026-11-30T10:00, starts: 2026-01-31, on: [mon, thu]}
between: [10:00, 18:00]
delay: 30m
pin: 0411
orders: 12
rate: 1.5
on: yes
off: true
nothing: ~
buttons: {0: {payload: YES}}
---
campaign: other
---
"""


def test_values_are_what_json_would_hold() -> None:
    first, second = files.read(WRITTEN)

    assert first == {
        "campaign": "diwali_offer",
        "schedule": {"at": "2026-11-30T10:00", "starts": "2026-01-31", "on": ["mon", "thu"]},
        "between": ["10:00", "18:00"],
        "delay": "30m",
        "pin": "0411",
        "orders": 12,
        "rate": 1.5,
        "on": "yes",
        "off": True,
        "nothing": None,
        "buttons": {"0": {"payload": "YES"}},
    }
    assert second == {"campaign": "other"}


@pytest.mark.parametrize(
    ("text", "spot"),
    [
        ("a: 1\nb: 2\na: 3", "3:1: "),
        ("a: [", "1:5: "),
        ("a: !!python/name:os.system x", "1:4: "),
        ("? [1]\n: 2", "1:3: "),
        ("a: *b", "1:4: "),
        ("a: \x07", "1:1: "),
        ("[" * 5_000, "1:1: "),
        ("a: " + "x" * files.MAX_FILE_BYTES, "1:1: "),
    ],
)
def test_what_is_no_yaml_is_told_with_its_place(text: str, spot: str) -> None:
    with pytest.raises(UnreadableFileError) as told:
        files.read(text)

    assert str(told.value).startswith(spot)


def test_a_file_of_nothing_holds_nothing() -> None:
    assert files.read("# later\n---\n") == []
