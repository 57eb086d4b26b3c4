"""What actions change is seen by the next one at once, and stands in MongoDB just so."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deliveries.outbox import Order
from events.effects import Effects
from store import mongo
from store.documents.delivery import Purpose
from tests.clock import NOW
from tests.makers import make_contact

NAMES = st.sampled_from(["a", "b", "c.d"])
SEGMENTS = st.sampled_from(["vip", "pune"])
CHANGES = st.one_of(
    st.builds(
        lambda name, value: {"$set": {f"attributes.{name}": value}}, NAMES, st.integers(0, 3)
    ),
    st.builds(lambda name: {"$unset": {f"attributes.{name}": ""}}, NAMES),
    st.builds(lambda name: {"$addToSet": {"segments": name}}, SEGMENTS),
    st.builds(lambda name: {"$pull": {"segments": name}}, SEGMENTS),
    st.just({"$max": {"updated_at": NOW}}),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=st.lists(CHANGES, max_size=8))
def test_a_contact_stands_in_memory_as_mongodb_has_it(
    db: mongo.Db, changes: list[dict[str, Any]]
) -> None:
    db.contacts.delete_many({})
    contact = make_contact(db)
    effects = Effects(db)

    for change in changes:
        contact = effects.change(contact, change)
    effects.settle(NOW)

    assert contact == db.contacts.find_one({"_id": contact["_id"]})


def test_an_order_is_owed_once_however_often_it_is_settled(db: mongo.Db) -> None:
    asha = make_contact(db)
    order = Order("event:1:rule:r", asha["_id"], Purpose.REPLY, "service", {"type": "text"}, NOW)
    effects = Effects(db)

    for _ in range(2):
        effects.owe(order)
        assert effects.owes(asha["_id"])
        effects.settle(NOW)

    assert not effects.owes(asha["_id"])
    assert db.deliveries.count_documents({"cause": "event:1:rule:r"}) == 1


def test_what_it_cannot_follow_is_refused_before_it_is_written(db: mongo.Db) -> None:
    contact = make_contact(db)

    with pytest.raises(KeyError):
        Effects(db).change(contact, {"$rename": {"name": "nom"}})
