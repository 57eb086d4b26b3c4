"""Held back and let through by hand: the whole person, once, and never against their own wish."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from contacts import consent, erasure, undisturbed
from contacts.identity import Identity
from contacts.touch import new_contact
from contacts.undisturbed import Wish
from store import contacts, mongo, suppressions
from store.documents.suppression import Scope
from tests.clock import NOW

BILAL, BSUID = "919812345671", "IN.1349120865530275"
KOLKATA = ZoneInfo("Asia/Kolkata")


def hold(db: mongo.Db, wish: Wish, **more: Identity) -> bool:
    who = more.get("who", Identity(BILAL))
    return undisturbed.hold_back(db, who, wish, source="page", evidence="Asha", now=NOW)


def lift(db: mongo.Db) -> bool:
    return undisturbed.let_through(
        db, Identity(BILAL), source="page", reason=None, evidence="Asha", now=NOW
    )


def test_everything_a_person_is_known_by_is_held_back_and_let_through(db: mongo.Db) -> None:
    contacts.insert(db, new_contact(Identity(BILAL, BSUID), "Bilal", "message", NOW))

    assert hold(db, Wish(Scope.ALL, None, "a letter"))
    assert consent.standing_scope(db, Identity(bsuid=BSUID), NOW) is Scope.ALL

    assert lift(db)
    assert consent.standing_scope(db, Identity(bsuid=BSUID), NOW) is None
    assert not lift(db)


def test_the_same_wish_once_more_leaves_no_second_line_in_the_history(db: mongo.Db) -> None:
    wish = Wish(Scope.MARKETING, NOW + timedelta(days=30), "a letter")

    assert hold(db, wish)
    assert not hold(db, wish)
    assert not hold(db, Wish(wish.scope, wish.until))  # says no reason, and takes none away
    assert hold(db, Wish(wish.scope, wish.until, "another letter"))

    [row] = suppressions.newest(db, None, 10)
    assert [line["reason"] for line in row["history"]] == ["a letter", "another letter"]


def test_a_hand_does_not_narrow_what_the_person_asked_for(db: mongo.Db) -> None:
    consent.suppress(
        db, Identity(BILAL), scope=Scope.ALL, until=None, source="keyword", reason="STOP",
        evidence="m", now=NOW,
    )  # fmt: skip

    assert not hold(db, Wish(Scope.MARKETING))
    assert not hold(db, Wish(Scope.ALL, NOW + timedelta(days=1)))
    assert consent.standing_scope(db, Identity(BILAL), NOW + timedelta(days=2)) is Scope.ALL


def test_the_list_tells_who_it_is_and_after_an_erasure_only_what_stands(db: mongo.Db) -> None:
    contacts.insert(db, new_contact(Identity(BILAL), "Bilal", "message", NOW))
    hold(db, Wish(Scope.ALL))
    hold(db, Wish(Scope.MARKETING), who=Identity("919812345679"))
    by_name = {
        one.name: one for one in undisturbed.shown(db, suppressions.newest(db, None, 9), NOW)
    }
    assert (found := by_name[f"+{BILAL}"].person) is not None
    assert found["name"] == "Bilal"
    assert by_name["+919812345679"].person is None

    erasure.erase(db, Identity(BILAL), NOW)

    rows = undisturbed.shown(db, suppressions.newest(db, None, 9), NOW)
    [gone] = [one for one in rows if one.name is None]
    assert (gone.standing, gone.person, gone.row["history"]) == (Scope.ALL, None, [])


def test_pages_follow_one_another_though_all_are_of_one_moment(db: mongo.Db) -> None:
    for n in range(5):
        hold(db, Wish(Scope.ALL), who=Identity(f"91981234567{n}"))
    seen: list[str] = []
    before = None
    while page := suppressions.newest(db, before, 2):
        seen += [row["_id"] for row in page]
        before = (page[-1]["at"], page[-1]["_id"])

    assert len(set(seen)) == len(seen) == 5


@pytest.mark.parametrize(
    ("written", "until"),
    [
        ("", None),
        ("2999-12-31", datetime(2999, 12, 31, 18, 30, tzinfo=UTC)),
        ("2999-12-31T00:00:00+05:30", datetime(2999, 12, 30, 18, 30, tzinfo=UTC)),
    ],
)
def test_a_day_lasts_to_its_end_on_the_workspaces_clock(
    written: str, until: datetime | None
) -> None:
    assert undisturbed.until_of(written, NOW, KOLKATA) == until


@pytest.mark.parametrize(
    "written", ["soon", "2026-13-01", "9999-12-31", "2999-01-01T00:00:00", "2020-01-01"]
)
def test_an_end_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"must be|needs its|lies in"):
        undisturbed.until_of(written, NOW, KOLKATA)
