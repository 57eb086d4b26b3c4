"""The table of Meta's errors, row by row: what each one stops, and when its message goes again."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from whatsapp.errors import Reach, describe, is_known, verdict


@dataclass(frozen=True)
class Row:
    """What a row asks for. waits_s: before each further try; of a sender's block, one second."""

    codes: tuple[int, ...]
    waits_s: tuple[int, ...] = ()
    reach: Reach = Reach.MESSAGE
    block_s: int | None = None
    slows: bool = False
    suppresses: bool = False


MESSAGE, PAIR, TEMPLATE, SENDER = Reach.MESSAGE, Reach.PAIR, Reach.TEMPLATE, Reach.SENDER
HOUR, DAY = 3600, 86_400
ROWS = {
    "calls too fast": Row((4, 80007), (1, 2, 4, 8, 16, 32, 60), slows=True),
    "throughput": Row((130429,), (1, 2, 4, 8, 16, 32), slows=True),
    "one person too often": Row((131056,), (1, 4, 16, 64, 256), PAIR),
    "maintenance or upgrade": Row((131057, 2494100), reach=SENDER, block_s=60),
    "transient": Row((1, 2, 131000, 131016, 133004), (5, 25, 125)),
    "template syncing": Row((134101,), (600, 600, 600)),
    "media upload": Row((131053,), (5,)),
    "marketing cap of a person": Row((131049,), (DAY,)),
    "stopped marketing": Row((131050,), suppresses=True),
    "undeliverable": Row((131026,)),
    "experiment": Row((130472,)),
    "window closed": Row((131047,)),
    "blocked by us": Row((130403,)),
    "self, or not in the test list": Row((131021, 131030)),
    "no BSUID": Row((131062,)),
    "template classification": Row((131064,), reach=SENDER),
    "spam": Row((131048,), reach=SENDER),
    "template paused": Row((132015,), reach=TEMPLATE),
    "template disabled": Row((132016,), reach=TEMPLATE),
    "template missing or against policy": Row((132001, 132007), reach=TEMPLATE),
    "parameters": Row((132000, 132005, 132008, 132012, 132018)),
    "flow blocked": Row((132068,), reach=TEMPLATE),
    "flow throttled": Row((132069,), (HOUR,)),
    "wrong endpoint": Row((131055, 134100, 134102, 131063)),
    "bad request": Row((100, 131008, 131009, 131051, 135000, 33)),
    "token or permission": Row((0, 3, 10, 190, 200, 250, 299, 131005), reach=SENDER, block_s=60),
    "account restricted": Row((368, 131031), reach=SENDER),
    "country restricted": Row((130497,)),
    "payment": Row((131042,), reach=SENDER),
    "not registered": Row((131045, 133010), reach=SENDER, block_s=300),
    "display name": Row((131037,), reach=SENDER),
    "identity key": Row((137000,)),
    "inbound media": Row((131052,)),
}
# These are answers to registering a number or listing templates, which no message gets.
NOT_OF_MESSAGES = (131059, 133000, 133005, 133006, 133008, 133009, 133015, 133016)


@pytest.mark.parametrize(
    ("code", "row"),
    [
        pytest.param(code, row, id=f"{name}-{code}")
        for name, row in ROWS.items()
        for code in row.codes
    ],
)
def test_each_row_is_done_as_it_says(code: int, row: Row) -> None:
    found = verdict(code, 1)
    waits = [verdict(code, attempt).retry_after for attempt in range(1, len(row.waits_s) + 2)]

    assert is_known(code)
    assert found.title
    assert found.reach is row.reach
    assert found.block_for == (timedelta(seconds=row.block_s) if row.block_s else None)
    assert (found.slow_down, found.suppress) == (row.slows, row.suppresses)
    if row.reach is SENDER:
        assert waits == [timedelta(seconds=1)]
    else:
        assert waits == [*(timedelta(seconds=wait) for wait in row.waits_s), None]


@pytest.mark.parametrize("code", NOT_OF_MESSAGES)
def test_a_code_that_no_message_gets_fails_its_message_alone(code: int) -> None:
    assert verdict(code, 1, title="said by Meta").title == "said by Meta"
    assert verdict(code, 1).retry_after is None
    assert verdict(code, 1).reach is MESSAGE


@pytest.mark.parametrize("status", [200, 400, 401, 403, 429, 500, 503])
def test_a_known_code_decides_whatever_the_http_status(status: int) -> None:
    assert verdict(131047, 1, http_status=status) == verdict(131047, 1)
    assert verdict(190, 1, http_status=status) == verdict(190, 1)


def test_too_many_requests_without_a_known_code_slows_us_down() -> None:
    found = [verdict(code, 1, http_status=429) for code in (None, 999_999)]

    assert [one.slow_down for one in found] == [True, True]
    assert [one.retry_after for one in found] == [timedelta(seconds=1)] * 2


@pytest.mark.parametrize(
    ("asked_s", "wait_s"), [(0, 1), (0.5, 1), (30, 30), (10**9, HOUR), (float("inf"), HOUR)]
)
def test_meta_may_ask_for_a_longer_wait_up_to_an_hour(asked_s: float, wait_s: int) -> None:
    found = verdict(130429, 1, retry_after_s=asked_s)

    assert found.retry_after == timedelta(seconds=wait_s)


def test_asking_for_a_wait_does_not_bring_back_what_is_given_up() -> None:
    assert verdict(131047, 1, retry_after_s=5).retry_after is None
    assert verdict(130429, 7, retry_after_s=5).retry_after is None


def test_what_never_reached_meta_is_given_up_in_the_end() -> None:
    waits = [verdict(None, attempt).retry_after for attempt in range(1, 6)]

    assert waits == [*(timedelta(seconds=wait) for wait in (5, 25, 125, 600)), None]


def test_a_report_has_a_title_for_every_code_of_the_table() -> None:
    assert all(describe(code).title for row in ROWS.values() for code in row.codes)
    assert describe(None).title
    assert describe(999_999).title == "Error 999999"
