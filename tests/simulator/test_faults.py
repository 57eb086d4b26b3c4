"""Faults on request: the queue first, then shares, drawn alike from the same seed."""

import pytest
import requests

from simulator.faults import Dice, ErrorShare, Faults
from tests.simulator.conftest import ASHA, CHEN, Business, Sim, code, price_list


def test_next_is_consumed_one_by_one_and_then_all_is_well(sim: Sim, business: Business) -> None:
    queue = [
        {"kind": "timeout_before"},
        {"kind": "timeout_after"},
        {"kind": "http_5xx", "code": 502},
        {"kind": "error", "code": 131049},
        {"kind": "async_error", "code": 131049},
    ]
    sim.control("PUT", "/faults", {"next": queue})

    with pytest.raises(requests.ConnectionError):
        sim.send(ASHA, **price_list(), biz_opaque_callback_data="before")
    with pytest.raises(requests.ConnectionError):
        sim.send(ASHA, **price_list(), biz_opaque_callback_data="after")
    unavailable = sim.send(ASHA, **price_list())
    assert (unavailable.status_code, unavailable.headers["Content-Type"][:9]) == (502, "text/html")
    assert code(sim.send(ASHA, **price_list())) == 131049
    assert sim.send(ASHA, **price_list(), biz_opaque_callback_data="failing").status_code == 200
    assert sim.send(ASHA, **price_list(), biz_opaque_callback_data="fine").status_code == 200

    sim.settle()
    last = {each["biz_opaque_callback_data"]: each["status"] for each in business.statuses()}
    assert last == {"after": "delivered", "failing": "failed", "fine": "delivered"}
    assert sim.control("GET", "/counts")["accepted"] == 3
    assert sim.control("GET", "/faults")["next"] == []


def test_an_error_may_concern_one_number_only(sim: Sim) -> None:
    sim.control("PUT", "/faults", {"errors": [{"code": 130472, "to": f"+{CHEN}"}]})
    assert code(sim.send(CHEN, **price_list())) == 130472
    assert code(sim.send(ASHA, **price_list())) == 0


def test_callback_data_can_be_lost_on_the_way(sim: Sim, business: Business) -> None:
    sim.control("PUT", "/faults", {"drop_callback_data": True})
    sim.send(ASHA, **price_list(), biz_opaque_callback_data="d1")
    sim.settle()
    assert not any("biz_opaque_callback_data" in each for each in business.statuses())


def test_a_hanging_answer_outlasts_the_callers_patience(sim: Sim) -> None:
    sim.control("PUT", "/faults", {"next": [{"kind": "timeout_after"}], "hang_s": 30})
    url = f"{sim.graph}/{sim.handle.config.phone_number_id}/messages"
    body = {"messaging_product": "whatsapp", "to": f"+{ASHA}", **price_list()}
    with pytest.raises(requests.ReadTimeout):
        sim.http.post(url, json=body, timeout=(5, 0.1))
    assert sim.control("GET", "/counts")["accepted"] == 1


def test_the_same_seed_draws_the_same_faults() -> None:
    faults = Faults(
        errors=[ErrorShare(code=131049, share=0.2)], timeout_after=0.1, http_5xx=0.1, seed=7
    )
    dice, again = Dice(), Dice()
    dice.replace(faults)
    again.replace(faults)
    drawn = [dice.draw(str(n)).kind for n in range(500)]
    assert drawn == [again.draw(str(n)).kind for n in range(500)]
    assert 60 < drawn.count("error") < 140
    assert 20 < drawn.count("timeout_after") < 90


@pytest.mark.parametrize("faults", [{"error": []}, {"http_5xx": 2}, {"next": [{"kind": "x"}]}])
def test_a_misspelt_fault_is_refused(sim: Sim, faults: dict[str, object]) -> None:
    with pytest.raises(requests.HTTPError, match="400"):
        sim.control("PUT", "/faults", faults)
