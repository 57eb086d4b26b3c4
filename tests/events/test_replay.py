"""What other rules would have made of what happened."""

import json
import tracemalloc
from datetime import timedelta
from typing import Any

import pytest

from contacts import segments
from contacts.filters.read import read
from events import outcome as outcomes
from events import replay
from events.outcome import Outcome
from rules import candidates
from rules.problems import RuleFilesError
from store.documents.segment import SegmentKind
from tests.clock import NOW
from tests.events.conftest import ASHA, BILAL, RULES, House
from tests.makers import many

WEEK = NOW - timedelta(days=7)


def run(house: House, rules: str, **more: Any) -> Outcome:
    files = {"rules.yaml": rules}
    with candidates.beside_published(house.rt, files) as (old, new):
        found = replay.replay(house.rt.db, old, new, WEEK, now=house.now, **more)
    assert list(outcomes.lines(found))
    assert json.dumps(outcomes.document(found))
    return found


def test_the_same_rules_change_nothing(house: House) -> None:
    house.says(ASHA, "price")

    found = run(house, RULES)

    assert (found.changed, found.events > 0) == (0, True)
    assert outcomes.document(found)["rules"] == {}
    assert outcomes.NOTE in list(outcomes.lines(found))


def test_rules_that_gain_or_lose_are_told_with_samples(house: House) -> None:
    house.says(ASHA, "price")
    house.says(BILAL, "offers?")
    changed = RULES.replace("words: [price, कीमत]", "words: [offers]")

    document = outcomes.document(run(house, changed))

    told = document["rules"]["price_list"]
    assert (told["before"], told["after"], told["gained"], told["lost"]) == (1, 1, 1, 1)
    assert told["samples_gained"][0]["text"] == "offers?"
    assert told["samples_lost"][0]["text"] == "price"
    assert (document["answered"]["gained"], document["answered"]["lost"]) == (1, 1)
    assert document["intents"]["price"]["gained"] == 1


def test_a_rule_that_does_something_else_is_told(house: House) -> None:
    house.says(ASHA, "price")

    document = outcomes.document(run(house, RULES.replace("last_asked: price", "last_asked: it")))

    assert document["rules"]["price_list"]["otherwise"] == 1
    assert document["changed"] == 1


def test_what_no_rule_looked_at_then_can_be_looked_at_now(house: House) -> None:
    house.says(ASHA, "price")
    wamid = house.rt.db.deliveries.find_one({"campaign": "price_list"})["wamid"]  # type: ignore[index]  # it was sent
    house.status(wamid, "delivered")
    house.status(wamid, "read")
    more = RULES + (
        "  - rule: came\n"
        "    when: {campaign: price_list, event: delivered}\n"
        "    then: [{add_to_segment: reached}]\n"
    )

    document = outcomes.document(run(house, more))

    assert document["rules"].keys() == {"came"}
    assert document["rules"]["came"]["gained"] == 1
    assert document["by_event"]["read"] == 1, "once, though it is recorded as an event too"


def test_a_stop_stays_before_every_rule(house: House) -> None:
    house.says(ASHA, "STOP")
    more = RULES + "  - {rule: never, when: {text: STOP}, then: [reply: stay]}\n"

    assert "never" not in outcomes.document(run(house, more))["rules"]


def test_nothing_is_sent_or_written(house: House) -> None:
    house.says(ASHA, "price")
    before = {n: house.rt.db[n].count_documents({}) for n in house.rt.db.list_collection_names()}

    run(house, RULES.replace("words: [price", "words: [cost, price"))

    after = {n: house.rt.db[n].count_documents({}) for n in house.rt.db.list_collection_names()}
    assert before == after


def test_bad_rules_are_refused(house: House) -> None:
    with pytest.raises(RuleFilesError, match="'prize'"):
        run(house, RULES.replace("{intent: price}", "{intent: prize}"))


def test_many_events_take_no_more_memory_and_show_how_far_it_is(house: House) -> None:
    many(house.rt.db, 4_000)
    held: list[int] = []
    counts: list[int] = []

    def progress(count: int) -> None:
        counts.append(count)
        held.append(tracemalloc.get_traced_memory()[0])

    tracemalloc.start()
    found = run(house, RULES.replace("words: [price", "words: [cost, price"), progress=progress)
    tracemalloc.stop()

    assert (found.events, counts[:2]) == (4_000, [500, 1_000])
    assert outcomes.document(found)["answered"]["gained"] == 2_000
    assert held[-1] < held[2] + 300_000, held


def test_no_more_are_looked_at_than_asked_for_and_those_the_latest(house: House) -> None:
    many(house.rt.db, 30)

    found = run(house, RULES, most=10)

    assert found.events == 10


def test_what_the_rules_were_told_is_kept_so_that_they_can_be_asked_again(house: House) -> None:
    house.says(ASHA, "price")
    more = RULES + (
        "  - rule: kind\n"
        "    when: {campaign_type: triggered, event: replied}\n"
        "    then: [reply: ok]\n"
    )
    house.taps(ASHA, "SEE_OFFERS", "See offers")

    kept = house.rt.db.events.find_one({"name": "message", "button": "SEE_OFFERS"})
    assert kept is not None
    assert kept["about"]["button_title"] == "See offers"
    assert "kind" in outcomes.document(run(house, more))["rules"]


def test_somebody_in_a_live_segment_is_asked_as_in_it(house: House) -> None:
    segments.describe(house.rt.db, "indians", SegmentKind.LIVE, read({"country": "IN"}), NOW)
    house.says(ASHA, "hello")
    when = "{event: message, contact.segments: {has: indians}}"
    rule = f"\n  - {{rule: local, when: {when}, then: [reply: hi]}}\n"

    document = outcomes.document(run(house, RULES + rule))

    assert document["rules"]["local"]["gained"] == 1
