"""Everything of Drumbeat's as real processes on loopback: for the demo, for tests, for benchmarks.

web (gunicorn), worker (RQ) and clock run as the Procfile says; the simulator plays Meta.
"""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import requests

from config.settings import ROOT
from demo.servers import ServerError, die_with_parent, last_words

READY_S = 60.0
_STOP_S = 30.0
SIMULATOR = "simulator"
OURS = ("web", "worker", "clock")


@dataclass(slots=True)
class Stack:
    """The processes, by name. env: what they find in their environment, the settings above all."""

    folder: Path
    env: Mapping[str, str]
    web_port: int
    simulator_port: int
    simulator_options: tuple[str, ...] = ()
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def phone_url(self) -> str:
        return f"http://127.0.0.1:{self.simulator_port}"

    def log(self, name: str) -> Path:
        """Where a process's output goes."""
        return self.folder / f"{name}.log"

    def start(self, name: str) -> None:
        """Start one process; its group is its own, so that a kill reaches it alone."""
        self.folder.mkdir(parents=True, exist_ok=True)
        environment = {
            **os.environ,
            **self.env,
            "PORT": str(self.web_port),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",
        }
        with self.log(name).open("ab") as output:
            self.processes[name] = subprocess.Popen(
                self._command(name),
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def _command(self, name: str) -> list[str]:
        if name == SIMULATOR:
            return [
                sys.executable, "-m", "simulator",
                "--port", str(self.simulator_port),
                "--webhook-url", f"{self.url}/webhooks/whatsapp",
                # In one word with their option: a secret may begin with a dash.
                f"--app-secret={self.env['WHATSAPP_APP_SECRET'].split(',')[0]}",
                f"--access-token={self.env['WHATSAPP_ACCESS_TOKEN']}",
                "--phone-number-id", self.env["WHATSAPP_PHONE_NUMBER_ID"],
                "--waba-id", self.env["WHATSAPP_BUSINESS_ACCOUNT_ID"],
                *self.simulator_options,
            ]  # fmt: skip
        return shlex.split(procfile()[name])

    def wait_for(self, url: str, what: str, within_s: float = READY_S) -> None:
        """Return when `url` answers 200. Raises ServerError when a process dies or time is up."""
        deadline = time.monotonic() + within_s
        while True:
            self.raise_if_dead()
            try:
                if requests.get(url, timeout=2).status_code == requests.codes.ok:
                    return
            except requests.RequestException:
                pass  # not listening yet; the deadline decides
            if time.monotonic() > deadline:
                raise ServerError(f"{what} was not ready after {within_s:.0f} s: see {self.folder}")
            time.sleep(0.1)

    def raise_if_dead(self) -> None:
        """Raises ServerError naming the first process that ended by itself, and its last words."""
        for name, process in self.processes.items():
            code = process.poll()
            if code is not None:
                why = last_words(self.log(name))
                raise ServerError(
                    f"{name} stopped (exit status {code}): {why} See {self.log(name)}"
                )

    def kill(self, name: str) -> None:
        """kill -9 the process, and with it everything of its group."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self, *names: str) -> None:
        """Ask processes (all where none is named) to end; kill those that do not."""
        chosen = {name: self.processes.pop(name) for name in names or list(self.processes)}
        for process in chosen.values():
            process.terminate()
        deadline = time.monotonic() + _STOP_S
        for process in chosen.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def procfile() -> dict[str, str]:
    """{name: command} of the Procfile."""
    lines = (ROOT / "Procfile").read_text("utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines if line.strip())
