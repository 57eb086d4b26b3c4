"""Other systems describe segments, count them and name the members of static ones."""

from typing import Any

import pytest

from store import contacts, mongo
from tests.api.conftest import Caller
from tests.makers import ASHA, BILAL, make_contact

PUNE = {"kind": "live", "where": {"attributes.city": "Pune"}}


def answered(
    call: Caller, method: str, path: str, status: int = 200, **given: Any
) -> dict[str, Any]:
    answer = call(method, path, **given)
    assert answer.status_code == status, answer.text
    return dict(answer.json or {})


def test_a_live_segment_is_described_shown_and_counted(call: Caller, db: mongo.Db) -> None:
    make_contact(db, ASHA, attributes={"city": "Pune"})
    make_contact(db, BILAL)

    put = answered(call, "PUT", "/segments/pune", json=PUNE)
    got = answered(call, "GET", "/segments/pune")

    assert put == {**got, "warnings": put["warnings"]}
    assert (got["kind"], got["where"]) == ("live", {"attributes.city": "Pune"})
    assert got["words"] == "people whose city is Pune"
    assert answered(call, "GET", "/segments/pune/count")["count"] == 1


def test_every_segment_is_listed_described_or_not(call: Caller, db: mongo.Db) -> None:
    make_contact(db, ASHA, segments=["vip"])
    answered(call, "PUT", "/segments/pune", json=PUNE)
    answered(call, "PUT", "/segments/empty", json={"kind": "static"})

    listed = answered(call, "GET", "/segments")["segments"]

    assert [(one["segment"], one["kind"]) for one in listed] == [
        ("empty", "static"),
        ("pune", "live"),
        ("vip", "static"),
    ]
    assert answered(call, "GET", "/segments/vip")["words"] == "people who are in vip"
    assert answered(call, "GET", "/segments/empty/count")["count"] == 0


def test_the_faults_of_a_filter_are_told_by_their_paths(call: Caller) -> None:
    where = {"any": [{"attributes.n": {"gtt": 1}}]}

    problem = answered(call, "PUT", "/segments/x", 422, json={"kind": "live", "where": where})

    assert problem["errors"] == [
        {
            "path": "where.any.0.attributes.n.gtt",
            "message": "'gtt' is no operator of 'attributes.n'; did you mean 'gt'?",
        }
    ]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"kind": "live"}, "A live segment needs its filter, `where`."),
        ({"kind": "static", "where": {"country": "IN"}}, "A static segment names its members"),
        ({"kind": "live", "where": {"segments": "vip"}}, "go round in a circle: vip → vip"),
    ],
)
def test_what_cannot_be_is_409(call: Caller, body: dict[str, Any], sentence: str) -> None:
    assert sentence in answered(call, "PUT", "/segments/vip", 409, json=body)["detail"]


def test_members_come_and_go(call: Caller, db: mongo.Db) -> None:
    asha = make_contact(db, ASHA)
    body = {"phones": ["098123 45670", "+14155550199"]}

    came = answered(call, "POST", "/segments/vip/members", json=body)
    again = answered(call, "POST", "/segments/vip/members", json=body)

    assert came == {"changed": 1, "unknown": ["+14155550199"]}
    assert again["changed"] == 0
    assert contacts.by_ids(db, [asha["_id"]])[asha["_id"]]["segments"] == ["vip"]
    assert answered(call, "DELETE", "/segments/vip/members", json=body)["changed"] == 1
    assert contacts.by_ids(db, [asha["_id"]])[asha["_id"]]["segments"] == []


def test_a_live_segment_takes_no_members(call: Caller) -> None:
    answered(call, "PUT", "/segments/pune", json=PUNE)

    told = answered(call, "POST", "/segments/pune/members", 409, json={"phones": [ASHA]})

    assert "follows from its filter" in told["detail"]


def test_what_is_no_phone_is_told_by_its_place(call: Caller) -> None:
    told = answered(call, "POST", "/segments/vip/members", 422, json={"phones": [ASHA, "abc"]})

    assert told["errors"][0]["path"] == "phones.1"


@pytest.mark.parametrize("path", ["/segments/none", "/segments/none/count"])
def test_a_segment_that_nobody_knows_is_404(call: Caller, path: str) -> None:
    answered(call, "GET", path, 404)


def test_a_name_that_no_rule_could_write_is_400(call: Caller) -> None:
    answered(call, "PUT", "/segments/a%20b", 400, json={"kind": "static"})


def test_a_segment_that_nothing_needs_is_deleted_with_its_members(
    call: Caller, db: mongo.Db
) -> None:
    make_contact(db, ASHA, segments=["vip", "pune"])

    answered(call, "DELETE", "/segments/vip", 204)

    person = contacts.by_identities(db, [ASHA], [])[0]
    assert person["segments"] == ["pune"]
    answered(call, "GET", "/segments/vip", 404)
    answered(call, "DELETE", "/segments/vip", 404)


def test_a_segment_that_is_needed_stays(call: Caller) -> None:
    answered(call, "PUT", "/segments/pune", json=PUNE)
    asks = {"kind": "live", "where": {"segments": {"has": "pune"}}}
    answered(call, "PUT", "/segments/best", json=asks)

    refused = answered(call, "DELETE", "/segments/pune", 409)

    assert refused["detail"] == "It is named by segment best."
    answered(call, "DELETE", "/segments/best", 204)
    answered(call, "DELETE", "/segments/pune", 204)


def test_a_filter_that_names_what_nobody_has_says_so(call: Caller) -> None:
    put = answered(call, "PUT", "/segments/pune", json=PUNE)

    assert put["warnings"] == ["nobody has an attribute 'city'"]
