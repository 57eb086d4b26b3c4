"""Numbers that are wrong are put right, whatever is counted meanwhile."""

from store import mongo, recount
from store.documents.delivery import DeliveryStatus
from tests.reports import rows


def test_what_was_counted_since_is_not_lost(db: mongo.Db) -> None:
    rows.campaign(db)
    run = rows.run(db)
    rows.brought(db, run, DeliveryStatus.READ)
    db.runs.update_one({"_id": run["_id"]}, {"$inc": {"counters.read": 3, "tallies.replied": 2}})
    db.run_days.update_many({}, {"$inc": {"at.13.read": 5}})
    found = recount.of_run(db, run["_id"])
    rows.brought(db, run, DeliveryStatus.DELIVERED)  # while it was being looked at

    assert found is not None
    assert recount.repair(db, found)

    again = recount.of_run(db, run["_id"])
    assert again is not None
    assert (again.differences(), again.days_differences()) == ({}, {})


def test_two_who_put_it_right_do_so_once(db: mongo.Db) -> None:
    rows.campaign(db)
    run = rows.run(db)
    rows.brought(db, run, DeliveryStatus.READ)
    db.run_days.delete_many({})
    seen = [recount.of_run(db, run["_id"]) for _ in range(2)]

    done = [recount.repair(db, found) for found in seen if found is not None]

    assert done == [True, False]
    again = recount.of_run(db, run["_id"])
    assert again is not None
    assert again.days_differences() == {}
