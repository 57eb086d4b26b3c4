"""What MongoDB finds is what `holds` says of each contact; and an index serves what is affirmed."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.filters.query import compile_filter
from contacts.filters.read import read
from contacts.filters.tree import (
    All,
    AttributeIs,
    AttributeOrder,
    AttributeWithin,
    Did,
    Either,
    FieldIs,
    HasAttribute,
    HasField,
    Member,
    Node,
    Not,
    Seen,
    WindowOpen,
    holds,
)
from contacts.identity import Identity
from contacts.touch import new_contact
from store import mongo
from store.documents.contact import Contact, OptIn
from tests.clock import NOW

DAY_S = 86_400
names = st.sampled_from(["city", "orders", "%", "0", "vip"])
texts = st.sampled_from(["Pune", "pune", "", "2026-11-20", "2026-11-24T06:30:00Z", "é", "नमस्ते"])
numbers = st.sampled_from([0, 1, 2, 1.0, 1.5, -3, 2**62, 2.0**62])
scalars = st.one_of(texts, numbers, st.booleans())
spans = st.sampled_from([1, 3600, DAY_S, 4 * DAY_S, 30 * DAY_S])
ago = st.sampled_from([0, 1, 3600, 86_399, DAY_S, DAY_S + 1, 5 * DAY_S, 31 * DAY_S])
segments = st.sampled_from(["vip", "pune", "staff"])
campaigns = st.sampled_from(["diwali", "price_list"])
whats = st.sampled_from(["delivered", "read", "replied", "clicked", "failed"])
consents: st.SearchStrategy[OptIn] = st.sampled_from(list(OptIn))
maybe_span = st.one_of(st.none(), spans)

leaf: st.SearchStrategy[Node] = st.one_of(
    st.builds(AttributeIs, names, st.lists(scalars, min_size=1, max_size=3).map(tuple)),
    st.builds(
        AttributeOrder,
        names,
        st.sampled_from(["gt", "gte", "lt", "lte"]),
        st.one_of(numbers, st.sampled_from(["2026-11-20", "2026-11-24T06:30:00Z"])),
    ),
    st.builds(AttributeWithin, names, spans),
    st.builds(HasAttribute, names),
    st.builds(FieldIs, st.just("language"), st.sampled_from([("hi",), ("mr", "pt_BR")])),
    st.builds(FieldIs, st.just("country"), st.sampled_from([("IN",), ("SG", "US")])),
    st.builds(FieldIs, st.just("consent"), st.sampled_from([("yes",), ("no", "unknown")])),
    st.builds(HasField, st.sampled_from(["language", "country"])),
    st.builds(Member, segments),
    st.just(WindowOpen()),
    st.builds(Seen, maybe_span),
    st.builds(Did, campaigns, whats, maybe_span),
)


def _groups(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=1, max_size=3).map(tuple)
    return st.one_of(st.builds(All, several), st.builds(Either, several), st.builds(Not, parts))


trees = st.recursive(leaf, _groups, max_leaves=8)
moments = st.one_of(st.none(), ago.map(lambda s: NOW - timedelta(seconds=s)))


@st.composite
def people(draw: st.DrawFn) -> list[Contact]:
    return [_contact(draw, place) for place in range(draw(st.integers(1, 6)))]


def _contact(draw: st.DrawFn, place: int) -> Contact:
    contact = new_contact(Identity(f"9198123456{place:02}"), None, "test", NOW)
    values = st.one_of(scalars, st.lists(scalars, max_size=3))
    contact["attributes"] = draw(st.dictionaries(names, values, max_size=3))
    contact["segments"] = draw(st.lists(segments, unique=True))
    contact["language"] = draw(st.sampled_from([None, "hi", "mr"]))
    contact["country"] = draw(st.sampled_from([None, "IN", "US"]))
    state: OptIn = draw(consents)
    contact["consent"] = {"state": state, "source": "test", "at": NOW}
    contact["last_inbound_at"] = draw(moments)
    contact["window_until"] = draw(moments) or NOW + timedelta(hours=1)
    remembered = draw(st.lists(st.tuples(campaigns, whats, ago), max_size=4))
    if remembered:
        contact["had"] = sorted({campaign for campaign, _, _ in remembered})
        contact["did"] = {campaign: {} for campaign in contact["had"]}
        for campaign, what, seconds in remembered:
            contact["did"][campaign][what] = NOW - timedelta(seconds=seconds)
    return contact


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(everybody=people(), tree=trees)
def test_mongodb_finds_whom_the_filter_holds_of(
    db: mongo.Db, everybody: list[Contact], tree: Node
) -> None:
    db.contacts.delete_many({})
    mongo.contacts(db).insert_many(everybody)

    found = {one["_id"] for one in db.contacts.find(compile_filter(tree, NOW), {"_id": 1})}

    assert found == {one["_id"] for one in everybody if holds(tree, one, NOW)}


@pytest.mark.parametrize(
    ("written", "index"),
    [
        ({"attributes.city": {"in": ["Pune", "Mumbai"]}, "language": "hi"}, "attributes"),
        ({"attributes.born": {"within": "30d"}}, "attributes"),
        ({"attributes.city": {"exists": True}}, "attributes"),
        ({"language": "hi"}, "attributes"),
        ({"country": {"in": ["IN", "SG"]}}, "attributes"),
        ({"consent": "no", "language": "hi"}, "attributes"),
        ({"segments": "vip"}, "segments_1__id_1"),
        ({"segments": {"in": ["vip", "pune"]}}, "segments_1__id_1"),
        ({"window": "open"}, "window_until_1"),
        ({"last_seen": "30d"}, "last_inbound_at_1"),
        ({"last_seen": {"exists": True}}, "last_inbound_at_1"),
        ({"campaign.diwali": "read"}, "had"),
        ({"campaign.diwali": {"read": {"within": "30d"}}}, "had"),
        ({"any": [{"segments": "vip"}, {"campaign.diwali": "read"}]}, "had"),
        ({"attributes.city": "Pune", "segments": {"not_in": ["staff", "vip"]}}, "attributes"),
    ],
)  # fmt: skip
def test_an_index_serves_what_is_affirmed(
    db: mongo.Db, written: dict[str, Any], index: str
) -> None:
    plan = _plan(db, written)

    assert f"'indexName': '{index}'" in plan
    assert "COLLSCAN" not in plan


@pytest.mark.parametrize(
    "written",
    [{"segments": {"lacks": "vip"}}, {"attributes.city": {"ne": "Pune"}}, {"window": "closed"}],
)
def test_what_is_only_denied_is_one_pass_over_all_and_no_detour(
    db: mongo.Db, written: dict[str, Any]
) -> None:
    assert "IXSCAN" not in _plan(db, written)


def _plan(db: mongo.Db, written: dict[str, Any]) -> str:
    found = db.contacts.find(compile_filter(read(written).tree, NOW)).explain()
    return str(found["queryPlanner"]["winningPlan"])
