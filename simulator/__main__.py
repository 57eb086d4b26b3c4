"""`python -m simulator`: flags, the environment, and one process in the foreground."""

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simulator.moving import MovedClock
from simulator.server import is_loopback, quiet, run
from simulator.settings import Config, Settings

OPTIONS = {
    "webhook_url": "where webhooks are posted",
    "app_secret": "signs them",
    "access_token": "the bearer token callers must show",
    "phone_number_id": "the business's number, as Meta names it",
    "waba_id": "the business account",
    "display_phone_number": "the business's number, digits only",
}


def parser() -> argparse.ArgumentParser:
    """Each option is also read from the environment, as SIM_WEBHOOK_URL and so on."""
    made = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    made.add_argument("--host", default="127.0.0.1")
    made.add_argument("--port", type=int, default=8020, help="0 picks a free one")
    made.add_argument("--data", type=Path, help="a folder that remembers people and conversations")
    made.add_argument("--keep", type=int, default=Config.keep, help="messages remembered")
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--settings", default="{}", help="JSON, as PUT /sim/settings takes it")
    made.add_argument(
        "--clock-file", type=Path, help="allows time to be moved on; how far stands in this file"
    )
    made.add_argument("--i-know", action="store_true", help="listen beyond this machine")
    for name, explained in OPTIONS.items():
        flag = f"--{name.replace('_', '-')}"
        made.add_argument(flag, default=os.environ.get(f"SIM_{name.upper()}"), help=explained)
    return made


def config(arguments: argparse.Namespace) -> Config:
    """The configuration of the arguments; what is not given keeps its default."""
    given: dict[str, Any] = {
        name: getattr(arguments, name)
        for name in OPTIONS
        if name != "webhook_url" and getattr(arguments, name)
    }
    if arguments.clock_file is not None:
        given["clock"] = MovedClock(arguments.clock_file)
    at_once = {"webhook_url": arguments.webhook_url or ""}
    return Config(
        host=arguments.host,
        port=arguments.port,
        data=arguments.data,
        keep=arguments.keep,
        seed=arguments.seed,
        settings=Settings.model_validate({**at_once, **json.loads(arguments.settings)}),
        **given,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM. Answers the exit status."""
    arguments = parser().parse_args(argv)
    if not is_loopback(arguments.host) and not arguments.i_know:
        sys.stderr.write(
            f"The simulator has no login, so it does not listen on {arguments.host}. "
            "Give --i-know where everybody who can reach it may read and change everything.\n"
        )
        return 2
    try:
        wanted = config(arguments)
    except ValueError as error:
        sys.stderr.write(f"--settings: {error}\n")
        return 2
    quiet()
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    handle = run(wanted)
    sys.stdout.write(f"Drumbeat phone simulator: {handle.url}/\n")
    sys.stdout.flush()
    stopping.wait()
    handle.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
