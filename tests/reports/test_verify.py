"""The numbers add up whatever happens in whatever order, and a wrong one is found."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest
from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports import campaign, funnel, verify
from store import deliveries, mongo
from store.documents.campaign import Run
from store.documents.delivery import Delivery, DeliveryStatus
from tests.reports import rows

PEOPLE = [ObjectId() for _ in range(3)]


@dataclass(frozen=True)
class Step:
    """One person's message is owed (again), or somebody tries to move it.

    stale: by what an earlier reader saw, which may no longer be so.
    """

    person: int
    to: DeliveryStatus
    stale: bool


STEPS = st.lists(
    st.builds(Step, st.integers(0, 2), st.sampled_from(list(DeliveryStatus)), stale=st.booleans()),
    max_size=12,
)
# Where a message may go from where it stands.
ONWARD: dict[DeliveryStatus, set[DeliveryStatus]] = {
    status: {DeliveryStatus.FAILED, DeliveryStatus.SKIPPED, *list(DeliveryStatus)[place + 1 : 8]}
    for place, status in enumerate(DeliveryStatus)
}
for final in (DeliveryStatus.SKIPPED, DeliveryStatus.FAILED, DeliveryStatus.PLAYED):
    ONWARD[final] = set()


@pytest.fixture
def run(db: mongo.Db) -> Run:
    rows.campaign(db)
    return rows.run(db, excluded={"staff": 2})


def _play(db: mongo.Db, run: Run, steps: list[Step]) -> None:
    first_seen: dict[int, Delivery] = {}
    for step in steps:
        owed = rows.owed(run, PEOPLE[step.person], cause=f"event:{run['_id']}:campaign:x")
        now, _ = deliveries.owe(db, owed)
        seen = first_seen.setdefault(step.person, now) if step.stale else now
        if step.to in ONWARD[seen["status"]]:
            rows.bring(db, seen, step.to)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(STEPS)
def test_the_numbers_add_up_whatever_happens(db: mongo.Db, steps: list[Step]) -> None:
    name = f"c{ObjectId()}"
    rows.campaign(db, name)
    run = rows.run(db, name, excluded={"staff": 2})

    _play(db, run, steps)

    report = campaign.summary(db, name, ZoneInfo("UTC"))
    assert report is not None
    states = report["funnel"]
    assert sum(states[state] for state in funnel.STATES) == states["targeted"]
    assert states["targeted"] == len({step.person for step in steps}) + 2
    assert verify.problems(db) == []


def test_a_counter_that_was_tampered_with_is_found(db: mongo.Db, run: Run) -> None:
    rows.brought(db, run, DeliveryStatus.SENT)
    db.runs.update_one({"_id": run["_id"]}, {"$inc": {"counters.sent": 1}})

    assert verify.problems(db) == [
        "campaign diwali_offer, run 1: its counter says 2 sent, its deliveries say 1"
    ]


@pytest.mark.parametrize(
    ("tampered", "said"),
    [
        ({"tallies.replied": 1}, "its tally says 1 replied, its deliveries say 0"),
        (
            {"tallies.skipped.suppressed": 1},
            "its tally says 1 skipped for suppressed, its deliveries say 0",
        ),
        (
            {"tallies.failed.131049": 1},
            "its tally says 1 failed with 131049, its deliveries say 0",
        ),
        ({"tallies.reached.sent": -1}, "its tally says 0 reached sent, its deliveries say 1"),
    ],
)
def test_a_tally_that_was_tampered_with_is_found(
    db: mongo.Db, run: Run, tampered: dict[str, int], said: str
) -> None:
    rows.brought(db, run, DeliveryStatus.SENT)
    db.runs.update_one({"_id": run["_id"]}, {"$inc": tampered})

    assert verify.problems(db) == [f"campaign diwali_offer, run 1: {said}"]


@pytest.mark.parametrize(
    ("status", "lost", "said"),
    [
        (DeliveryStatus.ACCEPTED, "wamid", "at Meta without a wamid"),
        (DeliveryStatus.FAILED, "error", "failed without an error"),
        (DeliveryStatus.SENDING, "lease", "being sent by nobody"),
    ],
)
def test_a_delivery_that_cannot_be_is_found(
    db: mongo.Db, run: Run, status: DeliveryStatus, lost: str, said: str
) -> None:
    delivery = rows.brought(db, run, status)
    db.deliveries.update_one({"_id": delivery["_id"]}, {"$set": {lost: None}})

    assert f"campaign diwali_offer, run 1: 1 deliveries are {said}" in verify.problems(db)


def test_a_delivery_of_no_run_is_found(db: mongo.Db, run: Run) -> None:
    rows.owe(db, run)
    db.runs.delete_one({"_id": run["_id"]})

    assert verify.problems(db) == ["1 deliveries belong to a run that does not exist"]


def test_an_erased_person_leaves_the_numbers_right(db: mongo.Db, run: Run) -> None:
    asha = rows.contact(db, "919812345670", "Asha")
    rows.brought(db, run, DeliveryStatus.READ, asha["_id"])

    deliveries.erase_of(db, asha["_id"])

    assert verify.problems(db) == []
