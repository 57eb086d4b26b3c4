"""Statuses: forwards only, before and after their send, and what rules make of them."""

import itertools

import pytest

from reports import verify
from tests.events.conftest import ASHA, House


def delivery(house: House) -> dict[str, object]:
    found = house.rt.db.deliveries.find_one({"campaign": "price_list"})
    assert found is not None
    return found


@pytest.mark.parametrize("order", list(itertools.permutations(["sent", "delivered", "read"])))
def test_whatever_order_they_come_in_the_end_is_the_same(
    house: House, order: tuple[str, ...]
) -> None:
    house.says(ASHA, "price")
    wamid = house.sent()[0]["wamid"]
    for status in (*order, *order):
        house.status(wamid, status, recipient_id=ASHA)

    run = house.report()
    assert delivery(house)["status"] == "read"
    assert run["counters"]["read"] == 1
    assert sum(run["counters"].values()) == 1
    assert run["tallies"]["reached"] == {"accepted": 1, "sent": 1, "delivered": 1, "read": 1}
    assert "readers" in house.contact(ASHA)["segments"]
    assert verify.problems(house.rt.db) == []


def test_a_status_before_its_send_is_recorded_is_settled_by_what_it_echoes(house: House) -> None:
    house.says(ASHA, "price")
    row = delivery(house)
    house.rt.db.deliveries.update_one(
        {"_id": row["_id"]},
        {"$set": {"status": "unknown", "stage": "unknown", "wamid": None, "times": {}}},
    )
    house.rt.db.runs.update_one({}, {"$set": {"counters": {"unknown": 1}, "tallies": {}}})
    house.rt.db.run_days.delete_many({})

    house.status("wamid.late", "delivered", biz_opaque_callback_data=str(row["_id"]))

    assert (delivery(house)["status"], delivery(house)["wamid"]) == ("delivered", "wamid.late")
    assert verify.problems(house.rt.db) == []


def test_a_status_nobody_knows_is_parked_until_its_send_is_recorded(house: House) -> None:
    house.status("wamid.early", "delivered")
    assert house.rt.db.inbox.count_documents({"state": "parked"}) == 1

    house.says(ASHA, "price")
    house.rt.db.deliveries.update_one({}, {"$set": {"wamid": "wamid.early"}})
    house.rt.db.inbox.update_one({"state": "parked"}, {"$set": {"state": "new"}})
    house.drain()

    assert delivery(house)["status"] == "delivered"


def test_delivered_after_failed_wins(house: House) -> None:
    house.says(ASHA, "price")
    wamid = house.sent()[0]["wamid"]
    house.status(wamid, "failed", errors=[{"code": 131026, "title": "Undeliverable"}])
    assert house.report()["tallies"]["failed"] == {"131026": 1}

    house.status(wamid, "delivered")

    assert delivery(house)["status"] == "delivered"
    assert house.report()["tallies"]["failed"] == {"131026": 0}
    assert verify.problems(house.rt.db) == []


def test_a_failure_after_delivery_is_not_believed(house: House) -> None:
    house.says(ASHA, "price")
    wamid = house.sent()[0]["wamid"]
    house.status(wamid, "delivered")
    house.status(wamid, "failed", errors=[{"code": 131026}])

    assert delivery(house)["status"] == "delivered"


def test_a_person_who_stopped_marketing_at_meta_is_suppressed(house: House) -> None:
    house.says(ASHA, "price")
    house.status(house.sent()[0]["wamid"], "failed", errors=[{"code": 131050}])
    house.says(ASHA, "price")

    assert house.texts() == ["price_list"]


def test_an_unknown_status_is_kept_and_changes_nothing(house: House) -> None:
    house.says(ASHA, "price")
    house.status(house.sent()[0]["wamid"], "warning")

    assert delivery(house)["status"] == "accepted"
    assert house.rt.db.inbox.count_documents({"state": "done", "kind": "status"}) == 1
