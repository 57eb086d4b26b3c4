"""A marketer builds a live segment out of conditions, and sees how many fit meanwhile."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from admin.filter_fields import at_fields, values, where
from contacts import segments
from contacts.filters.read import Problem, read
from store import mongo
from tests.admin.conftest import post
from tests.admin.test_inbox import shown
from tests.makers import ASHA, BILAL, make_contact

NEW = "/new-segment"
PUNE = {
    "name": "pune_regulars", "what.0": "attributes.city", "how.0": "in", "value.0": "Pune, Mumbai",
    "what.1": "attributes.orders", "how.1": "gte", "value.1": "2",
}  # fmt: skip


@pytest.mark.parametrize(
    "written",
    [
        {"attributes.city": {"in": ["Pune", "Mumbai"]}, "attributes.orders": {"gte": 2}},
        {"attributes.orders": {"gte": 2, "lt": 9.5}, "country": "IN", "window": "open"},
        {"attributes.newsletter": True, "attributes.city": {"exists": False}},
        {"attributes.code": "12", "attributes.note": "a, b", "attributes.tag": {"in": ["a, b"]}},
        {"any": [{"country": "IN"}, {"segments": {"has": "vip"}}], "last_seen": {"within": "30d"}},
        {"campaign.price_list": {"delivered": {"within": "7d"}, "lacks": "clicked"}},
        {f"attributes.a{number}": number for number in range(9)},
    ],
)
def test_what_a_form_shows_is_read_again_as_the_same(written: dict[str, Any]) -> None:
    read(written)

    assert where(values(written)) == (written, [])


def test_a_problem_stands_at_the_row_that_asks() -> None:
    given = {"what.0": "attributes.a", "what.1": "attributes.a.b", "what.3": "attributes.b"}
    problems = [Problem("attributes.b.within", "no"), Problem("any.0", "never")]

    assert at_fields(problems, given) == {"value.3": ["no"], "more": ["never"]}


def test_a_segment_is_built_counted_and_kept(asha: FlaskClient, db: mongo.Db) -> None:
    make_contact(db, ASHA, attributes={"city": "Pune", "orders": 3})
    make_contact(db, BILAL, attributes={"city": "Pune", "orders": 1})

    counted = post(asha, "/sketch-segment", see=NEW, **PUNE).text
    assert "<b>1 person</b>" in counted
    assert "people whose city is Pune or Mumbai" in counted
    assert segments.every(db) == []
    assert post(asha, NEW, **PUNE).location == "/segments/pune_regulars"

    found = segments.find(db, "pune_regulars")
    assert found is not None
    assert found.where == {
        "attributes.city": {"in": ["Pune", "Mumbai"]}, "attributes.orders": {"gte": 2},
    }  # fmt: skip
    assert shown(asha.get("/segments/pune_regulars").text, "count") == "1"


def test_what_is_wrong_stands_at_its_row_and_nothing_is_kept(
    asha: FlaskClient, db: mongo.Db
) -> None:
    wrong = {**PUNE, "name": "", "value.1": "many", "more": "country: [IN"}

    answer = post(asha, NEW, **wrong)

    assert answer.status_code == 422
    for field in ("name", "value.1", "more"):
        assert shown(answer.text, f"error-{field}")
    assert segments.every(db) == []
    assert "not right yet" in post(asha, "/sketch-segment", see=NEW, **wrong).text
    assert "at least one" in post(asha, "/sketch-segment", see=NEW).text
    twice = post(asha, NEW, **{**PUNE, "more": "attributes.city: Pune"})
    assert "asked above already" in shown(twice.text, "error-more")


def test_a_name_that_is_taken_is_not_overwritten(asha: FlaskClient, db: mongo.Db) -> None:
    make_contact(db, ASHA, segments=["pune_regulars"])

    assert "already" in shown(post(asha, NEW, **PUNE).text, "error-name")


def test_a_live_segment_is_changed_and_never_asks_for_itself(
    asha: FlaskClient, db: mongo.Db
) -> None:
    post(asha, NEW, **PUNE)
    page = "/segments/pune_regulars/edit"
    assert 'value="Pune, Mumbai"' in asha.get(page).text
    itself = {"what.0": "segments", "how.0": "has", "value.0": "pune_regulars"}
    assert shown(post(asha, page, **itself).text, "error-more")

    assert post(asha, page, **{"what.0": "country", "value.0": "IN"}).status_code == 302

    found = segments.find(db, "pune_regulars")
    assert found is not None
    assert found.where == {"country": "IN"}
    make_contact(db, ASHA, segments=["static"])
    assert asha.get("/segments/static/edit").status_code == 404
