"""A marketer brings a file of contacts in, watches it, and takes files out."""

import io
from datetime import UTC, datetime
from urllib.parse import urlparse

import pytest
from flask.testing import FlaskClient

from contacts import handed_in
from contacts.imports import Source, begin
from contacts.rows import FileKind
from runtime import Runtime
from store import mongo
from tests.admin.conftest import token_of
from tests.clock import NOW
from tests.makers import ASHA, make_contact


def brought(asha: FlaskClient, text: str, name: str = "people.csv") -> str:
    """The path of the page that shows the import."""
    token = token_of(asha.get("/contacts"))
    answer = asha.post(
        "/contacts/import",
        data={"csrf_token": token, "file": (io.BytesIO(text.encode()), name)},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 302
    return urlparse(answer.location).path


def finished(asha: FlaskClient, path: str) -> str:
    """What the page says after a worker brought the file in."""
    assert 'data-state="running"' in asha.get(path).text
    work(asha)
    return asha.get(path).text


def work(asha: FlaskClient) -> int:
    rt: Runtime = asha.application.extensions["drumbeat"]
    return handed_in.bring_in_due(rt, lambda: datetime.now(UTC))


def test_a_file_is_brought_in_and_its_page_says_what_came_of_it(
    asha: FlaskClient, db: mongo.Db
) -> None:
    path = brought(asha, "phone,name\n+919812345670,Asha\n12,x\n")

    text = finished(asha, path)

    assert 'data-testid="created">1<' in text
    assert 'data-testid="rejected">1<' in text
    assert "by Asha" in text
    rejected = asha.get(f"{path}/rejected.csv")
    assert rejected.headers["Content-Disposition"] == "attachment; filename=rejected.csv"
    assert rejected.text.splitlines()[1].startswith("3,phone: ")
    assert "people.csv" in asha.get("/contacts").text
    [kept] = db.imports.find()
    assert (kept["source"], kept["by"], kept["state"]) == ("page", "Asha", "done")


def test_a_file_that_cannot_be_used_says_why(asha: FlaskClient) -> None:
    text = finished(asha, brought(asha, "telephone\n1\n"))

    assert 'data-testid="state">failed<' in text
    assert "&#39;telephone&#39;" in text


def test_a_file_of_another_kind_is_not_begun(asha: FlaskClient, db: mongo.Db) -> None:
    assert brought(asha, "x", name="people.xlsx") == "/contacts"

    assert "name ends in .csv" in asha.get("/contacts").text
    assert db.imports.count_documents({}) == 0


def test_files_that_are_handed_in_together_are_brought_in_one_after_the_other(
    asha: FlaskClient, db: mongo.Db
) -> None:
    paths = [brought(asha, f"phone\n+91981234567{place}\n") for place in range(2)]
    assert all("It waits for a worker" in asha.get(path).text for path in paths)

    assert work(asha) == 2

    assert db.contacts.count_documents({}) == 2


def test_an_import_that_was_stopped_says_what_to_do(asha: FlaskClient, db: mongo.Db) -> None:
    one = begin(db, FileKind.CSV, Source("page", "people.csv"), NOW.replace(year=2020))

    text = asha.get(f"/imports/{one['_id']}").text

    assert 'data-testid="state">stopped<' in text
    assert "Import the file again" in text


@pytest.mark.parametrize("path", ["/imports/none", "/imports/none/rejected.csv", "/imports/x/now"])
def test_an_import_that_nobody_knows_is_not_there(asha: FlaskClient, path: str) -> None:
    assert asha.get(path).status_code == 404


def test_strangers_bring_nothing_in_and_take_nothing_out(
    stranger: FlaskClient, db: mongo.Db
) -> None:
    assert "/login" in stranger.post("/contacts/import", data={}).location
    assert "/login" in stranger.get("/contacts/export").location


def test_contacts_are_taken_out(asha: FlaskClient, db: mongo.Db) -> None:
    make_contact(db, ASHA, segments=["vip"])

    everybody = asha.get("/contacts/export")
    vip = asha.get("/contacts/export?format=ndjson&segment=vip")

    assert everybody.headers["Content-Disposition"] == "attachment; filename=contacts.csv"
    assert len(everybody.text.splitlines()) == 2
    assert vip.headers["Content-Disposition"] == "attachment; filename=vip.ndjson"
    assert len(vip.text.splitlines()) == 1
    assert asha.get("/contacts/export?segment=none").status_code == 404
    assert asha.get("/contacts/export?format=xlsx").status_code == 404
