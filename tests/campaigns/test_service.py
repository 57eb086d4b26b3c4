"""A campaign's life: each step from each state, by whom, and one run however many start it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from campaigns import life, service, templates
from campaigns.documents import InvalidCampaignError
from campaigns.service import ImpossibleStepError, UnknownCampaignError
from runtime import Runtime
from store import mongo
from store import templates as kept
from store.documents.campaign import CampaignState
from tests.campaigns.test_documents import GOOD
from tests.clock import NOW

STEPS: dict[str, Callable[..., Any]] = {
    "start": life.start,
    "pause": life.pause,
    "resume": life.resume,
    "cancel": life.cancel,
}


@pytest.fixture
def db(rt: Runtime) -> mongo.Db:
    templates.sync(rt, NOW)
    return rt.db


def define(db: mongo.Db, **changes: Any) -> Any:
    return service.define(db, "price_list", {**GOOD, **changes}, "asha", NOW)


def bring(db: mongo.Db, state: str) -> None:
    define(db)
    way = {"draft": [], "active": ["start"], "paused": ["start", "pause"],
           "cancelled": ["start", "cancel"]}  # fmt: skip
    for step in way[state]:
        STEPS[step](db, "price_list", "asha", NOW)


@pytest.mark.parametrize(
    ("state", "step", "becomes"),
    [
        ("draft", "start", "active"),
        ("draft", "pause", None),
        ("draft", "resume", None),
        ("draft", "cancel", None),
        ("active", "start", None),
        ("active", "pause", "paused"),
        ("active", "resume", None),
        ("active", "cancel", "cancelled"),
        ("paused", "start", None),
        ("paused", "pause", None),
        ("paused", "resume", "active"),
        ("paused", "cancel", "cancelled"),
        ("cancelled", "start", "active"),
        ("cancelled", "pause", None),
        ("cancelled", "resume", None),
        ("cancelled", "cancel", None),
    ],
)
def test_each_step_from_each_state(
    db: mongo.Db, state: str, step: str, becomes: str | None
) -> None:
    bring(db, state)

    if becomes is None:
        with pytest.raises(ImpossibleStepError, match="price_list is"):
            STEPS[step](db, "price_list", "asha", NOW)
    else:
        changed = STEPS[step](db, "price_list", "bilal", NOW)
        assert changed["state"] == becomes
        assert changed["history"][-1] == {
            "at": NOW, "by": "bilal", "state": CampaignState(becomes), "reason": None,
        }  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_a_campaign_nobody_knows_takes_no_step(db: mongo.Db, step: str) -> None:
    with pytest.raises(UnknownCampaignError):
        STEPS[step](db, "nothing", "asha", NOW)


def test_eight_who_start_it_at_once_make_one_run(db: mongo.Db) -> None:
    define(db)

    def start(_: int) -> bool:
        try:
            life.start(db, "price_list", "asha", NOW)
        except ImpossibleStepError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(start, range(8))).count(True) == 1
    assert db.runs.count_documents({}) == 1


def test_a_new_start_is_a_new_run(db: mongo.Db) -> None:
    bring(db, "cancelled")
    life.start(db, "price_list", "asha", NOW)

    runs = list(db.runs.find().sort("number", 1))
    assert [run["number"] for run in runs] == [1, 2]
    assert runs[0]["ended_at"] == NOW


def test_the_same_document_changes_nothing(db: mongo.Db) -> None:
    assert define(db)["version"] == 1
    assert define(db)["version"] == 1
    assert define(db, delay="5m")["version"] == 2


def test_a_document_that_does_not_fit_its_template_is_refused(db: mongo.Db) -> None:
    message = {"template": "price_list", "language": "en", "parameters": {"name": "x"}}

    with pytest.raises(InvalidCampaignError) as caught:
        define(db, message=message)

    assert {problem.path for problem in caught.value.problems} == {
        "message.parameters.first_name",
        "message.parameters.name",
    }


def test_a_name_that_contradicts_its_address_is_refused(db: mongo.Db) -> None:
    with pytest.raises(InvalidCampaignError, match="price_list"):
        service.define(db, "other", GOOD, "asha", NOW)


@pytest.mark.parametrize(
    ("status", "says"), [("PAUSED", "is paused, not approved"), (None, "flask templates sync")]
)
def test_it_does_not_start_on_a_template_that_may_not_be_sent(
    db: mongo.Db, status: str | None, says: str
) -> None:
    define(db)
    if status is None:
        kept.replace_all(db, [])
    else:
        kept.change(db, "price_list", "en", {"status": status})

    with pytest.raises(ImpossibleStepError, match=says):
        life.start(db, "price_list", "asha", NOW)
