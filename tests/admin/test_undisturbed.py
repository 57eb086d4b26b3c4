"""Somebody is held back, found and let through on the page, and no address carries their number."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts import audit
from contacts import consent, erasure
from contacts.identity import Identity
from store import mongo, suppressions
from store.documents.suppression import Scope
from tests.admin.conftest import post
from tests.clock import NOW
from tests.makers import ASHA, BILAL, CHEN, make_contact

PAGE = "/do-not-disturb"


def stop(db: mongo.Db, wa_id: str = BILAL) -> str:
    """Bilal wrote STOP; the key of his row."""
    consent.suppress(
        db, Identity(wa_id), scope=Scope.ALL, until=None, source="keyword", reason="STOP",
        evidence="wamid.STOP", now=NOW,
    )  # fmt: skip
    return suppressions.key(f"wa_id:{wa_id}")


def test_the_list_tells_source_scope_evidence_and_history(asha: FlaskClient, db: mongo.Db) -> None:
    person = make_contact(db, BILAL, name="Bilal")
    stop(db)

    page = asha.get(PAGE).text

    assert f'href="/contacts/{person["_id"]}">Bilal' in page
    for told in ("everything", "They wrote it: STOP", "their own wish", "wamid.STOP"):
        assert told in page


def test_somebody_is_held_back_until_the_end_of_a_day(asha: FlaskClient, db: mongo.Db) -> None:
    given = {"phone": f"+{CHEN}", "scope": "marketing", "until": "2999-12-31", "reason": "a letter"}

    assert post(asha, f"{PAGE}/add", PAGE, **given).location == PAGE
    page = asha.get(PAGE).text
    assert "until 1 Jan 2999, 00:00" not in page
    assert "until 1 Jan 3000, 00:00" in page
    assert f"+{CHEN}" in page
    [line] = suppressions.newest(db, None, 1)[0]["history"]
    assert (line["source"], line["evidence"], line["reason"]) == ("page", "Asha", "a letter")

    post(asha, f"{PAGE}/add", PAGE, **given)
    assert "Nothing changed" in asha.get(PAGE).text


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("phone", "nobody", "The phone number: "),
        ("until", "2020-01-01", "It lies in the past."),
        ("reason", "x" * 501, "cannot be longer than 500"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    asha: FlaskClient, db: mongo.Db, field: str, value: str, told: str
) -> None:
    given = {"phone": f"+{CHEN}", "scope": "all", field: value}

    answer = post(asha, f"{PAGE}/add", PAGE, **given)

    assert answer.status_code == 422
    error = answer.text.split(f'data-testid="error-{field}">')[1].split("<")[0]
    assert told in error
    assert db.suppressions.count_documents({}) == 0


def test_a_number_is_found_in_any_form_and_others_are_not_shown(
    asha: FlaskClient, db: mongo.Db
) -> None:
    stop(db)
    stop(db, ASHA)

    found = post(asha, f"{PAGE}/find", PAGE, wanted="098123 45670").text

    assert found.count('data-testid="row"') == 1
    assert f"+{ASHA}" in found
    assert "Nothing was ever held back" in post(asha, f"{PAGE}/find", PAGE, wanted=f"+{CHEN}").text
    assert post(asha, f"{PAGE}/find", PAGE, wanted="12").status_code == 422


def test_lifting_lets_through_and_the_trail_names_nobody(asha: FlaskClient, db: mongo.Db) -> None:
    key = stop(db)

    post(asha, f"{PAGE}/lift", PAGE, key=key, reason="he called")

    assert consent.standing_scope(db, Identity(BILAL), NOW) is None
    page = asha.get(PAGE).text
    assert "lifted" in page
    assert "Somebody here: he called" in page
    [row] = db.audit.find({"action": "let_through"})
    assert row["noted"]["person"].startswith("person:")
    assert BILAL not in str(row)
    assert key not in str(row)
    post(asha, f"{PAGE}/lift", PAGE, key=key)
    assert "Nothing was held back any more." in asha.get(PAGE).text


def test_whoever_was_erased_is_lifted_only_by_their_number(
    asha: FlaskClient, app: Flask, db: mongo.Db
) -> None:
    make_contact(db, BILAL, name="Bilal")
    key = stop(db)
    erasure.erase(db, Identity(BILAL), NOW)
    page = asha.get(PAGE).text
    assert "Somebody who was erased" in page
    assert BILAL not in page
    assert 'data-testid="lift"' not in page
    assert post(asha, f"{PAGE}/lift", PAGE, key=key).status_code == 404

    assert 'data-testid="lift"' in post(asha, f"{PAGE}/find", PAGE, wanted=f"+{BILAL}").text
    post(asha, f"{PAGE}/lift", PAGE, key=key, phone=f"+{BILAL}")

    assert consent.standing_scope(db, Identity(BILAL), NOW) is None
    settings = app.extensions["drumbeat"].settings
    [row] = db.audit.find({"action": "let_through"})
    assert row["noted"] == {"person": audit.person(settings, BILAL)}


def test_the_list_goes_on_page_by_page(asha: FlaskClient, db: mongo.Db) -> None:
    for n in range(120):
        stop(db, f"9198123{n:05}")
    path, seen = PAGE, 0
    while path:
        page = asha.get(path).text
        seen += page.count('data-testid="row"')
        more = page.split('data-testid="onward"')[0] if 'data-testid="onward"' in page else ""
        path = more.rsplit('href="', 1)[1].split('"')[0] if more else ""
    assert seen == 120
    assert asha.get(f"{PAGE}?before=nonsense").status_code == 200


def test_what_stands_is_taken_out_as_a_file(asha: FlaskClient, db: mongo.Db) -> None:
    stop(db)

    answer = asha.get(f"{PAGE}/export")

    assert "do-not-disturb.csv" in answer.headers["Content-Disposition"]
    assert f"+{BILAL},all,,STOP,keyword," in answer.text
