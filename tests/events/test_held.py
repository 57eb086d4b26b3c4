"""What rules may not do to contacts is an error of that action; the others are done."""

from contacts import attributes, segments
from contacts.filters.read import read
from store.documents.attribute import AttributeKind
from store.documents.segment import SegmentKind
from tests.clock import NOW
from tests.events.conftest import ASHA, House


def test_a_rule_keeps_the_kinds_of_attributes(house: House) -> None:
    attributes.define(house.rt.db, "last_asked", AttributeKind.NUMBER, "api", NOW)

    house.says(ASHA, "price")

    [event] = [row for row in house.rt.db.events.find() if row["actions"]]
    outcomes = {next(iter(one["action"])): one for one in event["actions"]}
    assert outcomes["set_attributes"]["outcome"] == "again"
    assert "last_asked: must be a number" in outcomes["set_attributes"]["detail"]
    assert outcomes["add_to_segment"]["outcome"] == "done"


def test_a_rule_puts_nobody_into_a_live_segment(house: House) -> None:
    segments.describe(house.rt.db, "asked", SegmentKind.LIVE, read({"country": "IN"}), NOW)

    house.says(ASHA, "price")

    [event] = [row for row in house.rt.db.events.find() if row["actions"]]
    outcomes = {next(iter(one["action"])): one for one in event["actions"]}
    assert outcomes["add_to_segment"]["outcome"] == "again"
    assert "asked is a live segment" in outcomes["add_to_segment"]["detail"]
    assert outcomes["set_attributes"]["outcome"] == "done"
