"""Every number opens the people behind it."""

from zoneinfo import ZoneInfo

import pytest

from reports import behind, numbers
from store import figures, mongo
from store.documents.delivery import DeliveryStatus
from tests.reports import rows

UTC = ZoneInfo("UTC")


def _ids(db: mongo.Db, **asked: str) -> set[str]:
    found, after = set(), ""
    while True:
        page = behind.page(db, "diwali_offer", {**asked, "after": after}, 2, UTC)
        assert page is not None
        found |= {str(row["_id"]) for row, _ in page.rows}
        if page.next is None:
            return found
        after = page.next


@pytest.mark.parametrize("looked_at", [1, 20_000])
def test_each_number_opens_those_it_counts(
    db: mongo.Db, monkeypatch: pytest.MonkeyPatch, looked_at: int
) -> None:
    monkeypatch.setattr(figures, "LOOKED_AT", looked_at)
    rows.campaign(db)
    first, second = rows.run(db, number=1), rows.run(db, number=2)
    read = [rows.brought(db, first, DeliveryStatus.READ) for _ in range(3)]
    sent = rows.brought(db, second, DeliveryStatus.SENT)
    failed = rows.brought(db, second, DeliveryStatus.FAILED, code=131026)
    skipped = rows.brought(db, second, DeliveryStatus.SKIPPED)
    ids = {str(row["_id"]) for row in read}

    assert _ids(db, what="read") == ids
    assert _ids(db, what="sent") == ids | {str(sent["_id"])}
    assert _ids(db, what="sent", run="2") == {str(sent["_id"])}
    assert _ids(db, code="131026") == {str(failed["_id"])}
    assert _ids(db, reason="suppressed") == {str(skipped["_id"])}
    assert _ids(db, what="replied") == set()
    assert len(_ids(db)) == 6


@pytest.mark.parametrize("asked", [{"what": "x"}, {"status": "x"}, {"code": "x"}, {"after": "x"}])
def test_what_is_no_number_is_refused(db: mongo.Db, asked: dict[str, str]) -> None:
    rows.campaign(db)

    with pytest.raises(numbers.AskedError):
        behind.page(db, "diwali_offer", asked, 2, UTC)


def test_an_unknown_campaign_or_run_has_nobody(db: mongo.Db) -> None:
    rows.campaign(db)

    assert behind.page(db, "nowhere", {}, 2, UTC) is None
    assert behind.page(db, "diwali_offer", {"run": "7"}, 2, UTC) is None
