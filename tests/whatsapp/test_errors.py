"""What each of Meta's codes makes us do, row by row."""

from datetime import timedelta

import pytest

from whatsapp.errors import Reach, describe, is_known, verdict


def seconds(*waits: int) -> list[timedelta | None]:
    return [timedelta(seconds=wait) for wait in waits]


@pytest.mark.parametrize(
    ("code", "waits"),
    [
        (1, seconds(5, 25, 125)),
        (2, seconds(5, 25, 125)),
        (131000, seconds(5, 25, 125)),
        (131016, seconds(5, 25, 125)),
        (133004, seconds(5, 25, 125)),
        (131056, seconds(1, 4, 16, 64, 256)),
        (130429, seconds(1, 2, 4, 8, 16, 32)),
        (4, seconds(1, 2, 4, 8, 16, 32, 60)),
        (80007, seconds(1, 2, 4, 8, 16, 32, 60)),
        (134101, seconds(600, 600, 600)),
        (131053, seconds(5)),
        (131049, seconds(86_400)),
    ],
)
def test_what_may_be_tried_again_and_when(code: int, waits: list[timedelta | None]) -> None:
    tried = [verdict(code, attempt).retry_after for attempt in range(1, len(waits) + 2)]

    assert tried == [*waits, None]


@pytest.mark.parametrize(
    "code",
    [131050, 131026, 130472, 131047, 130403, 131021, 131030, 131062, 132000, 132005, 132012, 132018,
     132001, 132007, 132008, 132015, 132016, 132068, 100, 33, 131008, 131009, 131051, 135000,
     130497, 137000, 999_999],
)  # fmt: skip
def test_what_is_never_tried_again(code: int) -> None:
    assert verdict(code, 1).retry_after is None


@pytest.mark.parametrize("code", [0, 3, 10, 190, 200, 299, 131005, 368, 131031, 131042, 131048])
def test_what_stops_the_sender_keeps_its_message(code: int) -> None:
    found = verdict(code, 500)

    assert found.reach is Reach.SENDER
    assert found.retry_after == timedelta(seconds=1)


@pytest.mark.parametrize("code", [368, 131031, 131042, 131048, 131064, 131037])
def test_what_only_a_person_can_mend_stays_blocked(code: int) -> None:
    assert verdict(code, 1).block_for is None


@pytest.mark.parametrize("code", [132001, 132015, 132016, 132007, 132068])
def test_what_is_wrong_with_a_template_stops_its_campaigns(code: int) -> None:
    assert verdict(code, 1).reach is Reach.TEMPLATE


def test_only_too_fast_slows_us_down() -> None:
    slowing = [code for code in (4, 80007, 130429, 131056, 131049) if verdict(code, 1).slow_down]

    assert slowing == [4, 80007, 130429]


def test_a_stop_at_meta_is_a_suppression() -> None:
    assert verdict(131050, 1).suppress


def test_metas_limits_are_told_apart_from_failures() -> None:
    assert [describe(c).limited_by_meta for c in (131049, 130472, 131026)] == [True, True, False]


@pytest.mark.parametrize(("status", "again"), [(500, True), (503, True), (429, True), (400, False)])
def test_an_answer_without_a_code_is_judged_by_its_status(status: int, again: bool) -> None:
    assert (verdict(None, 1, http_status=status).retry_after is not None) is again


def test_what_never_reached_meta_is_tried_again() -> None:
    assert verdict(None, 1).retry_after == timedelta(seconds=5)


def test_metas_own_wait_is_kept() -> None:
    assert verdict(130429, 1, retry_after_s=30).retry_after == timedelta(seconds=30)


def test_a_new_code_fails_its_message_alone() -> None:
    assert verdict(999_999, 1, title="Something new").title == "Something new"
    assert not is_known(999_999)
