"""A report says of every recipient where they stand, and of every answer what it was."""

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from reports import campaign as report
from reports import ranges
from store import deliveries, keys, mongo
from store.documents.delivery import DeliveryStatus, Whom
from tests.clock import NOW
from tests.reports import rows

ZONE = ZoneInfo("Asia/Kolkata")
CONTRACT = {
    "campaign", "type", "state", "runs", "funnel", "reached", "excluded_by_reason",
    "skipped_by_reason", "failed_by_code", "replied", "clicked", "clicks_by_button", "opted_out",
    "goals", "rates", "cost", "series", "steps",
}  # fmt: skip


def test_an_unknown_campaign_has_no_report(db: mongo.Db) -> None:
    assert report.of_campaign(db, "nowhere", ZONE) is None
    assert report.summary(db, "nowhere", ZONE) is None


def test_a_draft_reports_nobody(db: mongo.Db) -> None:
    rows.campaign(db)

    result = report.of_campaign(db, "diwali_offer", ZONE)

    assert result is not None
    assert result.keys() >= CONTRACT
    assert result["funnel"]["targeted"] == 0
    assert result["series"] == {"bucket": "30m", "points": []}
    json.dumps(result)


def test_a_report_counts_every_run_of_the_campaign(db: mongo.Db) -> None:
    rows.campaign(db)
    first = rows.run(db, number=1, excluded={"in excluded segment": 2})
    second = rows.run(db, number=2)
    for status in DeliveryStatus:
        rows.brought(db, first, status)
    rows.brought(db, second, DeliveryStatus.DELIVERED, at=NOW + timedelta(minutes=40))

    result = report.of_campaign(db, "diwali_offer", ZONE)

    assert result is not None
    assert result["funnel"] == {
        "targeted": 13, "excluded": 2, "skipped": 1, "pending": 1, "sending": 1, "unknown": 1,
        "accepted": 1, "sent": 1, "delivered": 2, "read": 2, "failed": 1,
    }  # fmt: skip
    assert result["reached"] == {"accepted": 6, "sent": 5, "delivered": 4, "read": 2}
    assert [run["number"] for run in result["runs"]] == [2, 1]
    assert result["excluded_by_reason"] == {"in excluded segment": 2}
    assert result["skipped_by_reason"] == {"suppressed": 1}
    assert [row["code"] for row in result["failed_by_code"]] == [131026]
    assert [point["at"] for point in result["series"]["points"]] == [
        "2026-11-24T12:00:00+05:30",
        "2026-11-24T12:30:00+05:30",
    ]
    assert [point["delivered"] for point in result["series"]["points"]] == [3, 1]
    json.dumps(result)


def test_answers_and_clicks_are_reported(db: mongo.Db) -> None:
    rows.campaign(db)
    run = rows.run(db)
    read = rows.brought(db, run, DeliveryStatus.READ)
    reply = {"at": NOW, "wamid": "wamid.r", "attribution": "exact", "button": "A.B", "text": None}
    deliveries.move(
        db,
        [
            deliveries.Move(
                read,
                DeliveryStatus.READ,
                {"reply": reply},
                tallies={"replied": 1, "clicked": 1, f"button.{keys.safe('A.B')}": 1},
                clicks=("A.B",),
            )
        ],
    )

    result = report.of_campaign(db, "diwali_offer", ZONE)

    assert result is not None
    assert (result["replied"], result["clicked"]) == (1, 1)
    assert result["clicks_by_button"] == {"A.B": 1}
    assert result["rates"] == {"delivered": 1.0, "read": 1.0, "replied": 1.0, "clicked": 1.0}
    assert result["series"]["points"][0]["replied"] == 1


def test_a_drip_reports_each_step(db: mongo.Db) -> None:
    rows.campaign(db, kind="drip")
    run = rows.run(db)
    for step in (0, 0, 1):
        rows.owe(db, run, step=step)

    result = report.of_campaign(db, "diwali_offer", ZONE)

    assert result is not None
    steps = [(step["step"], step["funnel"]["targeted"]) for step in result["steps"]]
    assert steps == [(0, 2), (1, 1)]


def test_the_summary_says_what_the_report_says(db: mongo.Db) -> None:
    rows.campaign(db)
    rows.brought(db, rows.run(db), DeliveryStatus.READ)

    full = report.of_campaign(db, "diwali_offer", ZONE)
    short = report.summary(db, "diwali_offer", ZONE)

    assert full is not None
    assert short is not None
    assert short.items() <= full.items()


def test_the_list_of_campaigns_has_each_ones_own_numbers(db: mongo.Db) -> None:
    rows.campaign(db, "diwali_offer")
    rows.campaign(db, "price_list", kind="triggered")
    rows.brought(db, rows.run(db, "diwali_offer"), DeliveryStatus.READ)

    headlines = {row["_id"]: numbers for row, numbers in report.of_all(db)}

    assert headlines["diwali_offer"]["reached"]["read"] == 1
    assert headlines["price_list"]["funnel"]["targeted"] == 0


def test_a_range_counts_what_happened_in_it(db: mongo.Db) -> None:
    rows.campaign(db)
    run = rows.run(db)
    rows.brought(db, run, DeliveryStatus.READ)
    rows.brought(db, run, DeliveryStatus.FAILED, at=NOW + timedelta(days=1))
    today = report.Asked(within=ranges.named("today", NOW, ZONE))

    result = report.of_campaign(db, "diwali_offer", ZONE, today)
    whole = report.of_campaign(db, "diwali_offer", ZONE)

    assert result is not None
    assert whole is not None
    assert (result["happened"]["read"], result["happened"]["failed"]) == (1, 0)
    assert result["in_range"]["failed_by_code"] == []
    assert (whole["happened"]["read"], whole["happened"]["failed"]) == (1, 1)
    assert whole["in_range"] is None


def test_one_run_may_be_looked_at_alone(db: mongo.Db) -> None:
    rows.campaign(db)
    rows.brought(db, rows.run(db, number=1), DeliveryStatus.READ)
    rows.brought(db, rows.run(db, number=2), DeliveryStatus.SENT)

    second = report.of_campaign(db, "diwali_offer", ZONE, report.Asked(run=2))

    assert second is not None
    assert (second["funnel"]["read"], second["funnel"]["sent"]) == (0, 1)
    assert report.of_campaign(db, "diwali_offer", ZONE, report.Asked(run=3)) is None


def test_durations_and_groups_are_told(db: mongo.Db) -> None:
    rows.campaign(db)
    run = rows.run(db)
    whom: Whom = {"language": "hi", "country": "IN", "segments": ["vip"]}
    asha = rows.owe(db, run, of=whom)
    times = {"accepted": NOW, "delivered": NOW + timedelta(seconds=60)}
    deliveries.move(
        db, [deliveries.Move(asha, DeliveryStatus.DELIVERED, {"times": times, "wamid": "w"})]
    )

    result = report.of_campaign(db, "diwali_offer", ZONE)

    assert result is not None
    assert result["took"]["delivered"] == {"count": 1, "p50_s": pytest.approx(60, rel=0.05),
                                           "p90_s": pytest.approx(60, rel=0.05)}  # fmt: skip
    told = {name: [(r["value"], r["delivered"]) for r in of] for name, of in result["by"].items()}
    assert told == {
        "language": [("hi", 1)], "country": [("IN", 1)], "segment": [("vip", 1)],
        "variant": [], "step": [], "hour": [(12, 1)],
    }  # fmt: skip
