"""What the database knows by name, for the check of rule files."""

from campaigns import service
from rules import inventory, publish
from rules.known import Known
from store import attributes, mongo, segments
from store.documents.attribute import AttributeKind
from store.documents.segment import SegmentKind
from tests.clock import NOW
from tests.events.conftest import PRICE_LIST
from tests.makers import make_contact


def test_names_and_kinds_are_those_in_use(db: mongo.Db) -> None:
    attributes.define(db, "city", AttributeKind.TEXT, "import", NOW)
    attributes.define(db, "orders", AttributeKind.NUMBER, "import", NOW)
    attributes.define(db, "vip", AttributeKind.BOOLEAN, "import", NOW)
    make_contact(db, segments=["vip"])
    segments.put(db, "recent", SegmentKind.LIVE, {"attributes.orders": {"gte": 1}}, NOW)

    known = inventory.added(Known(), db)
    assert known.segments == frozenset({"vip", "recent"})
    assert known.attributes == {
        "city": frozenset({"text"}),
        "orders": frozenset({"number"}),
        "vip": frozenset({"truth"}),
    }
    assert known.live == frozenset({"recent"})
    assert known.campaigns == frozenset()


def test_a_begun_campaigns_intent_is_missed_when_it_goes(db: mongo.Db) -> None:
    document = {**PRICE_LIST, "category": "utility", "trigger": {"intent": "price"}}
    service.define(db, "price_list", document, "test", NOW)
    assert inventory.added(Known(), db).triggers == {}

    db.campaigns.update_one({}, {"$set": {"state": "active"}})
    assert inventory.added(Known(), db).triggers == {"price": frozenset({"price_list"})}
    (told,) = publish.problems(db, {"i.yaml": "intents: {other: {words: [x]}}"})
    assert told.warning
    assert "waits for an intent 'price'" in told.message
