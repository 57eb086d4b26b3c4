"""Segments: static ones name their members, live ones ask, and one may stand in another."""

from datetime import timedelta
from typing import Any

import pytest

from contacts import segments
from contacts.filters.read import read
from contacts.segments import Directories, ImpossibleSegmentError
from store import contacts, mongo
from store import segments as stored
from store.documents.segment import SegmentKind
from tests.clock import NOW
from tests.makers import ASHA, BILAL, make_contact


def live(db: mongo.Db, name: str, where: dict[str, Any]) -> None:
    segments.describe(db, name, SegmentKind.LIVE, read(where), NOW)


def test_a_contact_is_in_live_segments_and_in_those_that_name_it(db: mongo.Db) -> None:
    live(db, "pune", {"attributes.city": "Pune"})
    live(db, "buyers", {"attributes.orders": {"gte": 2}, "segments": {"has": "pune"}})
    live(db, "strangers", {"segments": {"lacks": "pune"}})
    asha = make_contact(db, ASHA, attributes={"city": "Pune", "orders": 2}, segments=["vip"])

    assert segments.directory(db).of(asha, NOW) == {"vip", "pune", "buyers"}


def test_a_live_segment_follows_the_time(db: mongo.Db) -> None:
    live(db, "talking", {"window": "open"})
    asha = make_contact(db, ASHA, window_until=NOW + timedelta(hours=1))
    directory = segments.directory(db)

    assert directory.of(asha, NOW) == {"talking"}
    assert directory.of(asha, NOW + timedelta(hours=2)) == frozenset()


def test_a_name_that_stands_with_a_contact_does_not_make_it_a_member_of_a_live_segment(
    db: mongo.Db,
) -> None:
    live(db, "pune", {"attributes.city": "Pune"})
    asha = make_contact(db, ASHA, segments=["pune"])

    assert segments.directory(db).of(asha, NOW) == frozenset()


def test_a_live_segment_never_contains_itself(db: mongo.Db) -> None:
    live(db, "a", {"segments": "b"})

    with pytest.raises(ImpossibleSegmentError, match="b → a → b"):
        live(db, "b", {"not": {"segments": "a"}})
    with pytest.raises(ImpossibleSegmentError, match="c → c"):
        live(db, "c", {"segments": "c"})

    assert [row["_id"] for row in stored.every(db)] == ["a"]


def test_a_static_segment_with_members_does_not_become_live(db: mongo.Db) -> None:
    make_contact(db, ASHA, segments=["vip"])

    with pytest.raises(ImpossibleSegmentError, match="give the live segment another name"):
        live(db, "vip", {"country": "IN"})


def test_a_live_segment_takes_no_members(db: mongo.Db) -> None:
    live(db, "pune", {"attributes.city": "Pune"})

    segments.refuse_live(db, ["vip"])
    with pytest.raises(ImpossibleSegmentError, match="pune is a live segment"):
        segments.refuse_live(db, ["vip", "pune"])


def test_a_segment_that_cannot_be_asked_holds_nobody_and_is_refused(db: mongo.Db) -> None:
    live(db, "good", {"country": "IN"})
    live(db, "asks_bad", {"segments": {"lacks": "bad"}})
    stored.put(db, "bad", SegmentKind.LIVE, {"moon": "full"}, NOW)  # of a newer version
    asha = make_contact(db, ASHA)
    directory = segments.directory(db)

    assert directory.of(asha, NOW) == {"good"}
    assert directory.broken.keys() == {"bad", "asks_bad"}
    with pytest.raises(ImpossibleSegmentError, match="asks_bad cannot be asked"):
        directory.expand(read({"not": {"segments": "asks_bad"}}).tree)


def test_describing_a_segment_again_the_same_way_changes_nothing(db: mongo.Db) -> None:
    live(db, "pune", {"attributes.city": "Pune"})
    later = NOW + timedelta(days=1)

    again = segments.describe(
        db, "pune", SegmentKind.LIVE, read({"attributes.city": "Pune"}), later
    )
    changed = segments.describe(db, "pune", SegmentKind.LIVE, read({"country": "IN"}), later)

    assert (again["created_at"], again["updated_at"]) == (NOW, NOW)
    assert (changed["created_at"], changed["updated_at"]) == (NOW, later)


def test_members_are_added_and_taken_out_once(db: mongo.Db) -> None:
    asha, bilal = make_contact(db, ASHA), make_contact(db, BILAL)
    both = [asha["_id"], bilal["_id"]]

    assert stored.add_members(db, "vip", [asha["_id"]], NOW) == 1
    assert stored.add_members(db, "vip", both, NOW) == 1
    assert stored.remove_members(db, "vip", both, NOW) == 2
    assert stored.remove_members(db, "vip", both, NOW) == 0
    assert all(one["segments"] == [] for one in contacts.by_ids(db, both).values())


def test_a_process_takes_up_what_another_described(
    db: mongo.Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    directories = Directories()
    before = directories.current(db)
    live(db, "pune", {"attributes.city": "Pune"})
    assert directories.current(db) is before  # asked less than a second ago

    monkeypatch.setattr(segments, "_LOOK_AGAIN_S", 0.0)

    assert directories.current(db).filters.keys() == {"pune"}
    assert directories.current(db) is directories.current(db)
