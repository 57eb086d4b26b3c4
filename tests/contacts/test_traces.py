"""Ids are found however Meta writes them, and nobody else's are."""

import base64

import pytest

from contacts import traces


@pytest.mark.parametrize("before", [b"", b"\x1c", b"\x1c\x18", b"\x1c\x18\x0c", b"four"])
def test_a_number_within_a_wamid_is_found_wherever_it_begins(before: bytes) -> None:
    wamid = base64.b64encode(before + b"919812345670" + b"\x15\x02\x00\x12")

    assert any(trace in wamid for trace in traces.of(["919812345670"], []))


def test_an_older_form_of_a_number_is_found_too() -> None:
    found = traces.of(["525512345678", "5511987654321"], [])

    assert b"5215512345678" in found
    assert b"551187654321" in found


def test_a_neighbours_number_is_not_found() -> None:
    wamid = base64.b64encode(b"\x1c\x18\x0c919812345671\x15\x02")

    assert not any(trace in wamid for trace in traces.of(["919812345670"], ["IN.1"]))


def test_a_bsuid_is_found_as_it_is() -> None:
    assert b"IN.1349120865530274" in traces.of([], ["IN.1349120865530274"])
