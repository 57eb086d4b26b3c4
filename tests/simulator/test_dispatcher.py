"""How webhooks reach the business: retried, batched, repeated, shuffled, and always signed."""

import json

from tests.clock import eventually
from tests.simulator.conftest import ASHA, Business, Sim, price_list


def test_anything_but_200_is_posted_again_until_it_is_200(sim: Sim, business: Business) -> None:
    sim.control("PUT", "/settings", {"retry": {"first_s": 0.01, "factor": 1.5, "max_s": 0.05}})
    business.answers = [500, 302, 201, 404]
    sim.act(ASHA, text="hi")
    sim.settle()

    assert len(business.bodies) == 5
    assert len(set(business.bodies)) == 1
    (post,) = sim.control("GET", "/webhooks")["webhooks"]
    assert (post["attempts"], post["last_status"], post["acknowledged"]) == (5, 200, True)


def test_a_business_that_is_away_gets_it_when_it_is_back(sim: Sim, business: Business) -> None:
    sim.control("PUT", "/settings", {"webhook_url": "http://127.0.0.1:9/", "retry": {"first_s": 0}})
    sim.act(ASHA, text="hi")
    eventually(lambda: sim.control("GET", "/webhooks")["totals"]["attempts"] > 1)
    assert sim.control("GET", "/webhooks")["webhooks"][0]["last_error"] == "ConnectionError"
    assert not sim.control("GET", "/idle")["idle"]

    sim.control("PUT", "/settings", {"webhook_url": business.url})
    sim.settle()
    assert len(business.messages()) == 1


def test_meta_gives_up_after_a_while(sim: Sim, business: Business) -> None:
    retry = {"first_s": 0.01, "factor": 1, "give_up_s": 60}
    sim.control("PUT", "/settings", {"retry": retry})
    business.answers = [500] * 1000
    sim.act(ASHA, text="hi")
    eventually(lambda: len(business.bodies) > 1)
    sim.clock.now += 61
    sim.settle()
    assert sim.control("GET", "/webhooks")["totals"]["given_up"] == 1


def test_updates_are_gathered_into_one_body(sim: Sim, business: Business) -> None:
    sim.control("PUT", "/settings", {"batch": {"max": 50, "window_ms": 150}})
    for n in range(10):
        sim.act(ASHA, text=f"line {n}")
    sim.settle()
    assert len(business.bodies) < 10
    said = [each["text"]["body"] for each in business.messages()]
    assert said == [f"line {n}" for n in range(10)]


def test_merged_statuses_share_one_value(sim: Sim, business: Business) -> None:
    batch = {"max": 50, "window_ms": 200, "merge": True}
    sim.control("PUT", "/settings", {"batch": batch})
    for n in range(4):
        sim.send(f"91981234567{n}", **price_list())
    sim.settle()
    assert len(business.statuses()) == 8
    assert len(business.values()) < 8
    assert max(len(value["contacts"]) for value in business.values()) == 4


def test_a_repeated_body_is_the_same_to_the_byte(sim: Sim, business: Business) -> None:
    sim.control("PUT", "/settings", {"repeats": 1.0})
    sim.act(ASHA, text="hi")
    eventually(lambda: len(business.bodies) == 2)
    assert business.bodies[0] == business.bodies[1]
    assert business.unsigned == 0


def test_shuffled_statuses_come_out_of_order_but_all_of_them(sim: Sim, business: Business) -> None:
    sim.control("PUT", "/settings", {"shuffle": True})
    for n in range(20):
        sim.send(f"9198123456{n:02d}", **price_list())
    sim.settle()
    order = [(each["id"], each["status"]) for each in business.statuses()]
    assert len(set(order)) == 40
    wamids = {wamid for wamid, _ in order}
    late = [w for w in wamids if order.index((w, "sent")) > order.index((w, "delivered"))]
    assert late


def test_without_an_address_nothing_is_posted_and_nothing_waits(sim: Sim) -> None:
    sim.control("PUT", "/settings", {"webhook_url": ""})
    sim.act(ASHA, text="hi")
    sim.settle()
    assert sim.control("GET", "/webhooks")["totals"]["updates"] == 0


def test_any_change_of_metas_can_be_posted_on_request(sim: Sim, business: Business) -> None:
    change = {"field": "account_alerts", "value": {"entity_type": "BUSINESS"}}
    sim.control("POST", "/webhooks", {"changes": [change]})
    sim.settle()
    assert json.loads(business.bodies[0])["entry"][0]["changes"] == [change]


def test_an_envelope_names_the_business_account(sim: Sim, business: Business) -> None:
    sim.act(ASHA, text="hi")
    sim.settle()
    body = json.loads(business.bodies[0])
    assert body["object"] == "whatsapp_business_account"
    assert body["entry"][0]["id"] == sim.handle.config.waba_id
    assert body["entry"][0]["changes"][0]["field"] == "messages"
