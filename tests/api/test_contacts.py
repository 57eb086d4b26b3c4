"""Other systems import, read, change and erase contacts."""

import json
from typing import Any

import pytest

from contacts.identity import Identity, timezone_of
from contacts.touch import new_contact
from store import contacts, mongo, watches
from store.documents.watch import WatchKind
from tests.api.conftest import Caller
from tests.clock import NOW

ASHA, BSUID = "919812345670", "IN.1349120865530274"


@pytest.fixture
def asha(db: mongo.Db) -> None:
    contact = new_contact(Identity(ASHA, BSUID), "Asha", "message", NOW)
    contact["attributes"] = {"city": "Pune", "orders": 3}
    contact["segments"] = ["vip"]
    contacts.insert(db, contact)


def changed(call: Caller, patch: dict[str, Any]) -> dict[str, Any]:
    answer = call("PATCH", f"/contacts/{ASHA}", json=patch)
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    return dict(answer.json)


def test_an_import_answers_what_came_of_each_row(call: Caller) -> None:
    text = "phone,name,opted_in\n+919812345670,Asha,yes\n12,x,\n+919812345670,Twice,\n"

    answer = call("POST", "/contacts/import", data=text, content_type="text/csv; charset=utf-8")

    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json == {
        "id": answer.json["id"],
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "opt_outs_kept": 0,
        "rejected": [
            {
                "line": 3,
                "reason": "phone: not a valid phone number; write it with + and the country code",
            },
            {"line": 4, "reason": "phone: the same number stands on line 2, which was taken"},
        ],
        "rejected_total": 2,
    }


def test_ndjson_is_imported_as_it_streams_in(call: Caller) -> None:
    def body() -> Any:
        for n in range(2_500):
            yield json.dumps({"phone": f"+9198{n:08}"}).encode() + b"\n"

    answer = call(
        "POST",
        "/contacts/import",
        content_type="application/x-ndjson",
        environ_overrides={"wsgi.input": _Stream(body()), "wsgi.input_terminated": True},
    )

    assert answer.json is not None
    assert (answer.json["created"], answer.json["rejected"]) == (2_500, [])


class _Stream:
    """A body that arrives in pieces and whose length nobody knows."""

    def __init__(self, pieces: Any) -> None:
        self._pieces = pieces
        self._held = b""

    def read(self, size: int = -1) -> bytes:
        while (size < 0 or len(self._held) < size) and (piece := next(self._pieces, b"")):
            self._held += piece
        given, self._held = self._held[:size], self._held[size:]
        return given

    def close(self) -> None:
        self._pieces.close()


def test_a_file_without_the_right_header_is_400(call: Caller) -> None:
    answer = call("POST", "/contacts/import", data="telephone\n1\n", content_type="text/csv")

    assert answer.status_code == 400
    assert answer.json is not None
    assert "'telephone'" in answer.json["detail"]


@pytest.mark.parametrize(
    "phone",
    ["+919812345670", "919812345670", "%2B919812345670", "98123%2045670", "098123-45670", BSUID],
)
def test_a_contact_is_found_however_the_number_is_written(
    call: Caller, asha: None, phone: str
) -> None:
    answer = call("GET", f"/contacts/{phone}")

    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["phone"] == "+919812345670"


def test_a_contact_is_answered_whole(call: Caller, asha: None) -> None:
    call("PUT", f"/suppressions/{ASHA}", json={"scope": "marketing", "reason": "asked by phone"})

    contact = call("GET", f"/contacts/{ASHA}").json

    assert contact is not None
    suppression = contact.pop("suppression")
    assert (suppression["scope"], suppression["reason"]) == ("marketing", "asked by phone")
    assert contact == {
        "id": contact["id"],
        "phone": "+919812345670",
        "bsuid": BSUID,
        "name": "Asha",
        "username": None,
        "language": "hi",
        "country": "IN",
        "timezone": timezone_of(ASHA),
        "attributes": {"city": "Pune", "orders": 3},
        "segments": ["vip"],
        "consent": {
            "state": "unknown", "source": "message", "at": "2026-11-24T06:30:00Z",
            "evidence": None,
        },
        "window_until": None,
        "last_inbound_at": None,
        "created_at": "2026-11-24T06:30:00Z",
        "updated_at": "2026-11-24T06:30:00Z",
    }  # fmt: skip


def test_a_patch_changes_what_it_gives_and_no_more(call: Caller, asha: None) -> None:
    contact = changed(
        call,
        {
            "name": "Asha Rao",
            "language": "pt-br",
            "timezone": None,
            "segments": ["staff", "pune"],
            "attributes": {"orders": 4, "vip": True, "city": None},
        },
    )

    assert contact["name"] == "Asha Rao"
    assert contact["language"] == "pt_BR"
    assert contact["timezone"] is None
    assert contact["segments"] == ["staff", "pune"]
    assert contact["attributes"] == {"orders": 4, "vip": True}
    assert contact["consent"]["state"] == "unknown"


@pytest.mark.parametrize(("said", "state"), [(True, "yes"), (False, "no"), (None, "unknown")])
def test_a_patch_may_say_what_the_person_said(
    call: Caller, asha: None, said: bool | None, state: str
) -> None:
    consent = changed(call, {"opted_in": said})["consent"]

    assert (consent["state"], consent["source"]) == (state, "api")


def test_a_patch_of_nothing_changes_nothing(call: Caller, asha: None, db: mongo.Db) -> None:
    before = list(db.contacts.find())

    changed(call, {})

    assert list(db.contacts.find()) == before


@pytest.mark.parametrize(
    ("patch", "path"),
    [
        ({"nmae": "x"}, "nmae"),
        ({"name": 5}, "name"),
        ({"language": "klingonese"}, "language"),
        ({"timezone": "Mars"}, "timezone"),
        ({"segments": ["a b"]}, "segments.0"),
        ({"segments": "vip"}, "segments"),
        ({"opted_in": "yes"}, "opted_in"),
        ({"attributes": {"a": [1]}}, "attributes.a"),
        ({"attributes": {"$a": 1}}, "attributes.$a.[key]"),
        ({"wa_id": "1"}, "wa_id"),
    ],
)
def test_a_patch_that_does_not_fit_is_refused(
    call: Caller, asha: None, db: mongo.Db, patch: dict[str, Any], path: str
) -> None:
    before = list(db.contacts.find())

    answer = call("PATCH", f"/contacts/{ASHA}", json=patch)

    assert answer.status_code == 422
    assert answer.json is not None
    assert [one["path"] for one in answer.json["errors"]] == [path]
    assert list(db.contacts.find()) == before


def test_a_person_is_erased_once(call: Caller, asha: None, db: mongo.Db) -> None:
    assert call("DELETE", f"/contacts/{ASHA}").status_code == 204
    assert db.contacts.count_documents({}) == 0
    assert call("DELETE", f"/contacts/{ASHA}").status_code == 404


def test_the_history_tells_what_happened(call: Caller, asha: None) -> None:
    call("PUT", f"/suppressions/{ASHA}", json={"scope": "all"})

    answer = call("GET", f"/contacts/{ASHA}/history?limit=5").json

    assert answer is not None
    assert [(row["kind"], row["source"]) for row in answer["history"]] == [("suppression", "api")]
    assert call("GET", f"/contacts/{ASHA}/history?limit=0").status_code == 400


def test_a_patch_keeps_the_kinds_of_attributes(call: Caller, asha: None) -> None:
    changed(call, {"attributes": {"born": "1990-01-31", "orders": 4}})

    answer = call("PATCH", f"/contacts/{ASHA}", json={"attributes": {"orders": "many"}})

    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["errors"] == [
        {
            "path": "attributes.orders",
            "message": "must be a number, as this attribute has been since its first value",
        }
    ]


def test_a_patch_puts_nobody_into_a_live_segment(call: Caller, asha: None) -> None:
    call("PUT", "/segments/pune", json={"kind": "live", "where": {"attributes.city": "Pune"}})

    answer = call("PATCH", f"/contacts/{ASHA}", json={"segments": ["vip", "pune"]})

    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["errors"][0]["path"] == "segments"


def test_a_change_is_told_where_somebody_watches_it(call: Caller, db: mongo.Db, asha: None) -> None:
    watches.add(db, [(WatchKind.STATIC, "gold"), (WatchKind.ATTRIBUTE, "city")])

    changed(call, {"segments": ["gold"], "attributes": {"city": "Goa", "other": 1}})

    contact = db.contacts.find_one({"wa_id": ASHA})
    assert contact is not None
    told = {one["event"]: one["properties"] for one in contact["news"]}
    assert told == {
        "segment_entered": {"segment": "gold"},
        "attribute_changed": {"attribute": "city", "from": "Pune", "to": "Goa"},
    }
