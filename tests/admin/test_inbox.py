"""Agents see what was said both ways and why, take over from the rules, and answer in time."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config.settings import Settings
from contacts import handover
from rules import publish
from rules.books import Books
from runtime import Runtime
from simulator import server as simulator
from store import contacts, conversations, mongo
from store.documents.contact import Contact
from store.documents.delivery import DeliveryStatus, Purpose
from store.documents.user import Role
from store.redis import RedisClient
from tests.admin.conftest import post
from tests.clock import NOW
from tests.events.conftest import House
from tests.house.test_doors import signed_in
from tests.makers import ASHA, BILAL, CHEN, make_contact
from tests.reports import rows


@pytest.fixture
def settings(settings: Settings, meta: simulator.Handle) -> Settings:
    """The pages ask Meta as well."""
    return settings.model_copy(update={"graph_api_url": meta.url})


@pytest.fixture
def house(rt: Runtime, meta: simulator.Handle) -> House:
    publish.publish(rt.db, {"rules.yaml": "intents: {}\nrules: []\n"}, by="t", note="", now=NOW)
    return House(rt, meta, Books(rt.settings))


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def person(db: mongo.Db, red: RedisClient) -> Contact:
    """Asha, who wrote an hour ago."""
    at = _now() - timedelta(hours=1)
    made = make_contact(
        db, ASHA, name="Asha Rao", last_inbound_at=at, window_until=at + timedelta(hours=24),
        attributes={"city": "Pune"}, segments=["vip"],
    )  # fmt: skip
    heard(db, made, "what does it *cost*", at)
    return made


def heard(db: mongo.Db, who: Contact, text: str | None, at: datetime, **more: object) -> str:
    """A message that was handled; its event's id."""
    key = f"message:{who['wa_id']}:{db.events.count_documents({}):03}"
    row = {
        "_id": key, "name": "message", "contact_id": who["_id"], "at": at, "recorded_at": at,
        "text": text, "button": None, "message_type": "text", "campaign": None,
        "delivery_id": None, "properties": {}, "handled": None, "decision": None, "actions": [],
    }  # fmt: skip
    db.events.insert_one({**row, **more})
    return key


def shown(text: str, testid: str) -> str:
    found = re.search(rf'data-testid="{testid}"[^>]*>([^<]*)<', text)
    assert found, testid
    return found[1].strip()


def test_whoever_wrote_last_stands_first(asha: FlaskClient, db: mongo.Db, person: Contact) -> None:
    later = make_contact(db, BILAL, name="Bilal", last_inbound_at=_now())
    heard(db, later, None, _now(), message_type="image")
    make_contact(db, CHEN, name="Chen")

    text = asha.get("/inbox").text

    assert re.findall(r'latest">([^<]+)</a>', text) == ["Bilal", "Asha Rao"]
    assert "A picture" in text
    assert "what does it *cost*" in text


def test_pages_of_the_inbox_lose_nobody_between_them(asha: FlaskClient, db: mongo.Db) -> None:
    for number in range(70):  # all but a few of one and the same moment
        at = NOW + timedelta(seconds=max(0, number - 64))
        make_contact(db, f"91981234{number:04}", name=f"P{number}", last_inbound_at=at)
    seen: list[str] = []
    path = "/inbox"
    while path:
        text = asha.get(path).text
        seen += re.findall(r'latest">([^<]+)</a>', text)
        onward = re.search(r'href="([^"]+)" data-testid="onward"', text)
        path = onward[1] if onward else ""

    assert len(seen) == len(set(seen)) == 70
    assert seen[0] == "P69"


def test_a_page_of_the_inbox_is_served_by_its_index(db: mongo.Db, person: Contact) -> None:
    agents = handover.taken(NOW, NOW + timedelta(hours=1), "Asha")
    conversations.hand_over(db, person["_id"], agents, NOW)
    wrote = db.contacts.find({"last_inbound_at": {"$gt": datetime(1970, 1, 1, tzinfo=UTC)}})
    wrote = wrote.sort([("last_inbound_at", -1), ("_id", -1)])
    handed = db.contacts.find({"handed_over.until": {"$gt": NOW}}).sort("handed_over.until", 1)

    for query, index in ((wrote, "last_inbound_at_1"), (handed, "handed_over")):
        plan = str(query.explain()["queryPlanner"]["winningPlan"])
        assert f"'indexName': '{index}'" in plan
        assert "'SORT'" not in plan


def test_a_conversation_shows_both_sides_and_why(
    asha: FlaskClient, db: mongo.Db, person: Contact
) -> None:
    at = _now()
    heard(
        db, person, "price <please>", at,
        decision={
            "rule_version": 7, "engine": "python", "rules": ["price_list"],
            "intents": [{"name": "price", "how": "words", "confidence": 1.0}],
        },
        actions=[{"rule": "price_list", "action": {"reply": "Here"}, "outcome": "done",
                  "detail": "owed"}],
    )  # fmt: skip
    row = rows.owed(None, person["_id"])
    row |= {
        "created_at": at + timedelta(seconds=1), "campaign": None, "purpose": Purpose.REPLY,
        "message": {"type": "text", "text": {"body": "Here *you* are"}},
        "triggered_by": {"event_id": "1", "rule": "price_list", "rule_version": 7},
        "status": DeliveryStatus.READ, "stage": None,
    }  # fmt: skip
    db.deliveries.insert_one(dict(row))

    text = asha.get(f"/inbox/{person['_id']}").text

    assert "price &lt;please&gt;" in text
    assert shown(text, "why") == "Intent price"
    assert "Rule price_list (version 7)" in text
    assert "reply Here: done (owed)" in text
    assert "Here <b>you</b> are" in text
    assert shown(text, "fate") == "read"
    assert text.index("price &lt;please") < text.index("Here <b>you")
    for side in ("city", "Pune", "vip", "window is open until"):
        assert side in text


def test_a_long_conversation_is_read_page_by_page(
    asha: FlaskClient, db: mongo.Db, person: Contact
) -> None:
    for number in range(100):
        heard(db, person, f"word {number:03}", NOW + timedelta(seconds=number // 2))
    seen: list[str] = []
    path = f"/inbox/{person['_id']}"
    while path:
        text = asha.get(path).text
        seen = re.findall(r"word \d{3}", text) + seen
        earlier = re.search(r'href="([^"]+)" data-testid="earlier"', text)
        path = earlier[1].replace("&amp;", "&") if earlier else ""

    assert seen == [f"word {number:03}" for number in range(100)]


def test_an_answer_is_owed_as_a_reply_and_the_rules_keep_quiet(
    asha: FlaskClient, db: mongo.Db, person: Contact
) -> None:
    page = f"/inbox/{person['_id']}"

    once = {"once": "0123456789abcdef01234567", "quiet": "y"}
    for _ in range(2):  # the button was pressed twice
        answer = post(asha, f"{page}/reply", see=page, text="It is 20 {{ euros }}", **once)
        assert answer.location == f"{page}#latest"

    owed = list(db.deliveries.find({}))
    assert [row["message"]["text"]["body"] for row in owed] == ["It is 20 {{ euros }}"]
    assert owed[0]["purpose"] == "reply"
    assert owed[0]["triggered_by"]["by"] == "Asha"
    stands = contacts.by_ids(db, [person["_id"]])[person["_id"]]
    assert handover.is_quiet(stands, _now() + timedelta(minutes=1))
    assert "Asha answers until" in asha.get(page).text


def test_outside_the_window_an_answer_is_refused_and_its_words_are_kept(
    asha: FlaskClient, db: mongo.Db, red: RedisClient
) -> None:
    chen = make_contact(db, CHEN, window_until=_now() - timedelta(seconds=1))
    page = f"/inbox/{chen['_id']}"
    assert "window is closed" in shown(asha.get(page).text, "window")

    answer = post(asha, f"{page}/reply", see=page, text="are you there", once="a" * 24)

    assert answer.status_code == 422
    assert "window is closed" in shown(answer.text, "reply-error")
    assert "are you there</textarea>" in answer.text
    assert db.deliveries.count_documents({}) == 0
    assert "handed_over" not in contacts.by_ids(db, [chen["_id"]])[chen["_id"]]


@pytest.mark.parametrize("text", ["", "   ", "x" * 4097])
def test_a_poor_answer_says_what_is_wrong(
    asha: FlaskClient, db: mongo.Db, person: Contact, text: str
) -> None:
    page = f"/inbox/{person['_id']}"

    answer = post(asha, f"{page}/reply", see=page, text=text, once="a" * 24)

    assert answer.status_code == 422
    assert shown(answer.text, "reply-error")
    assert db.deliveries.count_documents({}) == 0


def test_taking_over_and_handing_back(asha: FlaskClient, db: mongo.Db, person: Contact) -> None:
    page = f"/inbox/{person['_id']}"
    assert "The rules answer everybody" in asha.get("/inbox?of=agents").text

    post(asha, f"{page}/take-over", see=page, hours="72")
    assert "Asha Rao" in asha.get("/inbox?of=agents").text
    assert shown(asha.get("/inbox").text, "handed") == "Asha answers"
    assert post(asha, f"{page}/take-over", see=page, hours="9000").status_code == 302
    stands = contacts.by_ids(db, [person["_id"]])[person["_id"]]
    assert handover.is_quiet(stands, _now() + timedelta(hours=71))
    assert not handover.is_quiet(stands, _now() + timedelta(hours=73))

    post(asha, f"{page}/hand-back", see=page)
    assert "The rules answer everybody" in asha.get("/inbox?of=agents").text


def test_a_viewer_reads_and_is_not_offered_to_write(app: Flask, person: Contact) -> None:
    viewer = signed_in(app, Role.VIEWER)

    text = viewer.get(f"/inbox/{person['_id']}").text

    assert "what does it" in text
    assert "reply-form" not in text
    assert "take-over" not in text


def test_a_file_is_fetched_by_us_and_only_its_name_is_in_the_address(
    asha: FlaskClient, house: House, meta_media: str
) -> None:
    picture = {"type": "image", "image": {"id": meta_media, "mime_type": "image/png"}}
    wamid = house.writes(ASHA, picture)
    person = house.rt.db.contacts.find_one({"wa_id": ASHA}) or {}
    text = asha.get(f"/inbox/{person['_id']}").text
    address = re.search(r'src="(/inbox/[^"]+/files/[^"]+)"', text)
    assert address
    assert wamid not in text

    answer = asha.get(address[1])

    assert answer.status_code == 200
    assert answer.data == b"\x89PNG, nearly"
    assert answer.mimetype == "image/png"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    again = asha.get(address[1], headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert asha.get(address[1][:-1] + "x").status_code == 404
    assert asha.get(f"/inbox/{person['_id']}/files/nothing").status_code == 404


def test_what_a_browser_might_run_is_only_ever_a_download(
    asha: FlaskClient, house: House, meta_page: str
) -> None:
    house.writes(ASHA, {"type": "document", "document": {"id": meta_page, "filename": "a.html"}})
    person = house.rt.db.contacts.find_one({"wa_id": ASHA}) or {}
    text = asha.get(f"/inbox/{person['_id']}").text
    address = re.search(r'href="(/inbox/[^"]+/files/[^"]+)"', text)
    assert address

    answer = asha.get(address[1])

    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment"


def test_a_file_that_meta_does_not_have_any_more_says_so(asha: FlaskClient, house: House) -> None:
    house.writes(ASHA, {"type": "image", "image": {"id": "4711"}})
    person = house.rt.db.contacts.find_one({"wa_id": ASHA}) or {}
    address = re.search(
        r'src="(/inbox/[^"]+/files/[^"]+)"', asha.get(f"/inbox/{person['_id']}").text
    )
    assert address

    answer = asha.get(address[1])

    assert answer.status_code == 502
    assert "cannot be shown" in answer.text


@pytest.fixture
def meta_media(rt: Runtime) -> str:
    return rt.whatsapp.upload(b"\x89PNG, nearly", "image/png", "a.png")


@pytest.fixture
def meta_page(rt: Runtime) -> str:
    return rt.whatsapp.upload(b"<script>alert(1)</script>", "text/html", "a.html")
