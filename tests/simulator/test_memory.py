"""A second run finds people, templates and conversations again."""

from pathlib import Path

import requests

from simulator.server import Handle, run
from simulator.settings import Config, Settings
from tests.simulator.conftest import ASHA, Clock, Sim, price_list, template

QUIET = Settings(latency_ms=(0, 2), throughput=None)


def start(folder: Path) -> tuple[Handle, Sim]:
    handle = run(Config(port=0, data=folder, settings=QUIET))
    return handle, Sim(handle, Clock())


def test_people_templates_and_conversations_survive_a_restart(tmp_path: Path) -> None:
    handle, sim = start(tmp_path)
    sim.control("POST", "/people", {"wa_id": "+91 98123 45671", "name": "Devi"})
    sim.control("PATCH", "/templates/hello_world", {"status": "PAUSED"})
    sim.act(ASHA, text="price")
    sim.send(ASHA, **price_list(), biz_opaque_callback_data="d1")
    sim.settle()
    before = sim.talk()
    handle.stop()

    handle, sim = start(tmp_path)
    try:
        assert "Devi" in [each["name"] for each in sim.control("GET", "/people")["people"]]
        assert [each["wamid"] for each in sim.talk()] == [each["wamid"] for each in before]
        assert sim.talk()[-1]["callback_data"] == "d1"
        answer: requests.Response = sim.send(ASHA, **template("hello_world", language="en_US"))
        assert answer.json()["error"]["code"] == 132015
    finally:
        handle.stop()


def test_a_message_that_was_on_its_way_goes_on_after_a_restart(tmp_path: Path) -> None:
    handle, sim = start(tmp_path)
    sim.control("PUT", "/settings", {"latency_ms": [60_000, 60_000]})
    sim.send(ASHA, **price_list())
    handle.stop()

    handle, sim = start(tmp_path)
    try:
        sim.settle()
        assert sim.talk()[-1]["status"] == "delivered"
    finally:
        handle.stop()


def test_a_reset_forgets_on_disk_too(tmp_path: Path) -> None:
    handle, sim = start(tmp_path)
    sim.act(ASHA, text="price")
    sim.control("POST", "/reset")
    handle.stop()

    handle, sim = start(tmp_path)
    try:
        assert sim.talk() == []
        assert len(sim.control("GET", "/people")["people"]) == 3
    finally:
        handle.stop()
