"""`flask campaigns enrol|withdraw|move`: who is in a drip."""

import hashlib
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import click
from bson import ObjectId

from campaigns import moving, roster
from campaigns.cli import BY, group, runtime, said
from campaigns.enrolling import Entry
from config import clock

__all__ = ["group"]


@group.command("enrol")
@click.argument("name")
@click.argument("phones", nargs=-1)
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV with a column `phone`, or a phone number a line. The same file enrols once.",
)
def enrol(name: str, phones: tuple[str, ...], file: Path | None) -> None:
    """Put the people with these PHONES, or those of a file, into the drip NAME."""
    if bool(phones) == (file is not None):
        raise click.UsageError("name PHONES, or a --file; one of the two")
    now = clock.now()
    enrolled = left_out = 0
    with said(), ExitStack() as opened:
        numbers: Iterable[str] = phones
        cause = f"hand:{ObjectId()}"
        if file is not None:
            cause = f"file:{_digest(file)}"
            numbers = roster.numbers_in(opened.enter_context(file.open(encoding="utf-8-sig")))
        for part in roster.enrol(runtime(), name, numbers, Entry(cause, BY, now), now):
            enrolled += part.enrolled
            left_out += len(part.left_out)
            for place, why in part.left_out:
                click.echo(f"{file or 'phone'}:{place + 1}: {why}", err=True)
    click.echo(f"{name}: enrolled {enrolled}, left out {left_out}")
    if left_out:
        raise SystemExit(1)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


@group.command("withdraw")
@click.argument("name")
@click.argument("phone")
def withdraw(name: str, phone: str) -> None:
    """Take the person with this PHONE out of the drip NAME."""
    with said():
        left = roster.withdraw(runtime(), name, phone, BY, clock.now())
        click.echo(f"{name}: {'withdrawn' if left else 'was not in it'}")


@group.command("move")
@click.argument("name")
def move(name: str) -> None:
    """Have the people in older versions of the drip NAME go on in the newest."""
    with said():
        click.echo(f"{name}: moved {moving.move(runtime(), name, clock.now())}")
