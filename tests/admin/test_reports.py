"""A marketer reads how a campaign did, and opens who is behind each number."""

import html
import re

import pytest
from flask.testing import FlaskClient

from reports import workbook
from store import mongo
from store.documents.delivery import DeliveryStatus
from tests.clock import NOW
from tests.reports import rows

REPORT = "/campaigns/diwali_offer/report"


def _linked(text: str) -> list[tuple[str, int]]:
    """(address of the people, the number that links there) of everything on a page."""
    found = re.findall(r'<a href="(/campaigns/diwali_offer/people[^"]*)"[^>]*>([\d,]+)</a>', text)
    return [(html.unescape(address), int(number.replace(",", ""))) for address, number in found]


def _listed(client: FlaskClient, address: str) -> int:
    """How many people a number opens, over all pages."""
    count = 0
    while True:
        text = client.get(address).text
        listed = re.search(r'data-testid="people">(.*?)</ul>', text, re.DOTALL)
        count += listed[1].count("<li>") if listed else 0
        onward = re.search(r'data-testid="next" href="([^"]+)"', text)
        if onward is None:
            return count
        address = html.unescape(onward[1])


@pytest.fixture
def campaign(db: mongo.Db) -> None:
    """Two runs, with somebody at every place a delivery can be, some priced, pressed, answered."""
    rows.campaign(db)
    of = {"language": "hi", "country": "IN", "segments": ["vip"], "variant": "a"}
    for number in (1, 2):
        run = rows.run(db, number=number, excluded={"staff": 1200})
        for status in DeliveryStatus:
            one = rows.owe(db, run, of=of)
            if status is not DeliveryStatus.PENDING:
                rows.bring(db, one, status)
        limited = rows.owe(db, run, step=number - 1)
        rows.bring(db, limited, DeliveryStatus.FAILED, code=131049)
        rows.answered(db, run, button="YES")


@pytest.mark.parametrize("asked", ["", "?run=2", "?from=2026-11-24&to=2026-11-24"])
def test_each_number_opens_as_many_people_as_it_says(
    asha: FlaskClient, campaign: None, asked: str
) -> None:
    text = asha.get(REPORT + asked).text

    linked = _linked(text)
    assert len(linked) > 40
    assert {address: _listed(asha, address) for address, _ in linked} == dict(linked)
    for testid in ("happened-read", "code-131049", "reason-suppressed", "button-YES",
                   "priced-marketing", "billable-marketing", "by-hour", "by-segment"):  # fmt: skip
        assert f'data-testid="{testid}"' in text
    assert "limits" in text
    assert _linked(asha.get(f"{REPORT}/now{asked}").text) == linked


def test_another_day_has_nobody_but_everybody_stands_where_they_do(
    asha: FlaskClient, campaign: None
) -> None:
    text = asha.get(f"{REPORT}?range=custom&from=2020-01-01&to=2020-01-02").text

    assert 'data-testid="happened-read">0<' in text
    assert re.search(r'data-testid="stands-excluded">2,400<', text)


def test_a_range_that_is_none_is_said(asha: FlaskClient, campaign: None) -> None:
    answer = asha.get(f"{REPORT}?from=2026-11-24&to=2026-11-01")

    assert answer.status_code == 422
    assert "ends before it begins" in answer.text


def test_the_chart_is_a_picture_without_scripts(asha: FlaskClient, campaign: None) -> None:
    answer = asha.get(f"{REPORT}/chart.svg")

    assert answer.mimetype == "image/svg+xml"
    assert "<script" not in answer.text
    assert "opted out" not in answer.text
    assert ">read<" in answer.text
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/campaigns/nowhere/report", 404),
        (f"{REPORT}?run=9", 404),
        (f"{REPORT}?run=x", 404),
        ("/campaigns/nowhere/people", 404),
        ("/campaigns/diwali_offer/people?what=x", 422),
        ("/campaigns/diwali_offer/people?language=hi&since=2026-11-24T00:00:00Z", 422),
    ],
)
def test_what_is_not_there_is_said(
    asha: FlaskClient, campaign: None, path: str, status: int
) -> None:
    assert asha.get(path).status_code == status


def test_the_complete_list_is_taken_out(asha: FlaskClient, campaign: None) -> None:
    text = asha.get(REPORT).text
    for kind, media in (("csv", "text/csv"), ("xlsx", workbook.MEDIA)):
        path = f"/campaigns/diwali_offer/recipients.{kind}"
        answer = asha.get(path)
        assert f'href="{path}"' in text
        assert answer.mimetype == media
        assert f"diwali_offer.{kind}" in answer.headers["Content-Disposition"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert asha.get(f"/campaigns/nowhere/recipients.{kind}").status_code == 404


def test_before_anything_happened_a_report_opens(asha: FlaskClient, db: mongo.Db) -> None:
    rows.campaign(db)

    assert asha.get(REPORT).status_code == 200
    assert "Nothing happened yet" in asha.get(f"{REPORT}/chart.svg").text
    assert NOW.isoformat() not in asha.get("/campaigns/diwali_offer/people").text
