"""Campaigns are defined, taken through their life, and reported on."""

import csv
import io
import zipfile
from typing import Any

import pytest

from contacts.identity import Identity
from contacts.touch import new_contact
from store import contacts, deliveries, mongo
from store.documents.delivery import DeliveryStatus
from tests.api.conftest import Caller
from tests.clock import NOW
from tests.contacts.test_erasure import delivery

PRICES: dict[str, Any] = {
    "campaign": "price_list",
    "type": "triggered",
    "message": {"text": "Our prices: …"},
    "trigger": {"intent": "price_enquiry"},
}


def test_a_campaign_is_new_once(call: Caller) -> None:
    first = call("PUT", "/campaigns/price_list", json=PRICES)
    again = call("PUT", "/campaigns/price_list", json=PRICES)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json == call("GET", "/campaigns/price_list").json
    assert first.json is not None
    assert (first.json["campaign"], first.json["state"], first.json["version"]) == (
        "price_list", "draft", 1,
    )  # fmt: skip
    listed = call("GET", "/campaigns").json
    assert listed == {"campaigns": [first.json]}


def test_a_campaign_that_is_not_as_it_should_be_names_each_fault(call: Caller) -> None:
    answer = call("PUT", "/campaigns/price_list", json={**PRICES, "message": {}, "colour": "red"})

    assert answer.status_code == 422
    assert answer.json is not None
    assert {one["path"] for one in answer.json["errors"]} == {"message", "colour"}
    assert call("GET", "/campaigns/price_list").status_code == 404


def test_a_campaign_goes_through_its_life(call: Caller) -> None:
    call("PUT", "/campaigns/price_list", json=PRICES)

    for step, state in (
        ("start", "active"), ("pause", "paused"), ("resume", "active"), ("cancel", "cancelled"),
    ):  # fmt: skip
        answer = call("POST", f"/campaigns/price_list/{step}")
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        assert answer.json["state"] == state
    campaign = call("GET", "/campaigns/price_list").json
    assert campaign is not None
    assert [one["by"] for one in campaign["history"]] == ["api"] * 5


def test_an_impossible_step_is_409_with_the_reason(call: Caller) -> None:
    call("PUT", "/campaigns/price_list", json=PRICES)

    answer = call("POST", "/campaigns/price_list/pause")

    assert answer.status_code == 409
    assert answer.json is not None
    assert "draft" in answer.json["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("POST", "/start"), ("POST", "/cancel"), ("GET", "/report"),
     ("GET", "/recipients.csv"), ("GET", "/recipients.xlsx")],
)  # fmt: skip
def test_an_unknown_campaign_is_404(call: Caller, method: str, path: str) -> None:
    assert call(method, f"/campaigns/nothing{path}").status_code == 404


def test_a_campaign_with_a_delay_can_be_started(call: Caller) -> None:
    call("PUT", "/campaigns/price_list", json={**PRICES, "delay": "30m"})

    assert call("POST", "/campaigns/price_list/start").status_code == 200


def test_a_report_and_its_recipients(call: Caller, db: mongo.Db) -> None:
    call("PUT", "/campaigns/price_list", json=PRICES)
    call("POST", "/campaigns/price_list/start")
    run = db.runs.find_one()
    assert run is not None
    asha = new_contact(Identity("919812345670"), "Asha", "message", NOW)
    contacts.insert(db, asha)
    deliveries.owe(db, delivery(asha, DeliveryStatus.READ, run["_id"], 1))

    report = call("GET", "/campaigns/price_list/report").json
    answer = call("GET", "/campaigns/price_list/recipients.csv")

    assert report is not None
    assert (report["funnel"]["targeted"], report["funnel"]["read"]) == (1, 1)
    assert answer.mimetype == "text/csv"
    [row] = csv.DictReader(io.StringIO(answer.text))
    assert (row["name"], row["status"]) == ("Asha", "read")
    workbook = call("GET", "/campaigns/price_list/recipients.xlsx")
    assert str(workbook.mimetype).endswith("spreadsheetml.sheet")
    assert zipfile.ZipFile(io.BytesIO(workbook.data)).testzip() is None


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("range=today&run=1&bucket=hour", 200), ("from=2026-11-01&to=2026-11-30", 200),
        ("range=someday", 400), ("from=2026-11-30", 400), ("bucket=year", 400), ("run=7", 404),
    ],
)  # fmt: skip
def test_a_report_of_a_range_a_run_and_a_bucket(call: Caller, asked: str, status: int) -> None:
    call("PUT", "/campaigns/price_list", json=PRICES)
    call("POST", "/campaigns/price_list/start")

    assert call("GET", f"/campaigns/price_list/report?{asked}").status_code == status


OFFER: dict[str, Any] = {
    "campaign": "diwali_offer",
    "type": "one_time",
    "message": {"text": "Hello {{ contact.first_name }}"},
    "audience": {"segments": ["vip"]},
}


def test_a_one_time_campaign_is_looked_at_started_and_copied(call: Caller, db: mongo.Db) -> None:
    call("PUT", "/campaigns/diwali_offer", json=OFFER)
    people = b"phone,name,segments\n+919812345670,Asha,vip\n+6591234567,Chen,vip\n"
    call("POST", "/contacts/import", data=people, content_type="text/csv")

    seen = call("GET", "/campaigns/diwali_offer/preview").json
    assert seen is not None
    assert (seen["audience"], seen["messages"]) == (2, 0)
    assert seen["excluded_by_reason"] == {"window_closed": 2}
    assert call("GET", "/campaigns/diwali_offer/preview?at_most=1").json["exact"] is False  # type: ignore[index]  # JSON
    assert call("GET", "/campaigns/diwali_offer/preview?at_most=x").status_code == 400

    tried = call("POST", "/campaigns/diwali_offer/test", json={"phones": ["+919812345670"]})
    assert (tried.status_code, tried.json) == (202, {"owed": 1})
    unknown = call("POST", "/campaigns/diwali_offer/test", json={"phones": ["+14155550123"]})
    assert unknown.status_code == 409

    started = call("POST", "/campaigns/diwali_offer/start").json
    assert started is not None
    assert started["state"] == "running"
    assert call("POST", "/campaigns/diwali_offer/retry-failed").status_code == 409

    copy = call("POST", "/campaigns/diwali_offer/duplicate", json={"campaign": "holi_offer"})
    assert copy.status_code == 201
    again = call("POST", "/campaigns/diwali_offer/duplicate", json={"campaign": "holi_offer"})
    assert again.status_code == 409
    bad = call("POST", "/campaigns/diwali_offer/duplicate", json={"campaign": "no name"})
    assert bad.status_code == 422


def test_a_campaign_that_nobody_might_ever_start_says_so(call: Caller) -> None:
    call("PUT", "/campaigns/price_list", json=PRICES)

    started = call("POST", "/campaigns/price_list/start").json

    assert started is not None
    assert "no rules are published" in started["warnings"][0]
    previewed = call("GET", "/campaigns/price_list/preview").json
    assert previewed is not None
    assert set(started["warnings"]) <= set(previewed["warnings"])


def test_the_people_behind_a_number_and_why_one_got_it(call: Caller, db: mongo.Db) -> None:
    call("PUT", "/campaigns/price_list", json=PRICES)
    call("POST", "/campaigns/price_list/start")
    run = db.runs.find_one()
    assert run is not None
    asha = new_contact(Identity("919812345670"), "Asha", "message", NOW)
    contacts.insert(db, asha)
    deliveries.owe(db, delivery(asha, DeliveryStatus.READ, run["_id"], 1))

    behind = call("GET", "/campaigns/price_list/people?status=read").json
    why = call("GET", "/contacts/+919812345670/why?campaign=price_list").json

    assert behind is not None
    assert why is not None
    assert [row["name"] for row in behind["people"]] == ["Asha"]
    assert why["messages"][0]["answer"] == "Yes: it was delivered and read."
    assert call("GET", "/campaigns/price_list/people?what=x").status_code == 400
    assert call("GET", "/campaigns/nowhere/people").status_code == 404
    assert call("GET", "/contacts/+919812345670/why?campaign=nowhere").status_code == 404
