"""One message and everything it brings about."""

from datetime import timedelta

import pytest

from contacts import segments, words
from contacts.filters.read import read
from contacts.words import Wish
from deliveries import outbox
from reports import verify
from rules import publish
from rules.books import Books
from store.documents.segment import SegmentKind
from tests.events.conftest import ASHA, BILAL, CHEN, RULES, House, body
from tests.makers import order


def test_a_question_is_answered_by_its_campaign(house: House) -> None:
    house.says(ASHA, "What is the PRICE?")

    assert house.texts() == ["price_list"]
    template = house.sent()[0]["body"]["template"]
    assert template["components"][0]["parameters"][0]["text"] == "Asha"
    contact = house.contact(ASHA)
    assert contact["attributes"] == {"last_asked": "price"}
    assert contact["segments"] == ["asked"]
    assert contact["name"] == "Asha Kulkarni"
    assert contact["language"] == "hi"
    assert contact["country"] == "IN"
    assert contact["window_until"] == house.now.replace(microsecond=0) + timedelta(hours=24)


def test_the_same_message_twice_is_answered_once(house: House) -> None:
    house.says(ASHA, "price", "wamid.same")
    house.rt.db.inbox.update_one({"_id": "m:wamid.same"}, {"$set": {"state": "new", "tries": 0}})
    house.drain()

    assert house.texts() == ["price_list"]
    assert house.report()["counters"] == {"accepted": 1, "pending": 0, "sending": 0}


def test_a_worker_that_died_before_acting_acts_when_it_comes_back(house: House) -> None:
    house.says(ASHA, "price", "wamid.died")
    house.rt.db.deliveries.delete_many({})
    house.rt.db.events.update_many({}, {"$set": {"actions": []}})
    house.rt.db.inbox.update_one({"_id": "m:wamid.died"}, {"$set": {"state": "new", "tries": 1}})

    house.drain()

    assert house.texts() == ["price_list", "price_list"]  # the first row was lost by hand


def test_an_event_keeps_its_decision_though_its_own_actions_changed_the_person(
    house: House,
) -> None:
    once = """
intents: {hi: {words: [hi]}}
rules:
  - rule: welcome_once
    when: {intent: hi, contact.attributes.welcomed: {exists: false}}
    then: [{set_attributes: {welcomed: true}}, {reply: welcome}]
"""
    publish.publish(house.rt.db, {"rules.yaml": once}, by="test", note="", now=house.now)
    house.books = Books(house.rt.settings)
    house.says(ASHA, "hi", "wamid.hi")
    # As if the worker had died between the two actions.
    house.rt.db.deliveries.delete_many({})
    house.rt.db.events.update_many({}, {"$set": {"actions": []}})
    house.rt.db.inbox.update_one({"_id": "m:wamid.hi"}, {"$set": {"state": "new", "tries": 1}})

    house.drain()

    assert house.rt.db.deliveries.count_documents({}) == 1


def test_a_tapped_button_is_answered_and_counted_once(house: House) -> None:
    house.says(ASHA, "price")
    wamid = house.sent()[0]["wamid"]
    house.taps(ASHA, "SEE_OFFERS", "See offers", quoted=wamid)
    house.taps(ASHA, "SEE_OFFERS", "See offers", quoted=wamid)

    assert house.texts() == ["price_list", "Which?", "Which?"]
    tallies = house.report()["tallies"]
    assert (tallies["replied"], tallies["clicked"]) == (1, 1)
    assert tallies["button"] == {"SEE_OFFERS": 1}
    assert house.contact(ASHA)["attributes"]["answered"] is True
    assert verify.problems(house.rt.db) == []


def test_free_text_belongs_to_the_last_campaign_in_its_window(house: House) -> None:
    house.says(ASHA, "price")
    house.now += timedelta(hours=71)
    house.says(ASHA, "thank you")

    delivery = house.rt.db.deliveries.find_one({"campaign": "price_list"})
    assert delivery is not None
    assert delivery["reply"]["attribution"] == "window"


def test_a_text_after_the_reply_window_is_no_answer(house: House) -> None:
    house.says(ASHA, "price")
    house.now += timedelta(hours=73)
    house.says(ASHA, "hello again")

    assert "replied" not in house.report()["tallies"]


@pytest.mark.parametrize("word", ["STOP", "stop.", "Unsubscribe", "बंद करो"])
def test_stop_is_honoured_before_any_rule(house: House, word: str) -> None:
    house.says(ASHA, "price")
    house.says(ASHA, word)
    house.says(ASHA, word)
    house.says(ASHA, "price")

    assert len(house.texts()) == 2, "the campaign, and one confirmation"
    skipped = house.rt.db.deliveries.find_one({"status": "skipped"})
    assert skipped is not None
    assert skipped["reason"] == "suppressed"
    assert house.report()["tallies"]["opted_out"] == 1
    assert verify.problems(house.rt.db) == []


def test_the_confirmation_is_in_the_language_of_the_word(house: House) -> None:
    house.says(ASHA, "STOP")  # her number alone makes us take her for a Hindi speaker
    house.says(BILAL, "बंद")

    assert house.texts() == [
        words.confirmation(Wish.STOP, "en"),
        words.confirmation(Wish.STOP, "hi"),
    ]


def test_whoever_taps_stop_promotions_hears_that_only_those_stop(house: House) -> None:
    house.taps(ASHA, "STOP_PROMOTIONS", "Stop promotions")

    assert len(house.texts()) == 1
    suppression = house.rt.db.suppressions.find_one({})
    assert suppression is not None
    assert suppression["scope"] == "marketing"
    every = [words.confirmation(Wish.STOP, language) for language in ("en", "hi")]
    assert house.texts()[0] not in every


def test_start_brings_the_messages_back(house: House) -> None:
    house.says(ASHA, "STOP")
    house.says(ASHA, "START")
    house.says(ASHA, "price")

    assert house.texts()[2:] == ["price_list"]
    assert house.contact(ASHA)["consent"]["state"] == "yes"


def test_start_from_somebody_who_never_stopped_is_a_message_like_any(house: House) -> None:
    house.says(ASHA, "start")

    assert house.texts() == []
    event = house.rt.db.events.find_one({})
    assert event is not None
    assert event["decision"]["rules"] == []


def test_stop_inside_a_sentence_stops_nothing(house: House) -> None:
    house.says(ASHA, "please don't stop sending me the price")

    assert house.texts() == ["price_list"]


def test_stop_promotions_stops_marketing_alone(house: House) -> None:
    house.says(ASHA, "price")
    house.taps(ASHA, "Stop promotions", "Stop promotions", quoted=house.sent()[0]["wamid"])
    house.says(ASHA, "price")
    house.taps(ASHA, "SEE_OFFERS", "See offers")

    assert house.texts()[2:] == ["Which?"]
    skipped = house.rt.db.deliveries.find_one({"status": "skipped"})
    assert skipped is not None
    assert skipped["reason"] == "suppressed_marketing"


def test_a_stop_of_a_hidden_number_holds_for_the_number(house: House) -> None:
    house.says(ASHA, "price")
    house.writes(ASHA, {"type": "text", "text": {"body": "hi"}}, bsuid="IN.1349120865530274")
    house.writes(None, {"type": "text", "text": {"body": "STOP"}}, bsuid="IN.1349120865530274")
    house.says(ASHA, "price")

    assert house.rt.db.contacts.count_documents({}) == 1
    assert house.texts().count("price_list") == 1


def test_somebody_without_a_number_is_answered_by_bsuid(house: House) -> None:
    house.writes(None, {"type": "text", "text": {"body": "price"}}, bsuid="IN.1349120865530274")

    delivery = house.rt.db.deliveries.find_one({})
    assert delivery is not None
    contact = house.rt.db.contacts.find_one({})
    assert contact is not None
    assert (contact["wa_id"], contact["bsuid"]) == (None, "IN.1349120865530274")
    assert delivery["status"] in ("failed", "accepted")  # the simulator knows nobody of this id


def test_a_new_number_keeps_the_person_and_their_stop(house: House) -> None:
    house.says(BILAL, "STOP")
    house.writes(
        BILAL,
        {
            "type": "system",
            "system": {
                "type": "user_changed_number",
                "body": f"User Bilal changed from {BILAL} to 14155550199",
                "wa_id": "14155550199",
            },
        },
    )
    house.says("14155550199", "price")

    assert house.rt.db.contacts.count_documents({}) == 1
    assert house.texts().count("price_list") == 0


@pytest.mark.parametrize("value", ["stop", "resume"])
def test_metas_own_preference_feeds_the_same_suppression(house: House, value: str) -> None:
    for second, wanted in enumerate(["stop"] if value == "stop" else ["stop", "resume"]):
        said = {
            "wa_id": CHEN,
            "detail": "User requested it",
            "category": "marketing_messages",
            "value": wanted,
            "timestamp": int(house.now.timestamp()) + second,
        }
        house.receive(body("user_preferences", {"user_preferences": [said]}))
    house.says(CHEN, "price")

    assert house.texts() == ([] if value == "stop" else ["price_list"])


def test_a_message_of_each_strange_kind_harms_nobody(house: House) -> None:
    for strange in (
        {"type": "unsupported", "errors": [{"code": 131051}]},
        {"type": "interactive"},
        {"type": "reaction", "reaction": {"message_id": "wamid.x"}},
        {"type": "order", "order": {"product_items": None}},
        {"type": "something_of_2028", "something_of_2028": {"a": 1}},
        {"type": "contacts", "contacts": []},
        {"type": 5},
        {},
    ):
        house.writes(ASHA, strange)
    house.says(ASHA, "price")

    assert house.texts() == ["price_list"]
    assert house.rt.db.inbox.count_documents({"state": {"$ne": "done"}}) == 0


def test_without_published_rules_stop_is_honoured_all_the_same(house: House) -> None:
    house.rt.db.rule_versions.delete_many({})
    house.says(ASHA, "price")
    house.says(ASHA, "STOP")

    assert len(house.texts()) == 1
    assert house.texts()[0].startswith("You will get no more") or "START" in house.texts()[0]


def test_no_rule_lifts_what_a_person_asked_for(house: House) -> None:
    lifting = """
intents: {back: {words: [back]}}
rules:
  - rule: lift_all
    when: {intent: back}
    then: [{unsuppress: all}, {reply: hello again}]
"""
    publish.publish(house.rt.db, {"rules.yaml": lifting}, by="test", note="", now=house.now)
    house.books = Books(house.rt.settings)
    house.says(ASHA, "STOP")
    house.says(ASHA, "take me back")

    assert len(house.texts()) == 1, "the confirmation"
    event = house.rt.db.events.find_one({"text": "take me back"})
    assert event is not None
    assert event["actions"][0]["detail"] == "kept: the person asked for it"


def test_a_start_from_before_the_stop_that_comes_late_starts_nothing(house: House) -> None:
    house.says(ASHA, "STOP")
    house.writes(
        ASHA, {"type": "text", "text": {"body": "START"}}, at=house.now - timedelta(minutes=1)
    )
    house.says(ASHA, "price")

    assert "price_list" not in house.texts()


def test_an_answer_owed_while_its_person_was_joined_to_another_is_sent(house: House) -> None:
    bsuid = "IN.1349120865530274"
    house.says(ASHA, "hi")
    house.writes(None, {"type": "text", "text": {"body": "hi"}}, bsuid=bsuid)
    gone = house.rt.db.contacts.find_one({"bsuid": bsuid})
    assert gone is not None
    house.writes(ASHA, {"type": "text", "text": {"body": "hi"}}, bsuid=bsuid)
    owed = order(gone, "event:late", due_at=house.now)  # type: ignore[arg-type]  # as stored
    outbox.owe(house.rt.db, owed, house.now)

    house.drain()

    row = house.rt.db.deliveries.find_one({"cause": "event:late"})
    assert row is not None
    assert row["status"] == "accepted"
    assert row["contact_id"] == house.contact(ASHA)["_id"]


def test_a_stop_holds_for_what_was_owed_to_a_person_since_joined(house: House) -> None:
    bsuid = "IN.1349120865530274"
    house.says(ASHA, "STOP")
    house.writes(None, {"type": "text", "text": {"body": "hi"}}, bsuid=bsuid)
    gone = house.rt.db.contacts.find_one({"bsuid": bsuid})
    house.writes(ASHA, {"type": "text", "text": {"body": "hi"}}, bsuid=bsuid)
    assert gone is not None
    outbox.owe(house.rt.db, order(gone, "event:late", due_at=house.now), house.now)  # type: ignore[arg-type]  # as stored

    house.drain()

    row = house.rt.db.deliveries.find_one({"cause": "event:late"})
    assert row is not None
    assert (row["status"], row["reason"]) == ("skipped", "suppressed")


def test_a_resume_from_before_the_stop_that_comes_late_lifts_nothing(house: House) -> None:
    for value, second in (("stop", 0), ("resume", -100)):
        said = {
            "wa_id": CHEN,
            "category": "marketing_messages",
            "value": value,
            "timestamp": int(house.now.timestamp()) + second,
        }
        house.receive(body("user_preferences", {"user_preferences": [said]}))
    house.says(CHEN, "price")

    assert house.texts() == []


def test_lifting_marketing_says_that_it_leaves_all_standing(house: House) -> None:
    rules = """
intents: {mute: {words: [mute]}, back: {words: [back]}}
rules:
  - {rule: mute, when: {intent: mute}, then: [{suppress: {scope: all, for: 1h}}]}
  - {rule: back, when: {intent: back}, then: [{unsuppress: {}}]}
"""
    publish.publish(house.rt.db, {"rules.yaml": rules}, by="test", note="", now=house.now)
    house.books = Books(house.rt.settings)
    house.says(ASHA, "mute")
    house.says(ASHA, "back")

    event = house.rt.db.events.find_one({"text": "back"})
    assert event is not None
    assert event["actions"][0]["detail"].startswith("kept: everything is held back")


def test_a_rule_sees_that_somebody_is_in_a_live_segment(house: House) -> None:
    asked = read({"attributes.last_asked": "price"})
    segments.describe(house.rt.db, "asked_before", SegmentKind.LIVE, asked, house.now)
    rules = {
        "rules.yaml": RULES
        + "  - rule: again\n    when: {intent: price, contact.segments: {has: asked_before}}\n"
        + "    then: [{reply: Again?}]\n"
    }
    publish.publish(house.rt.db, rules, by="test", note="", now=house.now)
    house.says(ASHA, "price")
    first = house.texts()

    house.says(ASHA, "price")

    assert "Again?" not in first
    assert "Again?" in house.texts()


def test_what_several_rules_reply_to_one_message_leaves_in_the_order_of_the_rules(
    house: House,
) -> None:
    rules = {
        "rules.yaml": "rules:\n"
        + "".join(
            f"  - rule: r{n}\n    priority: {9 - n}\n    when: {{event: message}}\n"
            f"    then: [{{reply: 'first {n}'}}, {{reply: 'then {n}'}}]\n"
            for n in range(4)
        )
    }
    publish.publish(house.rt.db, rules, by="test", note="", now=house.now)

    house.says(ASHA, "hello")
    for _ in range(8):
        house.drain()

    assert house.texts() == [f"{what} {n}" for n in range(4) for what in ("first", "then")]


def test_the_earliest_answer_is_the_one_that_is_kept(house: House) -> None:
    """Meta may tell of a later one first; it is counted once all the same."""
    house.says(ASHA, "price")
    house.now += timedelta(minutes=10)
    early = house.now
    house.now += timedelta(minutes=10)
    house.says(ASHA, "second thoughts")
    house.writes(ASHA, {"type": "text", "text": {"body": "first"}}, at=early)

    [row] = house.rt.db.deliveries.find({"campaign": "price_list"})
    assert (row["reply"]["text"], row["reply"]["at"]) == ("first", early)
    assert house.report()["tallies"]["replied"] == 1
