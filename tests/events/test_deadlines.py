"""What was not done within its time: told once, in order, and void where it was done."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from campaigns import service
from deliveries import tellings
from events import deadlines
from rules import publish
from rules.books import Books
from store import deliveries
from store.documents.fire import FireKind
from tests.conftest import control
from tests.events.conftest import ASHA, CHEN, PRICE_LIST, RULES, House
from workers import fires as workers_fires

RULE = """
rules:
  - rule: unread
    when: {campaign: price_list, event: not_read, after: 48h}
    then: [{add_to_segment: unread}, {increment: reminders}]
  - rule: silent
    when: {campaign: price_list, event: not_replied, after: 24h, delivery.reached: {has: read}}
    then: [{add_to_segment: silent}]
  - rule: taken
    when: {campaign: price_list, event: accepted}
    then: [{add_to_segment: taken}]
"""


def publishes(house: House, *texts: str) -> House:
    files = {f"{place}.yaml": text for place, text in enumerate((RULES, *texts))}
    publish.publish(house.rt.db, files, by="test", note="", now=house.now)
    return replace(house, books=Books(house.rt.settings))


@pytest.fixture
def watching(house: House) -> House:
    """A house whose rules ask what was not done, beside its own."""
    return publishes(house, RULE)


def strikes(house: House) -> None:
    """The clock does what is due."""
    workers_fires.strike(house.rt, house.clock)
    house.drain()


def passes(house: House, **time: float) -> None:
    house.now += timedelta(**time)
    strikes(house)


def message(house: House) -> dict[str, Any]:
    [row] = house.rt.db.deliveries.find({"campaign": "price_list"})
    return row


def segments(house: House, person: str = ASHA) -> list[str]:
    return house.contact(person)["segments"]


def waiting(house: House) -> int:
    return int(house.rt.db.fires.count_documents({"kind": FireKind.DEADLINE}))


def test_what_was_not_read_in_time_is_told_once(watching: House) -> None:
    watching.says(ASHA, "price")
    strikes(watching)
    assert "unread" not in segments(watching)

    passes(watching, hours=47, minutes=59)
    assert "unread" not in segments(watching)
    passes(watching, minutes=1)
    passes(watching, hours=1)

    assert "unread" in segments(watching)
    assert watching.contact(ASHA)["attributes"]["reminders"] == 1
    assert waiting(watching) == 0


def test_what_was_read_in_time_is_not_told(watching: House) -> None:
    watching.says(ASHA, "price")
    watching.now += timedelta(hours=47)
    watching.status(message(watching)["wamid"], "read")
    passes(watching, hours=2)

    assert "unread" not in segments(watching)
    assert waiting(watching) == 0


def test_what_was_read_too_late_was_not_read_in_time(watching: House) -> None:
    """Whenever the clock gets round to look."""
    watching.says(ASHA, "price")
    watching.now += timedelta(hours=49)
    watching.status(message(watching)["wamid"], "read")
    strikes(watching)

    assert "unread" in segments(watching)


def test_a_status_that_waits_in_the_same_journal_is_heard_first(watching: House) -> None:
    """The deadline is handled among the person's events, in the order in which they happened."""
    watching.says(ASHA, "price")
    wamid = message(watching)["wamid"]
    sent_at = watching.now
    watching.now += timedelta(hours=48)
    due = list(watching.rt.db.fires.find({"kind": FireKind.DEADLINE}))
    deadlines.journal_due(watching.rt, due, watching.now)  # type: ignore[arg-type]  # its fires
    late, watching.now = watching.now, sent_at + timedelta(hours=1)
    watching.status(wamid, "read", recipient_id=ASHA)  # Meta was late
    watching.now = late
    watching.drain()

    assert "unread" not in segments(watching)


def test_a_condition_may_join_what_was_done_with_what_was_not(watching: House) -> None:
    """Read, and not answered: she is asked again; whoever did not even read it is not."""
    watching.says(ASHA, "price")
    watching.says(CHEN, "price")
    wamids = {
        row["contact_id"]: row["wamid"] for row in watching.rt.db.deliveries.find({"step": 0})
    }
    watching.now += timedelta(hours=1)
    watching.status(wamids[watching.contact(ASHA)["_id"]], "read")
    passes(watching, hours=24)

    assert "silent" in segments(watching)
    assert "silent" not in segments(watching, CHEN)


def test_an_answer_in_time_makes_not_replied_void(watching: House) -> None:
    watching.says(ASHA, "price")
    watching.now += timedelta(hours=1)
    watching.status(message(watching)["wamid"], "read")
    watching.says(ASHA, "thank you")
    passes(watching, hours=24)

    assert "silent" not in segments(watching)


def test_a_refused_message_was_not_unread_but_failed(watching: House) -> None:
    control(watching.meta, "PUT", "faults", {"next": [{"kind": "error", "code": 131026}]})
    watching.says(ASHA, "price")
    passes(watching, hours=49)

    assert message(watching)["status"] == "failed"
    assert "unread" not in segments(watching)


def test_accepted_is_told_where_a_rule_asks(watching: House) -> None:
    watching.says(ASHA, "price")
    watching.drain()

    assert "taken" in segments(watching)
    told = watching.rt.db.events.find_one({"name": "accepted"})
    assert told is not None
    assert told["about"]["reached"] == ["accepted"]


def test_nothing_is_kept_of_campaigns_that_no_rule_asks_about(house: House) -> None:
    another = {**PRICE_LIST, "campaign": "another"}
    service.define(house.rt.db, "another", another, "test", house.now)
    publishes(house, RULE.replace("campaign: price_list", "campaign: another"))
    house.says(ASHA, "price")

    assert waiting(house) == 0
    assert house.rt.db.inbox.count_documents({"kind": "campaign"}) == 0


def test_all_that_is_claimed_at_once_is_one_fire_for_each_deadline(watching: House) -> None:
    tried = tellings.Asked(watching.rt.db)
    watching.says(ASHA, "price")
    watching.says(CHEN, "price")
    rows = list(watching.rt.db.deliveries.find({"campaign": "price_list"}))
    together: Any = [{**row, "times": {"sending": watching.now}} for row in rows]

    kept = {one["subject"]["event"]: one for one in tellings.deadlines(tried, together)}

    assert set(kept) == {"not_read", "not_replied"}
    assert kept["not_read"]["subject"]["ids"] == [row["_id"] for row in rows]


def test_rules_that_come_later_ask_about_what_was_sent_before(house: House) -> None:
    house.says(ASHA, "price")
    house.now += timedelta(hours=30)
    later = publishes(house, RULE)
    strikes(later)
    assert waiting(later) == 1  # not_replied's 24 hours were over

    passes(later, hours=18)

    assert "unread" in segments(later)
    assert "silent" not in segments(later)


def test_a_look_back_goes_page_by_page(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "_PAGE", 2)
    for place in range(5):
        house.says(f"91981234568{place}", "price")
    later = publishes(house, RULE)
    strikes(later)
    asked = [
        one
        for row in later.rt.db.fires.find({"subject.event": "not_read"})
        for one in row["subject"]["ids"]
    ]

    assert len(asked) == len(set(asked)) == 5


def test_a_message_in_doubt_is_looked_at_again(watching: House) -> None:
    watching.says(ASHA, "price")
    db = watching.rt.db
    sent = message(watching)
    db.deliveries.update_one({"_id": sent["_id"]}, {"$set": {"status": "unknown"}})
    passes(watching, hours=48)
    assert "unread" not in segments(watching)

    db.deliveries.update_one({"_id": sent["_id"]}, {"$set": {"status": "sent"}})
    passes(watching, minutes=11)
    assert "unread" in segments(watching)


def test_a_rule_acts_once_for_one_recipient_whatever_happens_to_them(house: House) -> None:
    later = publishes(
        house,
        """
rules:
  - rule: keen
    when:
      campaign: price_list
      event: {in: [read, replied]}
      delivery.reached: {has: read}
      delivery.buttons: {has: SEE_OFFERS}
    then: [{increment: keen}]
""",
    )
    later.says(ASHA, "price")
    wamid = message(later)["wamid"]
    later.taps(ASHA, "SEE_OFFERS", "See", wamid)  # its `read` comes late
    assert "keen" not in later.contact(ASHA)["attributes"]
    later.status(wamid, "read")
    later.taps(ASHA, "OTHER", "Other", wamid)
    later.status(wamid, "read")

    assert later.contact(ASHA)["attributes"]["keen"] == 1
    acted = deliveries.find(later.rt.db, [message(later)["_id"]])[message(later)["_id"]]["acted"]
    assert set(acted) == {"answered", "seen", "keen"}
