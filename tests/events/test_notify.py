"""Telling other systems: owed, signed, repeated, and never told twice as two."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from pydantic import SecretStr

from events import notify
from rules import publish
from rules.books import Books
from tests.events.conftest import ASHA, House

SECRET = "a-secret-of-ours"
RULES = """
intents: {help: {words: [help]}}
rules:
  - rule: told
    when: {intent: help}
    then:
      - notify: {address: crm, data: {queue: help}}
      - notify: nowhere
      - reply: ok
"""


class Receiver:
    """Another system. answers: the status of each next post, 200 when none is left."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.got: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?shop=1"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()


@pytest.fixture
def crm() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture
def shop(house: House, crm: Receiver) -> House:
    settings = house.rt.settings.model_copy(
        update={
            "notify_private": True,
            "notify_secret": SecretStr(SECRET),
            "notify_addresses": {"crm": crm.url},
        }
    )
    house.rt = replace(house.rt, settings=settings)
    publish.publish(house.rt.db, {"r.yaml": RULES}, by="t", note="", now=house.now)
    house.books = Books(settings)
    return house


def post(shop: House) -> int:
    return notify.post_due(shop.rt, shop.clock, lambda: False)


def test_what_is_told_is_signed_and_says_who_what_and_why(shop: House, crm: Receiver) -> None:
    shop.says(ASHA, "help me")
    assert shop.texts() == ["ok"], "nobody waits for another system"
    assert crm.got == []
    assert post(shop) == 1

    ((headers, body),) = crm.got
    told = json.loads(body)
    assert told["rule"] == "told"
    assert told["event"] == "message"
    assert told["text"] == "help me"
    assert told["contact"]["phone"] == f"+{ASHA}"
    assert told["data"] == {"queue": "help"}
    assert headers["Idempotency-Key"] == f"notify:{told['id']}"
    stamp, signed = headers["X-Drumbeat-Signature"].split(",")
    said = stamp.removeprefix("t=").encode() + b"." + body
    assert signed == f"v1={hmac.new(SECRET.encode(), said, hashlib.sha256).hexdigest()}"
    assert shop.rt.db.fires.count_documents({"kind": "notify"}) == 0


def test_an_address_that_no_setting_gives_fails_alone(shop: House) -> None:
    shop.says(ASHA, "help me")

    event = shop.rt.db.events.find_one({"text": "help me"})
    assert event is not None
    assert [done["outcome"] for done in event["actions"]] == ["done", "again", "done"]
    assert "NOTIFY_ADDRESSES" in event["actions"][1]["detail"]


@pytest.mark.parametrize("status", [500, 302, 404])
def test_what_is_not_taken_is_told_again_later_as_the_same(
    shop: House, crm: Receiver, status: int
) -> None:
    crm.answers = [status]
    shop.says(ASHA, "help me")
    assert post(shop) == 0
    assert post(shop) == 0, "not before its time"
    shop.now += timedelta(seconds=10)
    assert post(shop) == 1

    (first, one), (second, two) = crm.got
    assert one == two
    assert first["Idempotency-Key"] == second["Idempotency-Key"]
    assert first["X-Drumbeat-Signature"] != second["X-Drumbeat-Signature"], "a newer time"


def test_the_same_event_handled_twice_is_told_once(shop: House, crm: Receiver) -> None:
    shop.says(ASHA, "help me")
    shop.rt.db.events.update_many({}, {"$set": {"actions": []}})
    shop.rt.db.inbox.update_many({}, {"$set": {"state": "new"}, "$unset": {"done_at": ""}})
    shop.drain()

    assert shop.rt.db.fires.count_documents({"kind": "notify"}) == 1


def test_an_address_that_fails_holds_nobody_up_and_is_given_up_in_the_end(
    shop: House, crm: Receiver
) -> None:
    crm.answers = [500] * 100
    shop.says(ASHA, "help me")
    shop.says(ASHA, "help again")
    assert post(shop) == 0
    assert len(crm.got) == 1, "left alone for the rest of the pass"
    for _ in range(12):
        shop.now += timedelta(hours=13)
        post(shop)
    assert shop.rt.db.fires.count_documents({"kind": "notify"}) == 0

    crm.answers = [410]
    shop.says(ASHA, "help")
    post(shop)
    assert shop.rt.db.fires.count_documents({"kind": "notify"}) == 0, "gone means gone"


def test_whoever_is_erased_is_not_told_of(shop: House, crm: Receiver) -> None:
    shop.says(ASHA, "help me")
    fire = shop.rt.db.fires.find_one({"kind": "notify"})
    assert fire is not None
    assert fire["subject"]["contact_id"] == shop.contact(ASHA)["_id"], "so erasing finds it"
