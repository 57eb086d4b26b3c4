"""Other systems ask how far an import is, fetch its rejected rows, and say kinds of attributes."""

from tests.api.conftest import Caller


def test_an_import_is_found_by_what_it_was_answered_with(call: Caller) -> None:
    answer = call("POST", "/contacts/import", data="phone\n12\n", content_type="text/csv")
    assert answer.json is not None
    id = answer.json["id"]  # noqa: A001  # as the answer calls it

    one = call("GET", f"/imports/{id}").json
    listed = call("GET", "/imports").json
    rejected = call("GET", f"/imports/{id}/rejected.csv")

    assert one is not None
    assert listed is not None
    assert (one["state"], one["source"], one["rejected"]) == ("done", "api", 1)
    assert listed["imports"] == [one]
    assert rejected.mimetype == "text/csv"
    assert rejected.text.splitlines()[1].startswith("2,phone: ")


def test_an_import_that_nobody_knows_is_404(call: Caller) -> None:
    assert call("GET", "/imports/none").status_code == 404
    assert call("GET", "/imports/none/rejected.csv").status_code == 404


def test_the_kind_of_an_attribute_is_said_beforehand(call: Caller) -> None:
    assert call("PUT", "/attributes/pin", json={"kind": "text"}).status_code == 204
    text = "phone,attributes.pin\n+919812345670,411001\n"
    call("POST", "/contacts/import", data=text, content_type="text/csv")

    contact = call("GET", "/contacts/919812345670").json
    listed = call("GET", "/attributes").json

    assert contact is not None
    assert contact["attributes"] == {"pin": "411001"}
    assert listed is not None
    assert [(row["name"], row["kind"], row["source"]) for row in listed["attributes"]] == [
        ("pin", "text", "api")
    ]
    assert call("PUT", "/attributes/pin", json={"kind": "number"}).status_code == 409
    assert call("PUT", "/attributes/pin", json={"kind": "moon"}).status_code == 422
    assert call("PUT", "/attributes/a%20b", json={"kind": "text"}).status_code == 400


def test_contacts_are_exported_as_they_are_imported(call: Caller) -> None:
    text = "phone,name,segments\n+919812345670,Asha,vip\n+919812345671,Bilal,\n"
    call("POST", "/contacts/import", data=text, content_type="text/csv")

    everybody = call("GET", "/contacts/export")
    vip = call("GET", "/contacts/export?format=ndjson&segment=vip")

    assert (everybody.mimetype, len(everybody.text.splitlines())) == ("text/csv", 3)
    assert (vip.mimetype, len(vip.text.splitlines())) == ("application/x-ndjson", 1)
    assert call("GET", "/contacts/export?format=xlsx").status_code == 400
    assert call("GET", "/contacts/export?segment=none").status_code == 400
