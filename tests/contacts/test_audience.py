"""An audience is resolved by one query: everybody who is meant, each once, from a checkpoint on."""

from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from contacts import audience, segments
from contacts.audience import Audience
from contacts.filters.read import read
from contacts.segments import ImpossibleSegmentError
from store import contacts, mongo, people
from store import segments as stored
from store.documents.segment import SegmentKind
from tests.clock import NOW
from tests.makers import make_contact


@pytest.fixture
def everybody(db: mongo.Db) -> list[ObjectId]:
    """Ten people: even ones in `vip`, those that three divides in `pune`; the last is staff."""
    return [
        make_contact(
            db,
            f"9198123456{n:02}",
            segments=[
                *(["vip"] if n % 2 == 0 else []),
                *(["pune"] if n % 3 == 0 else []),
                *(["staff"] if n == 9 else []),
            ],
            attributes={"orders": n},
        )["_id"]
        for n in range(10)
    ]


def whom(db: mongo.Db, meant: Audience, **given: Any) -> list[ObjectId]:
    return [one["_id"] for batch in audience.stream(db, meant, NOW, **given) for one in batch]


def test_nothing_asked_means_everybody(db: mongo.Db, everybody: list[ObjectId]) -> None:
    assert whom(db, Audience()) == everybody
    assert audience.count(db, Audience(), NOW) == 10


def test_overlapping_segments_name_nobody_twice(db: mongo.Db, everybody: list[ObjectId]) -> None:
    meant = Audience(segments=("vip", "pune"))

    assert whom(db, meant, batch=2) == [everybody[n] for n in (0, 2, 3, 4, 6, 8, 9)]
    assert audience.count(db, meant, NOW) == 7


def test_who_is_excluded_is_left_out(db: mongo.Db, everybody: list[ObjectId]) -> None:
    meant = Audience(
        segments=("pune",),
        exclude_segments=("staff", "vip"),
        where=read({"attributes.orders": {"gte": 1}}),
    )

    assert whom(db, meant) == [everybody[3]]
    assert meant.words() == (
        "people who are in pune, who are not in staff or vip and with orders of at least 1"
    )


def test_live_segments_count_like_static_ones(db: mongo.Db, everybody: list[ObjectId]) -> None:
    segments.describe(db, "buyers", SegmentKind.LIVE, read({"attributes.orders": {"gte": 7}}), NOW)

    assert whom(db, Audience(segments=("buyers",))) == everybody[7:]
    others = [everybody[n] for n in (1, 3, 5)]
    assert whom(db, Audience(exclude_segments=("buyers", "vip"))) == others


def test_one_person_is_asked_the_same(db: mongo.Db, everybody: list[ObjectId]) -> None:
    segments.describe(db, "buyers", SegmentKind.LIVE, read({"attributes.orders": {"gte": 7}}), NOW)
    live, meant = segments.directory(db), Audience(segments=("buyers",))
    found = contacts.by_ids(db, everybody)

    included = [one for one in everybody if audience.includes(meant, live, found[one], NOW)]

    assert included == whom(db, meant)


def test_a_stream_goes_on_from_its_checkpoint(db: mongo.Db, everybody: list[ObjectId]) -> None:
    meant = Audience(segments=("vip", "pune"))
    first = next(audience.stream(db, meant, NOW, batch=3))

    rest = whom(db, meant, after=first[-1]["_id"], batch=3)

    assert [one["_id"] for one in first] + rest == whom(db, meant)


def test_a_stream_outlives_a_cursor_that_mongodb_forgot(
    db: mongo.Db, everybody: list[ObjectId]
) -> None:
    seen, killed = [], 0
    for batch in audience.stream(db, Audience(), NOW, batch=2):
        seen += [one["_id"] for one in batch]
        sessions = db.client.admin.aggregate([{"$currentOp": {"idleCursors": True}}])
        cursors = [op["cursor"]["cursorId"] for op in sessions if op["type"] == "idleCursor"]
        if cursors:
            killed += 1
            db.command("killCursors", "contacts", cursors=cursors)

    assert killed > 0
    assert seen == everybody


def test_a_broken_segment_excludes_not_nobody_but_stops_the_audience(
    db: mongo.Db, everybody: list[ObjectId]
) -> None:
    stored.put(db, "bad", SegmentKind.LIVE, {"moon": "full"}, NOW)

    with pytest.raises(ImpossibleSegmentError):
        audience.stream(db, Audience(exclude_segments=("bad",)), NOW)


def test_one_segment_is_streamed_in_the_order_of_its_index(
    db: mongo.Db, everybody: list[ObjectId]
) -> None:
    query = audience.query(db, Audience(segments=("vip", "pune")), NOW)

    plan = str(db.contacts.find(query).sort("_id", 1).hint("segments_1__id_1").explain())

    assert "SORT_MERGE" in plan
    assert "'stage': 'SORT'," not in plan


def test_a_span_is_counted_from_the_moment_that_is_given(db: mongo.Db) -> None:
    make_contact(db, last_inbound_at=NOW - timedelta(days=29))
    meant = Audience(where=read({"last_seen": "30d"}))

    assert audience.count(db, meant, NOW) == 1
    assert audience.count(db, meant, NOW + timedelta(days=2)) == 0


def test_a_sample_is_a_few(db: mongo.Db, everybody: list[ObjectId]) -> None:
    assert len(people.sample(db, {"segments": "vip"}, 3)) == 3
