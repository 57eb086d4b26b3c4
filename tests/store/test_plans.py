"""Every query of the store is served by an index: MongoDB's profiler is asked, not believed."""

from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from deliveries import lanes
from store import (
    api_tokens,
    attributes,
    audit,
    campaigns,
    contacts,
    course,
    deliveries,
    due,
    enrolments,
    erasures,
    events,
    figures,
    fires,
    gauges,
    imports,
    inbox,
    intakes,
    launches,
    mongo,
    past,
    reach,
    recount,
    rule_versions,
    segments,
    senders,
    shards,
    strangers,
    subscriptions,
    suppressions,
    templates,
    users,
)
from store.documents.campaign import CampaignState
from tests.clock import NOW

SOMEBODY = ObjectId()
QUERIES: dict[str, Any] = {
    "inbox.said_next": lambda db: inbox.said_next(db, 1, 100, ["m:2"]),
    "inbox.statuses_next": lambda db: inbox.statuses_next(db, 1, 100),
    "inbox.statuses_of": lambda db: inbox.statuses_of(db, 1, ["a", "b"], 100),
    "inbox.suspect": lambda db: inbox.suspect(db, ["m:1"]),
    "inbox.waiting_shards": lambda db: inbox.waiting_shards(db, NOW),
    "inbox.counts": inbox.counts,
    "gauges.deliveries_due": lambda db: gauges.deliveries_due(db, NOW),
    "gauges.deliveries_unknown": gauges.deliveries_unknown,
    "gauges.fires_due": lambda db: gauges.fires_due(db, NOW),
    "inbox.unpark": lambda db: inbox.unpark(db, ["wamid.1"]),
    "inbox.finish": lambda db: inbox.finish(db, ["m:1"], NOW),
    "inbox.delete_of": lambda db: inbox.delete_of(db, ["a", "b"]),
    "inbox.delete_statuses_of": lambda db: inbox.delete_statuses_of(db, ["a"]),
    "strangers.delete_naming": lambda db: strangers.delete_naming(db, lambda *_: False),
    "erasures.due": lambda db: erasures.due(db, NOW, 100),
    "erasures.joined_into": lambda db: erasures.joined_into(db, [SOMEBODY]),
    "deliveries.wamids_of": lambda db: deliveries.wamids_of(db, [SOMEBODY]),
    "shards.lease": lambda db: shards.lease(db, 1, NOW),
    "contacts.by_identities": lambda db: contacts.by_identities(db, ["1", "2"], ["IN.1"]),
    "contacts.by_ids": lambda db: contacts.by_ids(db, [SOMEBODY]),
    "attributes.kinds": lambda db: attributes.kinds(db, ["city"]),
    "attributes.is_held": lambda db: attributes.is_held(db, "city"),
    "imports.find": lambda db: imports.find(db, "a"),
    "imports.any_due": lambda db: imports.any_due(db, NOW),
    "imports.claim": lambda db: imports.claim(db, NOW),
    "imports.latest": lambda db: imports.latest(db, 20),
    "imports.rejected": lambda db: list(imports.rejected(db, "a")),
    "segments.find": lambda db: segments.find(db, "vip"),
    "segments.live_among": lambda db: segments.live_among(db, ["vip"]),
    "segments.has_members": lambda db: segments.has_members(db, "vip"),
    "segments.some_members": lambda db: segments.some_members(db, "vip", 10),
    "segments.named": segments.named,
    "segments.add_members": lambda db: segments.add_members(db, "vip", [SOMEBODY], NOW),
    "suppressions.newest": lambda db: suppressions.newest(db, (NOW, "a"), 10),
    "suppressions.by_key": lambda db: suppressions.by_key(db, "a"),
    "suppressions.listed": lambda db: suppressions.listed(db, "a", 10),
    "figures.behind": lambda db: figures.behind(db, SOMEBODY, {}, None, 10),
    "suppressions.find": lambda db: suppressions.find(db, ["wa_id:1"]),
    "templates.find": lambda db: templates.find(db, "price_list", "en"),
    "templates.languages_of": lambda db: templates.languages_of(db, "price_list"),
    "campaigns.find": lambda db: campaigns.find(db, "price_list"),
    "campaigns.begun": lambda db: campaigns.begun(db, "triggered"),
    "campaigns.states": lambda db: campaigns.states(db, ["price_list"]),
    "campaigns.in_state": lambda db: campaigns.in_state(db, CampaignState.RUNNING),
    "campaigns.run_number": lambda db: campaigns.run_number(db, "price_list", 1),
    "campaigns.standing": lambda db: campaigns.standing(db, ["price_list"]),
    "campaigns.runs_of": lambda db: campaigns.runs_of(db, "price_list"),
    "launches.claim": lambda db: launches.claim(db, NOW),
    "launches.any_due": lambda db: launches.any_due(db, NOW),
    "launches.written_down": launches.written_down,
    "launches.cancelled_with_waiting": launches.cancelled_with_waiting,
    "launches.waiting_in": lambda db: launches.waiting_in(db, SOMEBODY, 10),
    "launches.failed_in": lambda db: launches.failed_in(db, SOMEBODY, SOMEBODY, 10),
    "due.runs_that_owe": due.runs_that_owe,
    "due.lease_of_run": lambda db: due.lease_of_run(db, SOMEBODY, NOW, 10),
    "due.lease_urgent": lambda db: due.lease_urgent(db, NOW, 100),
    "lanes.any_due": lambda db: lanes.any_due(db, NOW),
    "due.over": lambda db: due.over(db, NOW, 100),
    "due.adrift": lambda db: due.adrift(db, [{"_id": "t", "ids": [SOMEBODY], "until": NOW}]),
    "deliveries.by_wamid": lambda db: deliveries.by_wamid(db, ["wamid.1", "wamid.2"]),
    "deliveries.last_campaign_messages": lambda db: deliveries.last_campaign_messages(
        db, [SOMEBODY], NOW
    ),
    "events.acted": lambda db: events.acted(db, {"m:1": []}),
    "deliveries.latest_of_campaign": lambda db: deliveries.latest_of_campaign(
        db, "price_list", SOMEBODY
    ),
    "deliveries.last_had": lambda db: deliveries.last_had(
        db, "price_list", SOMEBODY, besides="event:1"
    ),
    "deliveries.had_since": lambda db: deliveries.had_since(
        db, [SOMEBODY], {"marketing": NOW - timedelta(days=1)}, NOW, ["price_list"]
    ),
    "campaigns.competing": lambda db: campaigns.competing(db, ["price_list"]),
    "deliveries.in_doubt": lambda db: deliveries.in_doubt(db, 10),
    "deliveries.of_contact": lambda db: deliveries.of_contact(db, SOMEBODY, 10),
    "deliveries.count_by_status": lambda db: deliveries.count_by_status(db, SOMEBODY),
    "course.of_runs": lambda db: course.of_runs(db, [SOMEBODY]),
    "recount.of_run": lambda db: recount.of_run(db, SOMEBODY),
    "events.find": lambda db: events.find(db, "m:1"),
    "events.of_contact": lambda db: events.of_contact(db, SOMEBODY, 10),
    "fires.claim_due": lambda db: fires.claim_due(db, NOW),
    "fires.cancel_of": lambda db: fires.cancel_of(db, ["cart"], SOMEBODY),
    "fires.release_held": lambda db: fires.release_held(db, "welcome", NOW, 10),
    "enrolments.find": lambda db: enrolments.find(db, [SOMEBODY]),
    "enrolments.of_people": lambda db: enrolments.of_people(db, "welcome", [SOMEBODY]),
    "enrolments.active_of": lambda db: enrolments.active_of(db, [SOMEBODY]),
    "enrolments.ended_by": lambda db: enrolments.ended_by(db, SOMEBODY, "m:1"),
    "enrolments.of_contact": lambda db: enrolments.of_contact(db, SOMEBODY),
    "enrolments.active_in": lambda db: enrolments.active_in(db, SOMEBODY, 10),
    "enrolments.delete_of": lambda db: enrolments.delete_of(db, SOMEBODY),
    "intakes.claim": lambda db: intakes.claim(db, NOW),
    "intakes.any_due": lambda db: intakes.any_due(db, NOW),
    "inbox.whose_waits": lambda db: inbox.whose_waits(db, ["a", "b"]),
    "campaigns.find_runs": lambda db: campaigns.find_runs(db, [SOMEBODY]),
    "campaigns.open_drips": campaigns.open_drips,
    "campaigns.cancelled_drips": campaigns.cancelled_drips,
    "past.events": lambda db: list(past.events(db, NOW)),
    "past.count_events": lambda db: past.count_events(db, NOW),
    "past.campaign_messages": lambda db: list(past.campaign_messages(db, NOW)),
    "past.fired": lambda db: past.fired(db, NOW, 10),
    "rule_versions.latest": rule_versions.latest,
    "rule_versions.numbers_above": lambda db: rule_versions.numbers_above(db, 3),
    "rule_versions.before": lambda db: rule_versions.before(db, 3),
    "users.find": lambda db: users.find(db, "admin"),
    "reach.find": lambda db: reach.find(db, "1"),
    "reach.slots_of": lambda db: reach.slots_of(db, [SOMEBODY]),
    "due.wake": lambda db: due.wake(db, [None, SOMEBODY], "messaging_limit", NOW),
    "api_tokens.by_hash": lambda db: api_tokens.by_hash(db, "0"),
    "audit.page": lambda db: audit.page(db, 50, SOMEBODY, "Asha"),
    "subscriptions.any_due": lambda db: subscriptions.any_due(db, NOW),
    "subscriptions.claim": lambda db: subscriptions.claim(db, NOW),
    "subscriptions.next_until": lambda db: subscriptions.next_until(db, NOW, NOW, 10),
    "subscriptions.statuses": lambda db: subscriptions.statuses(db, NOW, NOW),
    "subscriptions.tellings": lambda db: subscriptions.tellings(db, "crm", 10, SOMEBODY),
    "senders.find": lambda db: senders.find(db, "1"),
}


@pytest.mark.parametrize("name", QUERIES)
def test_no_query_reads_a_whole_collection(db: mongo.Db, name: str) -> None:
    db.command("profile", 2)

    QUERIES[name](db)

    db.command("profile", 0)
    profiled = list(db["system.profile"].find({"planSummary": {"$exists": True}}))
    plans = {entry["planSummary"] for entry in profiled}
    assert "COLLSCAN" not in plans, profiled
    assert plans, "the profiler saw no query"
