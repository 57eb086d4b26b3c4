"""Starting, stopping, and bearing many slow requests at once."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from simulator.__main__ import config, main, parser
from simulator.server import is_loopback
from tests.simulator.conftest import ASHA, Sim, price_list

ROOT = Path(__file__).parents[2]


def test_two_hundred_senders_may_wait_at_once(sim: Sim) -> None:
    sim.control("PUT", "/faults", {"latency_ms": [400, 400]})
    codes: list[int] = []

    def one() -> None:
        codes.append(sim.send(ASHA, **price_list()).status_code)

    senders = [threading.Thread(target=one) for _ in range(200)]
    started = time.monotonic()
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    assert codes == [200] * 200
    assert time.monotonic() - started < 10  # one after the other would take 80 s


def test_only_this_machine_may_listen_unless_somebody_knows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--host", "0.0.0.0", "--port", "0"]) == 2
    assert "--i-know" in capsys.readouterr().err
    assert not is_loopback("no-such-host.invalid")
    assert is_loopback("localhost")


def test_settings_come_from_flags_and_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SIM_WEBHOOK_URL", "http://127.0.0.1:5000/webhooks/whatsapp")
    monkeypatch.setenv("SIM_APP_SECRET", "from the environment")
    made = config(parser().parse_args(["--waba-id", "42"]))
    assert made.settings.webhook_url == "http://127.0.0.1:5000/webhooks/whatsapp"
    assert (made.app_secret, made.waba_id) == ("from the environment", "42")


def test_unreadable_settings_are_refused_at_the_start(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", "0", "--settings", "{"]) == 2
    assert main(["--port", "0", "--settings", '{"trouhgput": 1}']) == 2
    assert "--settings" in capsys.readouterr().err


def test_a_stopped_simulator_answers_nobody_not_even_on_an_open_connection(sim: Sim) -> None:
    assert sim.send(ASHA, **price_list()).status_code == 200
    sim.handle.stop()
    with pytest.raises(requests.ConnectionError):
        sim.send(ASHA, **price_list())


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "simulator", "--port", "0"]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": ""}
    ) as started:
        yield started
        started.kill()


def test_the_command_says_where_it_listens_and_ends_when_told(
    process: subprocess.Popen[str],
) -> None:
    assert process.stdout
    url = process.stdout.readline().rsplit(" ", 1)[1].strip()
    assert "Drumbeat phone simulator" in requests.get(url, timeout=5).text
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def test_pages_of_other_sites_cannot_drive_the_phones(sim: Sim) -> None:
    answer = sim.http.post(
        f"{sim.handle.url}/sim/reset", headers={"Origin": "https://evil.example"}, timeout=5
    )
    assert answer.status_code == 403


def test_the_log_of_messages_is_bounded_but_the_counts_are_exact(sim: Sim) -> None:
    world = sim.handle.machine.world
    world.config = type(world.config)(keep=10)
    for _ in range(25):
        sim.send(ASHA, **price_list())
    sim.settle()
    found = sim.control("GET", "/sent")
    assert (len(found["sent"]), found["kept_from"], found["next"]) == (10, 16, 25)
    assert sim.control("GET", "/counts")["by_recipient"] == {ASHA: 25}
    assert len(sim.talk()) == 10
