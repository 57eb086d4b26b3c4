"""A number's filter takes what happened when it is counted to have happened."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from reports import behind, numbers
from store import mongo
from store.documents.delivery import DeliveryStatus
from tests.clock import NOW
from tests.reports import rows

UTC = ZoneInfo("UTC")
HOUR = timedelta(hours=1)


def _count(db: mongo.Db, **asked: str) -> int:
    page = behind.page(db, "diwali_offer", asked, 50, UTC)
    assert page is not None
    return len(page.rows)


def test_what_was_only_seen_read_was_sent_when_it_was_read(db: mongo.Db) -> None:
    rows.campaign(db)
    one = rows.brought(db, rows.run(db), DeliveryStatus.READ)
    mongo.deliveries(db).update_one(
        {"_id": one["_id"]}, {"$set": {"times": {"accepted": NOW, "read": NOW + 2 * HOUR}}}
    )

    later = {"since": (NOW + HOUR).isoformat()}
    for what in ("sent", "delivered", "read"):
        assert _count(db, what=what, **later) == 1
        assert _count(db, what=what, until=later["since"]) == 0
    assert _count(db, what="accepted", **later) == 0
    assert _count(db, what="accepted", until=later["since"]) == 1


def test_a_range_ends_just_before_its_end(db: mongo.Db) -> None:
    rows.campaign(db)
    rows.brought(db, rows.run(db), DeliveryStatus.FAILED)

    assert _count(db, code="131026", since=NOW.isoformat()) == 1
    assert _count(db, code="131026", until=NOW.isoformat()) == 0


def test_an_hour_is_the_workspaces(db: mongo.Db) -> None:
    rows.campaign(db)
    rows.brought(db, rows.run(db), DeliveryStatus.READ)
    found = {
        zone: behind.page(db, "diwali_offer", {"hour": "12"}, 5, ZoneInfo(zone))
        for zone in ("Asia/Kolkata", "UTC")
    }

    assert NOW.hour == 6
    assert [len(page.rows) for page in found.values() if page] == [1, 0]


@pytest.mark.parametrize("text", ["2026-11-24", "2026-11-24T00:00:00", "soon"])
def test_a_moment_has_its_zone(text: str) -> None:
    with pytest.raises(numbers.AskedError):
        numbers.query({"what": "read", "since": text}, UTC)
