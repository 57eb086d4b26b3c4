"""From accepted to read, and all that stops a message on its way."""

from tests.simulator.conftest import ASHA, CHEN, Business, Sim, price_list


def names(business: Business) -> list[str]:
    return [each["status"] for each in business.statuses()]


def test_a_phone_that_is_off_gets_its_messages_when_it_is_on_again(
    sim: Sim, business: Business
) -> None:
    sim.control("PATCH", f"/people/{ASHA}", {"online": False})
    sim.send(ASHA, **price_list())
    sim.settle()
    assert names(business) == ["sent"]

    sim.control("PATCH", f"/people/{ASHA}", {"online": True})
    sim.settle()
    assert names(business) == ["sent", "delivered"]


def test_without_read_receipts_the_business_never_learns_of_the_reading(
    sim: Sim, business: Business
) -> None:
    sim.control("PATCH", f"/people/{ASHA}", {"read_receipts": False})
    sim.send(ASHA, **price_list())
    sim.settle()
    assert sim.control("GET", f"/people/{ASHA}")["unread"] == 1
    assert sim.control("POST", f"/people/{ASHA}/open") == {"read": 1}
    assert sim.control("POST", f"/people/{ASHA}/open") == {"read": 0}
    sim.settle()
    assert names(business) == ["sent", "delivered"]
    assert sim.control("GET", f"/people/{ASHA}")["unread"] == 0


def test_who_reads_at_once_reads_without_opening(sim: Sim, business: Business) -> None:
    sim.control("PATCH", f"/people/{CHEN}", {"auto_read": True})
    sim.send(CHEN, **price_list())
    sim.settle()
    assert names(business) == ["sent", "delivered", "read"]


def test_a_crowd_reads_as_much_as_it_is_told_to(sim: Sim) -> None:
    sim.control("PUT", "/settings", {"crowd": {"auto_read": 0.5, "no_whatsapp": 0.1}})
    for n in range(60):
        sim.send(f"91981234{n:04d}", **price_list())
    sim.settle()
    found = [each["status"] for each in sim.control("GET", "/sent")["sent"]]
    assert set(found) == {"read", "delivered", "failed"}
    assert found.count("read") > 10


def test_a_reset_forgets_what_was_on_its_way(sim: Sim, business: Business) -> None:
    sim.control("PUT", "/settings", {"latency_ms": [60_000, 60_000]})
    sim.send(ASHA, **price_list())
    sim.control("POST", "/reset")
    assert sim.control("GET", "/idle")["idle"]
    assert sim.talk() == []
    assert sim.control("GET", "/counts")["accepted"] == 0
    assert business.bodies == []
