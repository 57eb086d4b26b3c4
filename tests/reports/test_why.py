"""Why did, or didn't, she get it? One look-up."""

import pytest
from flask import Flask

import runtime
from config.settings import Settings
from contacts import consent
from contacts.identity import Identity
from reports import why, why_cli
from store import mongo
from store.documents.campaign import CampaignState
from store.documents.delivery import DeliveryStatus
from store.documents.suppression import Scope
from tests.clock import NOW
from tests.reports import rows

PHONE = "919812345670"


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (DeliveryStatus.READ, "Yes: it was delivered and read."),
        (DeliveryStatus.FAILED, "No: it failed."),
        (DeliveryStatus.SKIPPED, "No: it was held back when it was due."),
        (DeliveryStatus.PENDING, "Not yet: it is owed, and waits."),
    ],
)
def test_what_was_owed_is_answered_by_where_it_stands(
    db: mongo.Db, status: DeliveryStatus, answer: str
) -> None:
    rows.campaign(db)
    asha = rows.contact(db, PHONE, "Asha")
    rows.brought(db, rows.run(db), status, asha["_id"])

    [found] = why.of(db, asha, "diwali_offer", NOW)

    assert found.answer == answer
    assert found.because
    assert why.of(db, asha, None, NOW) == [found]


def test_what_was_never_owed_is_answered_by_what_stands_against_it(db: mongo.Db) -> None:
    rows.campaign(db, state=CampaignState.DRAFT, audience={"segments": ["staff"]})
    asha = rows.contact(db, PHONE, "Asha")
    consent.suppress(
        db, Identity(PHONE, None), scope=Scope.ALL, until=None, source="keyword",
        reason="STOP", evidence="m", now=NOW,
    )  # fmt: skip

    [found] = why.of(db, asha, "diwali_offer", NOW)

    assert found.answer == "No: nothing was ever owed."
    assert found.because == [
        "The campaign is draft.",
        "It was never started.",
        "The person is not in its audience.",
        "Do not disturb stands now: all, by keyword, STOP.",
    ]
    assert why.of(db, asha, "nowhere", NOW) == []


def test_of_all_campaigns_those_that_never_owed_anything_are_answered_for_too(
    db: mongo.Db,
) -> None:
    rows.campaign(db)
    rows.campaign(db, "prices", state=CampaignState.DRAFT)
    asha = rows.contact(db, PHONE, "Asha")
    rows.brought(db, rows.run(db), DeliveryStatus.READ, asha["_id"])

    found = why.of_campaigns(db, asha, 30, NOW)

    assert {one.campaign: one.answer for one in found} == {
        "diwali_offer": "Yes: it was delivered and read.",
        "prices": "No: nothing was ever owed.",
    }
    assert len(why.of_campaigns(db, asha, 1, NOW)) == 1


def test_the_command_says_so(db: mongo.Db, settings: Settings) -> None:
    rows.campaign(db)
    asha = rows.contact(db, PHONE, "Asha")
    rows.brought(db, rows.run(db), DeliveryStatus.READ, asha["_id"])
    app = Flask("test")
    app.extensions["drumbeat"] = runtime.build(settings)
    app.cli.add_command(why_cli.group)
    run = app.test_cli_runner().invoke

    told = run(args=["contacts", "why", f"+{PHONE}", "diwali_offer"])
    unknown = run(args=["contacts", "why", "+919812345671"])

    assert told.stdout.startswith("diwali_offer: Yes: it was delivered and read.\n")
    assert (unknown.exit_code, unknown.stderr) == (1, "Error: nothing is known of this person\n")
