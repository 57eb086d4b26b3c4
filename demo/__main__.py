"""`make demo`: everything on loopback, with a sample shop, until Ctrl-C.

Its data stay in `.data/demo`; a second run finds them again. PORT moves it.
"""

import argparse
import json
import os
import secrets
import shlex
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from config import clock
from config.settings import ROOT
from demo import seed, servers
from demo.servers import Server, ServerError
from demo.stack import OURS, SIMULATOR, Stack
from rules import autopublish

# A supervisor's SIGTERM and a closed terminal are a Ctrl-C too.
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SECRETS = (
    "WHATSAPP_ACCESS_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN", "API_TOKEN",
    "SECRET_KEY", "SHOPIFY_WEBHOOK_SECRET",
)  # fmt: skip
_NAMES = {"web": 0, "phone": 1, "MongoDB": 2, "Redis": 3}


def main() -> int:
    """Start, wait until ready, say where to look, watch, stop. The exit status."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / ".data" / "demo", help="its folder")
    folder = parser.parse_args().data.resolve()
    for number in _ENDING:
        signal.signal(number, _interrupt)
    running: list[Server] = []
    stack: Stack | None = None
    stopping = threading.Event()
    status = 0
    try:
        ports = _ports()
        folder.mkdir(parents=True, exist_ok=True)
        stack = _start(folder, ports, running)
        _follow_saves(stack.env, stopping)
        _watch(stack, running)
    except ServerError as error:
        _say(f"\n{error}", error=True)
        status = 1
    except KeyboardInterrupt:
        _say("\nStopping…")
    finally:
        _ignore_more()
        stopping.set()
        if stack is not None:
            stack.stop()
        for server in reversed(running):
            server.stop()
    return status


def _interrupt(*_: object) -> None:
    """Ctrl-C. A second one, while we are stopping, would leave processes behind."""
    _ignore_more()
    raise KeyboardInterrupt


def _ignore_more() -> None:
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)


def _ports() -> dict[str, int]:
    """Four ports in a row from PORT on. Raises ServerError naming one that is taken."""
    text = os.environ.get("PORT", "8000")
    if not text.isdigit() or not 1024 <= int(text) <= 65_000:
        raise ServerError(f"PORT={text} is not a port between 1024 and 65000.")
    ports = {name: int(text) + offset for name, offset in _NAMES.items()}
    for name, port in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                raise ServerError(
                    f"Port {port}, for {name}, is in use. Stop what listens there, or run "
                    f"`PORT={int(text) + 100} make demo`."
                ) from None
    return ports


def _start(folder: Path, ports: dict[str, int], running: list[Server]) -> Stack:
    _say("Starting MongoDB …")
    mongod = servers.start_mongod(folder / "mongodb", ports["MongoDB"])
    running.append(mongod)
    _say("Starting Redis …")
    redis = servers.start_redis(folder / "redis", ports["Redis"])
    running.append(redis)
    stack = Stack(
        folder=folder / "logs",
        env=_environment(folder, mongod, redis, ports),
        web_port=ports["web"],
        simulator_port=ports["phone"],
        simulator_options=(
            "--data",
            str(folder / "phones"),
            "--clock-file",
            str(folder / "clock"),
        ),
    )
    try:
        _say("Starting the phone simulator …")
        stack.start(SIMULATOR)
        stack.wait_for(f"{stack.phone_url}/sim/people", "the simulator")
        _say("Loading contacts, templates, rules and campaigns …")
        password = seed.load(stack.env)
        _keep_environment(folder / "env", stack.env)
        _say("Starting web, worker and clock …")
        for name in OURS:
            stack.start(name)
        stack.wait_for(f"{stack.url}/readyz", "Drumbeat")
    except BaseException:
        stack.stop()
        raise
    _say(
        f"\nready\n"
        f"  phone      {stack.phone_url}/   pick Asha, type: price\n"
        f"  campaigns  {stack.url}/   log in as admin, one-time password: {password}\n"
        f"  rules      {ROOT / 'rules' / 'files'}   a save publishes; faults are told here\n"
        f"  logs       {folder / 'logs'}\n"
        f"  commands   set -a; . {folder / 'env'}; set +a; .venv/bin/flask rules explain price\n\n"
        f"Ctrl-C stops everything.\n"
    )
    return stack


def _environment(
    folder: Path, mongod: Server, redis: Server, ports: dict[str, int]
) -> dict[str, str]:
    return {
        **_secrets(folder / "secrets.json"),
        "MONGODB_URI": mongod.url.replace("/?", "/drumbeat?"),
        "REDIS_URL": redis.url,
        "WHATSAPP_PHONE_NUMBER_ID": "106540352242922",
        "WHATSAPP_BUSINESS_ACCOUNT_ID": "102290129340398",
        "GRAPH_API_URL": f"http://127.0.0.1:{ports['phone']}",
        "TIMEZONE": "Asia/Kolkata",
        "DEFAULT_COUNTRY": "IN",
        "CLOCK_FILE": str(folder / "clock"),  # the phone's page moves everybody's time on
        "SESSION_COOKIE_SECURE": "false",  # plain HTTP on loopback
    }


def _keep_environment(file: Path, env: Mapping[str, str]) -> None:
    """For `flask` commands in another terminal; readable by its owner alone."""
    lines = "".join(f"{name}={shlex.quote(value)}\n" for name, value in sorted(env.items()))
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(lines)


def _secrets(file: Path) -> dict[str, str]:
    """Made at the first start that wants them and kept, readable by their owner alone."""
    try:
        kept: dict[str, str] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    except ValueError:
        raise ServerError(
            f"{file} is damaged. Delete the folder {file.parent} to start anew."
        ) from None
    if missing := [name for name in _SECRETS if name not in kept]:
        kept |= {name: secrets.token_urlsafe(24) for name in missing}
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump(kept, out)
    return kept


def _follow_saves(env: Mapping[str, str], stopping: threading.Event) -> None:
    """Saving a rule file publishes it; what is wrong with one is said here."""
    rt = seed.runtime_of(env)
    threading.Thread(
        target=autopublish.follow,
        args=(
            rt.db, rt.settings.rules_path(), stopping, lambda line: _say(f"rules: {line}"),
            clock.now,
        ),
        daemon=True,
    ).start()  # fmt: skip


def _watch(stack: Stack, running: list[Server]) -> None:
    """Until Ctrl-C. Raises ServerError when any process ends by itself."""
    while True:
        stack.raise_if_dead()
        for server in running:
            code = server.process.poll()
            if code is not None:
                raise ServerError(f"{server.name} stopped (exit status {code}). See {server.log}")
        time.sleep(0.5)


def _say(text: str, *, error: bool = False) -> None:
    print(text, file=sys.stderr if error else sys.stdout, flush=True)


if __name__ == "__main__":
    sys.exit(main())
