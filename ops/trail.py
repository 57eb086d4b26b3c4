"""Commands that change something are written down too, by who is at the terminal."""

import functools
import getpass
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import click
from flask import Flask
from flask.cli import ScriptInfo

from accounts import audit
from runtime import Runtime

# These only look.
LOOKING = frozenset(
    {
        "campaigns preview", "campaigns report", "contacts attributes", "db verify",
        "dead-letters list", "dead-letters show", "doctor", "rules check", "rules diff",
        "rules explain", "rules history", "rules replay", "rules schema", "segments count",
        "segments list", "suppressions list", "tokens list", "users setup-code",
    }
)  # fmt: skip
# What is told of a command: names, never numbers, texts or paths.
_TOLD = frozenset({"name", "number", "role", "scopes", "copy"})
_PERSON = frozenset({"phone"})


def keep(app: Flask) -> None:
    """Have every command of the application written down that is not LOOKING. Safe to repeat.

    A command that somebody adds is written down without a word.
    """
    for words, command in commands(app.cli):
        known = getattr(command.callback, "written_down", False)
        if words not in LOOKING and command.callback is not None and not known:
            command.callback = _told(words, command.callback)


def commands(group: click.Group, above: str = "") -> Iterator[tuple[str, click.Command]]:
    """(`campaigns start`, the command) of every command of ours; Flask's own are none."""
    for name, command in group.commands.items():
        words = f"{above} {name}".strip()
        if isinstance(command, click.Group):
            yield from commands(command, words)
        elif words not in ("routes", "run", "shell"):
            yield words, command


def _told(words: str, callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def told(*args: Any, **kwargs: Any) -> Any:
        audit.begin()
        given = callback(*args, **kwargs)
        app = click.get_current_context().ensure_object(ScriptInfo).load_app()
        rt: Runtime = app.extensions["drumbeat"]
        subject = {key: kwargs[key] for key in (_TOLD | _PERSON) & kwargs.keys() if kwargs[key]}
        audit.record(
            rt.db,
            rt.settings,
            by=f"command line ({getpass.getuser()})",
            action=words,
            subject=subject,
            now=datetime.now(UTC),
        )
        return given

    told.written_down = True  # type: ignore[attr-defined]  # a group is one for many applications
    return told
