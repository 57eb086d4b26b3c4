"""A filter is read whole, or refused with every fault, its path and a sentence."""

from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from contacts.filters.read import InvalidFilterError, Where, read
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
)

MONTH_S = 30 * 86_400
CASES: list[tuple[dict[str, Any], Node]] = [
    ({"attributes.city": "Pune"}, AttributeIs("city", ("Pune",))),
    ({"attributes.city": {"in": ["Pune", "Nashik"]}}, AttributeIs("city", ("Pune", "Nashik"))),
    ({"attributes.city": {"ne": "Pune"}}, Not(AttributeIs("city", ("Pune",)))),
    ({"attributes.city": {"not_in": ["Pune"]}}, Not(AttributeIs("city", ("Pune",)))),
    ({"attributes.likes": {"has": "tea"}}, AttributeIs("likes", ("tea",))),
    ({"attributes.likes": {"lacks": "tea"}}, Not(AttributeIs("likes", ("tea",)))),
    ({"attributes.orders": {"gte": 2}}, AttributeOrder("orders", "gte", 2)),
    ({"attributes.born": {"lt": date(1990, 1, 31)}}, AttributeOrder("born", "lt", "1990-01-31")),
    (
        {"attributes.seen": {"gt": "2026-01-31T23:30+05:30"}},
        AttributeOrder("seen", "gt", "2026-01-31T18:00:00Z"),
    ),
    ({"attributes.seen": {"within": "30d"}}, AttributeWithin("seen", MONTH_S)),
    ({"attributes.city": {"exists": False}}, Not(HasAttribute("city"))),
    ({"segments": "vip"}, Member("vip")),
    ({"segments": {"has": "vip"}}, Member("vip")),
    ({"segments": {"lacks": "vip"}}, Not(Member("vip"))),
    ({"segments": {"in": ["vip", "pune"]}}, Either((Member("vip"), Member("pune")))),
    ({"segments": {"not_in": ["vip", "pune"]}}, Not(Either((Member("vip"), Member("pune"))))),
    ({"language": "PT-br"}, FieldIs("language", ("pt_BR",))),
    ({"language": {"exists": True}}, HasField("language")),
    ({"country": {"in": ["in", "SG"]}}, FieldIs("country", ("IN", "SG"))),
    ({"country": False}, FieldIs("country", ("NO",))),
    ({"consent": True}, FieldIs("consent", ("yes",))),
    ({"consent": {"ne": "no"}}, Not(FieldIs("consent", ("no",)))),
    ({"window": "open"}, WindowOpen()),
    ({"window": "closed"}, Not(WindowOpen())),
    ({"window": {"ne": "open"}}, Not(WindowOpen())),
    ({"last_seen": "30d"}, Seen(MONTH_S)),
    ({"last_seen": {"within": "30 days"}}, Seen(MONTH_S)),
    ({"last_seen": {"exists": False}}, Not(Seen(None))),
    ({"campaign.diwali": "got"}, Did("diwali", "delivered", None)),
    ({"campaign.diwali": {"has": "read", "within": "30d"}}, Did("diwali", "read", MONTH_S)),
    ({"campaign.diwali": {"lacks": "read"}}, Not(Did("diwali", "read", None))),
    ({"campaign.diwali": {"clicked": {"within": "30d"}}}, Did("diwali", "clicked", MONTH_S)),
    (
        {"country": "IN", "not": {"any": [{"window": "open"}, {"segments": "vip"}]}},
        All((FieldIs("country", ("IN",)), Not(Either((WindowOpen(), Member("vip")))))),
    ),
    (
        {"attributes.orders": {"gte": 2, "lt": 9}},
        All((AttributeOrder("orders", "gte", 2), AttributeOrder("orders", "lt", 9))),
    ),
]


@pytest.mark.parametrize(("written", "tree"), CASES, ids=[str(written) for written, _ in CASES])
def test_every_form_is_read(written: dict[str, Any], tree: Node) -> None:
    found = read(written).tree

    assert found == tree


def test_several_operators_of_one_question_must_all_hold() -> None:
    assert read({"any": [{"attributes.n": {"gt": 1, "lt": 3}}, {"country": "IN"}]}).tree == Either(
        (
            All((AttributeOrder("n", "gt", 1), AttributeOrder("n", "lt", 3))),
            FieldIs("country", ("IN",)),
        )
    )


@pytest.mark.parametrize(
    ("written", "path", "sentence"),
    [
        ({}, "where", "asks nothing"),
        ("vip", "where", "expected questions such as `country: IN`, got 'vip'"),
        ({"segmants": "vip"}, "segmants", "did you mean 'segments'?"),
        ({"contact.segments": "vip"}, "contact.segments", "did you mean 'segments'?"),
        ({"atributes.city": "Pune"}, "atributes.city", "did you mean 'attributes.…'?"),
        ({"attributes.a b": 1}, "attributes.a b", "no attribute name"),
        ({"attributes.n": {"gtt": 1}}, "attributes.n.gtt", "did you mean 'gt'?"),
        ({"attributes.n": {"gt": "many"}}, "attributes.n.gt", "a date such as 2026-01-31"),
        ({"attributes.n": {"gt": None}}, "attributes.n", "`gt` has no value"),
        ({"attributes.n": 2**63}, "attributes.n.eq", "MongoDB cannot hold"),
        ({"attributes.n": ["a"]}, "attributes.n", "compared with `in: […]`"),
        ({"attributes.n": {"in": []}}, "attributes.n.in", "is empty"),
        ({"attributes.n": {"within": "soon"}}, "attributes.n.within", "duration"),
        ({"segments": "a b"}, "segments.has", "is no name"),
        ({"country": "India"}, "country.eq", "two letters"),
        ({"language": "klingon!"}, "language.eq", "not a language tag"),
        ({"consent": "maybe"}, "consent.eq", "yes, no or unknown"),
        ({"window": "ajar"}, "window.eq", "open or closed"),
        ({"campaign.diwali": "seen"}, "campaign.diwali.has", "expected one of delivered"),
        ({"campaign.diwali": {"within": "1d"}}, "campaign.diwali", "needs `has` or `lacks`"),
        ({"campaign.diwali": {"read": "3d"}}, "campaign.diwali.read", "{within: 30d}"),
        ({"campaign.a:b": "read"}, "campaign.a:b", "is no name"),
        ({"any": {}}, "any", "expected a list of questions"),
        ({"any": [{"country": "IN"}, {"x": 1}]}, "any.1.x", "is nothing to ask about"),
        ({"not": {"not": {}}}, "not.not", "asks nothing"),
    ],
)
def test_what_does_not_fit_is_told_with_its_path(written: Any, path: str, sentence: str) -> None:
    with pytest.raises(InvalidFilterError) as told:
        read(written)

    [problem] = told.value.problems
    assert problem.path == path
    assert sentence in problem.message


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(InvalidFilterError) as told:
        read({"x": 1, "any": [{"y": 2}, {"window": "ajar"}]})

    assert [one.path for one in told.value.problems] == ["x", "any.0.y", "any.1.window.eq"]


def test_a_filter_is_bounded() -> None:
    deep: dict[str, Any] = {"country": "IN"}
    for _ in range(50):
        deep = {"not": deep}
    with pytest.raises(InvalidFilterError, match="nested more than"):
        read(deep)
    with pytest.raises(InvalidFilterError, match="more than 200 questions"):
        read({"any": [{"country": "IN"}] * 201})


def test_dates_of_yaml_are_kept_as_the_texts_that_were_written() -> None:
    written = read({"attributes.born": {"in": [date(1990, 1, 31)]}}).written

    assert written == {"attributes.born": {"in": ["1990-01-31"]}}


class Document(BaseModel):
    where: Where


def test_a_document_tells_a_filters_faults_at_their_own_paths() -> None:
    with pytest.raises(ValidationError) as told:
        Document.model_validate({"where": {"any": [{"{x}": 1}]}})

    [fault] = told.value.errors()
    assert fault["loc"] == ("where", "any", 0, "{x}")
    assert "is nothing to ask about" in fault["msg"]


def test_a_document_gives_a_filter_back_as_it_was_written() -> None:
    document = Document.model_validate({"where": {"country": "IN"}})

    assert document.model_dump(mode="json") == {"where": {"country": "IN"}}
