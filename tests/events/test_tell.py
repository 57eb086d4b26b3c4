"""Segments entered and left, attributes changed: told once, through whatever door, if at all."""

import io
from datetime import timedelta
from typing import Any

import pytest

from campaigns import life, service, watching
from config import metrics
from contacts import changes, importer, segments
from contacts.filters.read import read
from contacts.rows import FileKind
from events import tell
from events import watching as sweeping
from rules import publish
from rules.books import Books
from store import mongo, watches
from store.documents.segment import SegmentKind
from tests.clock import NOW
from tests.events.conftest import ASHA, BILAL, CHEN, House
from tests.events.test_custom import happens
from tests.makers import make_contact

RULES = """
intents: {join: {words: [join]}, leave: {words: [leave]}, visit: {words: [visit]}}
rules:
  - rule: joins
    when: {intent: join}
    then: [{add_to_segment: vip}, {set_attributes: {plan: pro}}]
  - rule: leaves
    when: {intent: leave}
    then: [{remove_from_segment: vip}, {unset_attributes: plan}]
  - rule: counts
    when: {intent: visit}
    then: [increment: visits]
"""
TEXT: dict[str, Any] = {"type": "triggered", "message": {"text": "{{ event.name }}"}}


@pytest.fixture
def shop(house: House) -> House:
    """The house, where people join and leave, and Asha has said hello."""
    publish_(house, RULES)
    house.says(ASHA, "hello")
    return house


def publish_(house: House, rules: str) -> None:
    publish.publish(house.rt.db, {"a.yaml": rules}, by="t", note="", now=house.now)
    house.books = Books(house.rt.settings)


def watch(house: House, name: str = "watching", **trigger: Any) -> None:
    document = {**TEXT, "campaign": name, "trigger": trigger}
    service.define(house.rt.db, name, document, "t", house.now)
    life.start(house.rt.db, name, "t", house.now)
    tick(house)


def tick(house: House) -> int:
    """What the clock does: how many people there was something to tell of."""
    db = house.rt.db
    rows = watching.refresh(db)
    directory = segments.directory(db)
    sweeping.sweep(db, rows, directory, house.now)
    told = 0
    while some := tell.tell(house.rt, directory, sweeping.ready(rows, directory), house.now):
        told += some
    house.drain()
    return told


def heard(house: House) -> list[tuple[str, dict[str, Any]]]:
    """The changes that the rules were told of, in order."""
    rows = house.rt.db.events.find({"name": {"$in": sorted(changes.EVENTS)}})
    return [(row["name"], row["properties"]) for row in rows.sort([("at", 1), ("_id", 1)])]


def live(house: House, name: str, **where: Any) -> None:
    segments.describe(house.rt.db, name, SegmentKind.LIVE, read(where), house.now)


def test_nobody_watches_and_nothing_is_kept_or_told(shop: House) -> None:
    shop.says(ASHA, "join")

    assert tick(shop) == 0
    assert "news" not in shop.contact(ASHA)
    assert watches.every(shop.rt.db) == []


def test_a_rule_that_adds_to_a_segment_starts_the_campaign_that_waits_for_it(shop: House) -> None:
    watch(shop, segment_entered="vip")

    shop.says(ASHA, "join")
    assert shop.texts() == [], "not before it is told"
    assert tick(shop) == 1

    assert shop.texts() == ["segment_entered"]
    assert heard(shop) == [("segment_entered", {"segment": "vip"})]
    assert "news" not in shop.contact(ASHA)

    shop.says(ASHA, "join again")
    assert tick(shop) == 0, "who is in it does not enter it"


def test_who_leaves_and_comes_back_enters_again(shop: House) -> None:
    watch(shop, segment_left="vip")

    for said in ("join", "leave", "join", "leave"):
        shop.says(ASHA, said)
        shop.now += timedelta(seconds=1)
        tick(shop)

    assert [name for name, _ in heard(shop)] == ["segment_entered", "segment_left"] * 2
    assert shop.texts() == ["segment_left"] * 2


def test_an_attribute_tells_from_what_to_what_it_changed(shop: House) -> None:
    watch(shop, attribute_changed="plan", to="pro")

    shop.says(ASHA, "join")
    shop.says(ASHA, "leave")
    shop.says(ASHA, "visit")
    tick(shop)

    told = [properties for _, properties in heard(shop)]
    assert sorted(map(str, told)) == sorted(
        map(
            str,
            [
                {"attribute": "plan", "from": None, "to": "pro"},
                {"attribute": "plan", "from": "pro", "to": None},
            ],
        )
    )
    assert shop.texts() == ["attribute_changed"]


def test_counting_is_a_change(shop: House) -> None:
    grew: dict[str, Any] = {"from": {"lt": 2}, "to": {"gte": 2}}
    watch(shop, "counting", attribute_changed="visits", **grew)

    for _ in range(3):
        shop.says(ASHA, "visit")
        tick(shop)

    assert shop.texts() == ["attribute_changed"]


def test_a_job_that_runs_again_tells_the_same_change_once(shop: House) -> None:
    watch(shop, segment_entered="vip")
    shop.says(ASHA, "join")
    before = shop.contact(ASHA)
    for _ in range(2):  # the worker died before its writes, and before it kept that it had acted
        shop.rt.db.contacts.update_one(
            {"_id": before["_id"]}, {"$set": {"segments": [], "attributes": {}}}
        )
        shop.rt.db.events.update_many({}, {"$set": {"actions": []}})
        shop.rt.db.inbox.update_many({}, {"$set": {"state": "new"}, "$unset": {"done_at": ""}})
        shop.drain()
        tick(shop)

    assert shop.texts() == ["segment_entered"]


def test_what_was_journaled_and_not_crossed_off_is_told_once(shop: House) -> None:
    watch(shop, segment_entered="vip")
    shop.says(ASHA, "join")
    news = shop.contact(ASHA)["news"]
    tick(shop)
    shop.rt.db.contacts.update_one({"wa_id": ASHA}, {"$set": {"news": news}})

    assert tick(shop) == 1
    assert len(heard(shop)) == 1


@pytest.mark.parametrize("put", ["put_in", "take_out"])
def test_members_by_hand(shop: House, put: str) -> None:
    watch(shop, segment_entered="vip")
    watch(shop, "other", segment_left="vip")
    ids = [shop.contact(ASHA)["_id"], make_contact(shop.rt.db, BILAL, segments=["vip"])["_id"]]

    assert getattr(segments, put)(shop.rt.db, "vip", ids, shop.now) == 1
    assert getattr(segments, put)(shop.rt.db, "vip", ids, shop.now) == 0
    tick(shop)

    name = "segment_entered" if put == "put_in" else "segment_left"
    assert heard(shop) == [(name, {"segment": "vip"})]


def test_an_import_tells_of_the_new_and_of_the_changed(shop: House) -> None:
    watch(shop, segment_entered="vip")
    watch(shop, "other", attribute_changed="city")
    make_contact(shop.rt.db, BILAL, segments=["vip"], attributes={"city": "Pune"})
    file = f"phone,segments,attributes.city\n+{ASHA},vip,Pune\n+{BILAL},vip,Pune\n+{CHEN},vip,Goa\n"

    for _ in range(2):
        importer.run(
            shop.rt.db, io.BytesIO(file.encode()), FileKind.CSV,
            default_country="IN", evidence=None, now=shop.now,
        )  # fmt: skip
        tick(shop)

    found = heard(shop)
    assert sorted(name for name, _ in found) == ["attribute_changed"] * 2 + ["segment_entered"] * 2


def test_a_live_segment_is_entered_when_the_person_changes(shop: House) -> None:
    live(shop, "professionals", **{"attributes.plan": "pro"})
    make_contact(shop.rt.db, BILAL, attributes={"plan": "pro"})
    watch(shop, segment_entered="professionals")
    watch(shop, "other", segment_left="professionals")
    assert heard(shop) == [], "who was in it before never entered it"

    shop.says(ASHA, "join")
    tick(shop)
    shop.says(ASHA, "join")
    tick(shop)
    assert heard(shop) == [("segment_entered", {"segment": "professionals"})]

    shop.now += timedelta(seconds=1)
    shop.says(ASHA, "leave")
    tick(shop)
    assert [name for name, _ in heard(shop)] == ["segment_entered", "segment_left"]


def test_time_alone_brings_people_into_a_live_segment_once(shop: House) -> None:
    live(shop, "silent", **{"not": {"last_seen": {"within": "30d"}}})
    watch(shop, segment_entered="silent")

    shop.now += timedelta(days=29)
    tick(shop)
    assert heard(shop) == []
    shop.now += timedelta(days=2)
    for _ in range(3):
        tick(shop)
        shop.now += timedelta(minutes=2)

    assert heard(shop) == [("segment_entered", {"segment": "silent"})]
    shop.says(ASHA, "hello again")
    shop.now += timedelta(minutes=2)
    tick(shop)
    assert heard(shop)[-1] == ("segment_left", {"segment": "silent"})


def test_a_live_segment_is_looked_through_once_a_minute_and_a_part_at_a_time(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "AT_ONCE", 2)
    live(shop, "heard", last_seen={"within": "30d"})
    watch(shop, segment_entered="heard")
    tick(shop)  # Asha alone is known: the first pass is over
    for number in range(5):
        make_contact(shop.rt.db, f"91981234560{number}", last_inbound_at=shop.now)

    shop.now += timedelta(seconds=30)
    assert tick(shop) == 0, "not yet"
    shop.now += timedelta(seconds=31)
    assert [tick(shop) for _ in range(5)] == [1, 2, 2, 0, 0]
    assert len(heard(shop)) == 5


def test_what_only_doors_change_is_looked_through_seldom(shop: House) -> None:
    live(shop, "indians", country="IN")
    watch(shop, segment_entered="indians")
    make_contact(shop.rt.db, "919812345600")  # by a door that says nothing

    shop.now += timedelta(minutes=2)
    assert tick(shop) == 0
    shop.now += timedelta(minutes=9)
    assert tick(shop) == 1


def test_another_filter_moves_nobody(shop: House) -> None:
    live(shop, "locals", country="IN")
    watch(shop, segment_entered="locals")
    make_contact(shop.rt.db, CHEN)
    live(shop, "locals", country={"in": ["IN", "SG"]})
    tick(shop)
    shop.now += timedelta(minutes=11)
    tick(shop)
    assert heard(shop) == [], "the segment changed, and not the people"

    make_contact(shop.rt.db, "6591234568")
    shop.now += timedelta(minutes=11)
    tick(shop)
    assert len(heard(shop)) == 1


def test_rules_watch_what_they_name(shop: House) -> None:
    publish_(shop, RULES + """
  - rule: greets
    when: {event: segment_entered, event.properties.segment: vip}
    then: [increment: welcomes]
  - rule: any_change
    when: {event: attribute_changed}
    then: [add_to_segment: changed]
""")  # fmt: skip
    watching.refresh(shop.rt.db)
    assert {one["_id"] for one in watches.every(shop.rt.db)} == {"static:vip", "attribute:*"}

    shop.says(ASHA, "join")
    tick(shop)

    contact = shop.contact(ASHA)
    assert contact["attributes"]["welcomes"] == 1
    assert "changed" in contact["segments"]


def test_rules_that_bring_about_each_other_end(shop: House) -> None:
    publish_(shop, RULES + """
  - rule: again
    when: {event: attribute_changed, event.properties.attribute: visits}
    then: [increment: visits]
""")  # fmt: skip
    watching.refresh(shop.rt.db)
    before = metrics.CHANGES_CUT._value.get()

    shop.says(ASHA, "visit")
    for _ in range(12):
        tick(shop)

    assert shop.contact(ASHA)["attributes"]["visits"] == 1 + changes.MAX_DEPTH + 1
    assert metrics.CHANGES_CUT._value.get() == before + 1


def test_when_nobody_watches_any_more_it_ends(shop: House) -> None:
    watch(shop, segment_entered="vip")
    life.cancel(shop.rt.db, "watching", "t", shop.now)
    tick(shop)

    shop.says(ASHA, "join")

    assert watches.every(shop.rt.db) == []
    assert "news" not in shop.contact(ASHA)


def test_a_message_that_waits_is_taken_back_by_who_leaves(shop: House) -> None:
    document = {**TEXT, "campaign": "later", "trigger": {"event": "e"}, "delay": "1h"}
    document["cancel_if"] = {"segment_left": "vip"}
    service.define(shop.rt.db, "later", document, "t", shop.now)
    life.start(shop.rt.db, "later", "t", shop.now)
    shop.says(ASHA, "join")
    happens(shop, "1", "e")
    assert shop.rt.db.fires.count_documents({}) == 1

    shop.says(ASHA, "leave")
    tick(shop)

    assert shop.rt.db.fires.count_documents({}) == 0


def test_a_scan_for_what_is_to_be_told_uses_its_index(db: mongo.Db) -> None:
    make_contact(db)
    plan = db.contacts.find({"news.at": {"$gt": NOW}}).sort("news.at", 1).hint("news").explain()
    assert "IXSCAN" in str(plan["queryPlanner"]["winningPlan"])


def test_what_a_worker_counted_before_it_died_is_told(shop: House) -> None:
    watch(shop, "counting", attribute_changed="visits")
    shop.says(ASHA, "visit")
    shop.rt.db.contacts.update_one({"wa_id": ASHA}, {"$unset": {"news": ""}})
    shop.rt.db.events.update_many({}, {"$set": {"actions": []}})
    shop.rt.db.inbox.update_many({}, {"$set": {"state": "new"}, "$unset": {"done_at": ""}})
    shop.drain()
    tick(shop)

    assert shop.contact(ASHA)["attributes"] == {"visits": 1}
    [(_, told)] = heard(shop)
    assert (told["from"], told["to"]) == (0, 1)
