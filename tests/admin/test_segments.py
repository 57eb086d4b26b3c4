"""A marketer sees whom each segment means, how many they are, and some of them."""

import pytest
from flask.testing import FlaskClient

from admin import segments as pages
from contacts import segments
from contacts.filters.read import read
from store import mongo
from store import segments as stored
from store.documents.segment import SegmentKind
from tests.clock import NOW
from tests.makers import ASHA, BILAL, make_contact


def test_without_segments_the_list_says_how_to_make_one(asha: FlaskClient) -> None:
    assert "segments apply" in asha.get("/segments").text


def test_each_segment_is_listed_with_its_sentence_and_count(
    asha: FlaskClient, db: mongo.Db
) -> None:
    make_contact(db, ASHA, attributes={"city": "Pune"}, segments=["vip"])
    make_contact(db, BILAL, segments=["vip"])
    segments.describe(db, "pune", SegmentKind.LIVE, read({"attributes.city": "Pune"}), NOW)

    text = asha.get("/segments").text

    pune, vip = text.split('data-testid="segment-')[1:]
    assert "people whose city is Pune" in pune
    assert 'data-testid="count">1<' in pune
    assert 'data-testid="count">2<' in vip


def test_a_long_list_does_not_wait_for_every_count(
    asha: FlaskClient, db: mongo.Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_COUNT_FOR_S", 0.0)
    make_contact(db, ASHA, segments=["vip"])

    assert "open to count" in asha.get("/segments").text


def test_a_segment_shows_its_filter_and_some_people(asha: FlaskClient, db: mongo.Db) -> None:
    person = make_contact(db, ASHA, attributes={"city": "Pune"}, name="Asha")
    segments.describe(db, "pune", SegmentKind.LIVE, read({"attributes.city": "Pune"}), NOW)

    text = asha.get("/segments/pune").text

    assert 'data-testid="words">people whose city is Pune<' in text
    assert f"/contacts/{person['_id']}" in text
    assert "city Pune" in text


def test_a_segment_that_cannot_be_asked_says_so(asha: FlaskClient, db: mongo.Db) -> None:
    stored.put(db, "bad", SegmentKind.LIVE, {"moon": "full"}, NOW)

    assert "cannot be counted" in asha.get("/segments/bad").text
    assert "nobody: moon" in asha.get("/segments").text


def test_a_segment_that_nobody_knows_is_not_there(asha: FlaskClient) -> None:
    assert asha.get("/segments/none").status_code == 404
