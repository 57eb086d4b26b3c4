"""`make demo` as a newcomer meets it: ready, a clear sentence for each fault, nothing left."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests

from config.settings import ROOT
from demo import servers
from tests.clock import eventually

pytestmark = pytest.mark.timeout(180)


@dataclass
class Demo:
    """A demo under way. output: everything it said so far."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int

    @property
    def output(self) -> str:
        return self.log.read_text("utf-8")

    def ready(self) -> bool:
        assert self.process.poll() is None, self.output
        return "\nready\n" in self.output

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def interrupt(self) -> int:
        """Ctrl-C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


Start = Callable[[], Demo]


def alive(family: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; one that has ended and waits for init to look is no process left."""
    running = []
    for process in family:
        try:
            if process.status() != psutil.STATUS_ZOMBIE:
                running.append(process)
        except psutil.NoSuchProcess:
            continue
    return running


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """start(): a demo on ports of its own, with its data below the test's folder."""
    port = servers.free_port(row=4)
    begun: list[Demo] = []

    def start() -> Demo:
        log = tmp_path / f"demo-{len(begun)}.out"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "demo", "--data", str(tmp_path / "data")],
                cwd=ROOT,
                env={**os.environ, "PORT": str(port)},
                stdout=output,
                stderr=output,
            )
        begun.append(Demo(process, log, port))
        return begun[-1]

    yield start
    for demo in begun:
        if demo.process.poll() is None:
            demo.interrupt()


def test_it_gets_ready_and_ctrl_c_leaves_nothing_behind(start: Start) -> None:
    demo = start()
    eventually(demo.ready, within_s=60, what=demo.output)
    family = demo.family()
    assert len(family) >= 8, "two servers, simulator, gunicorn with its workers, worker, clock"
    assert requests.get(f"http://127.0.0.1:{demo.port}/readyz", timeout=10).status_code == 200
    assert "one-time password: " in demo.output

    assert demo.interrupt() == 0

    assert not alive(family)

    again = start()
    eventually(again.ready, within_s=60, what=again.output)
    assert again.interrupt() == 0


def test_a_port_in_use_is_said_in_one_sentence() -> None:
    with socket.socket() as taken:
        demo_port = servers.free_port(row=4)
        taken.bind(("127.0.0.1", demo_port + 2))
        taken.listen()
        result = subprocess.run(
            [sys.executable, "-m", "demo"],
            cwd=ROOT,
            env={**os.environ, "PORT": str(demo_port)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    assert result.returncode == 1
    assert f"Port {demo_port + 2}, for MongoDB, is in use." in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("name", ["workers.clock", "mongod"])
def test_a_process_that_dies_ends_the_demo_and_is_named(start: Start, name: str) -> None:
    demo = start()
    eventually(demo.ready, within_s=60, what=demo.output)
    family = demo.family()
    victim = next(p for p in family if name in " ".join(p.cmdline()))

    victim.kill()

    assert demo.process.wait(60) == 1
    last = demo.output.strip().splitlines()[-1]
    assert name.rpartition(".")[2].replace("mongod", "MongoDB") in last
    assert "Traceback" not in demo.output
    assert not alive(family)


def test_a_corrupt_store_is_said_in_one_sentence(start: Start, tmp_path: Path) -> None:
    store = tmp_path / "data" / "mongodb"
    store.mkdir(parents=True)
    (store / "WiredTiger").write_bytes(b"\x00garbage")
    (store / "WiredTiger.wt").write_bytes(os.urandom(4096))
    (store / "storage.bson").write_bytes(b"\x00")

    demo = start()

    assert demo.process.wait(60) == 1
    assert "MongoDB stopped at once" in demo.output
    assert "Traceback" not in demo.output


def test_a_corrupt_redis_file_is_said_in_one_sentence(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "redis" / "appendonlydir"
    folder.mkdir(parents=True)
    (folder / "appendonly.aof.manifest").write_text("nonsense\n")

    demo = start()

    assert demo.process.wait(60) == 1
    assert "Redis stopped at once" in demo.output
    assert "Traceback" not in demo.output
