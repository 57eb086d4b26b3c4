"""Rules on `failed` hear each failure once, whether Meta's answer or a webhook told of it."""

from dataclasses import replace
from typing import Any

import pytest

from deliveries import outcome, refusals
from rules import publish
from rules.books import Books
from tests.conftest import control
from tests.events.conftest import ASHA, RULES, House

RULE = """
rules:
  - rule: failed
    when: {campaign: price_list, event: failed}
    then: [{add_to_segment: unreachable}]
"""


@pytest.fixture
def watching(house: House) -> House:
    """A house with a rule on `failed`, beside its own."""
    files = {"rules.yaml": RULES, "failed.yaml": RULE}
    publish.publish(house.rt.db, files, by="test", note="", now=house.now)
    return replace(house, books=Books(house.rt.settings))


def refuse(house: House, *codes: int) -> None:
    faults = [{"kind": "error", "code": code} for code in codes]
    control(house.meta, "PUT", "faults", {"next": faults})


def heard(house: House) -> int:
    return int(house.rt.db.events.count_documents({"name": "failed"}))


def test_a_refusal_in_metas_answer_is_heard_once(watching: House) -> None:
    refuse(watching, 131026)
    watching.says(ASHA, "price")
    watching.drain()
    watching.drain()

    assert heard(watching) == 1
    contact = watching.rt.db.contacts.find_one({"wa_id": ASHA})
    assert contact is not None
    assert "unreachable" in contact["segments"]
    [delivery] = watching.rt.db.deliveries.find({"campaign": "price_list"})
    assert (delivery["status"], "failed" in delivery["times"]) == ("failed", True)
    assert watching.report()["tallies"]["failed"] == {"131026": 1}


def test_a_refusal_in_metas_answer_is_acted_on_by_its_sender_alone(
    watching: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    acted: list[int] = []
    real = outcome.act

    def noted(*args: Any) -> bool:
        acted.append(args[2])  # the code
        return real(*args)

    monkeypatch.setattr(outcome, "act", noted)
    refuse(watching, 131026)
    watching.says(ASHA, "price")
    watching.drain()

    assert acted == [131026]


def test_one_that_will_be_tried_again_is_no_failure_yet(watching: House) -> None:
    refuse(watching, 131000)
    watching.says(ASHA, "price")
    watching.drain()

    assert heard(watching) == 0


def test_it_is_heard_though_the_sender_died_before_it_recorded_the_refusal(
    watching: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(watching, 131026)
    journal = refusals.journal

    def and_die(*args: Any) -> None:
        journal(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(refusals, "journal", and_die)
    with pytest.raises(KeyboardInterrupt):
        watching.says(ASHA, "price")
    monkeypatch.undo()
    watching.drain()

    assert heard(watching) == 1
    assert watching.report()["tallies"]["failed"] == {"131026": 1}
