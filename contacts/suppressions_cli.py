"""`flask suppressions …`: whom not to disturb, one by one and by the file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import click
from flask import current_app
from flask.cli import AppGroup

from contacts import cli_files, fields, undisturbed, undisturbed_file
from contacts.cli import store_told
from contacts.identity import Identity
from contacts.rows import UnusableFileError
from contacts.undisturbed import MAX_REASON_CHARS, Wish
from contacts.undisturbed_file import Reading
from runtime import Runtime
from store.documents.suppression import Scope

_SOURCE = "command line"

group = AppGroup("suppressions", help="Whom not to disturb.")


@group.command("list")
@store_told
def list_standing() -> None:
    """What stands, as CSV: phone, scope, until, reason, source, at."""
    for piece in undisturbed_file.stream(_runtime().db, datetime.now(UTC)):
        click.echo(piece, nl=False)


@group.command("add")
@click.argument("phone")
@click.option("--scope", type=click.Choice([one.value for one in Scope]), required=True)
@click.option("--until", default="", help="2026-12-31: to its end; or a moment. Else for good.")
@click.option("--reason", help="Why, for whoever looks at the history.")
@store_told
def add(phone: str, scope: str, until: str, reason: str | None) -> None:
    """Hold back marketing, or all, from the person with this PHONE (or BSUID)."""
    rt, now = _runtime(), datetime.now(UTC)
    identity = _identity(rt, phone)
    try:
        end = undisturbed.until_of(until, now, rt.settings.timezone)
        why = fields.text(reason or "", MAX_REASON_CHARS) or None
    except ValueError as error:
        raise click.ClickException(f"--until or --reason: {error}") from None
    wish = Wish(Scope(scope), end, why)
    changed = undisturbed.hold_back(rt.db, identity, wish, source=_SOURCE, evidence=None, now=now)
    click.echo("held back" if changed else "as much, or more, is held back already")


@group.command("lift")
@click.argument("phone")
@click.option("--reason", help="Why, for whoever looks at the history.")
@store_told
def lift(phone: str, reason: str | None) -> None:
    """Let messages through again to the person with this PHONE (or BSUID), whoever held them."""
    rt, now = _runtime(), datetime.now(UTC)
    identity = _identity(rt, phone)
    if not undisturbed.let_through(
        rt.db, identity, source=_SOURCE, reason=reason, evidence=None, now=now
    ):
        raise click.ClickException("nothing is held back from this person")
    click.echo("messages go through again")


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@store_told
def import_file(file: Path) -> None:
    """Hold back whom FILE names, CSV or NDJSON. Safe to repeat; rejected rows are told."""
    kind = cli_files.kind_of(file)
    rt = _runtime()
    how = Reading(rt.settings.default_country, rt.settings.timezone, datetime.now(UTC))
    with file.open("rb") as opened:
        try:
            report = undisturbed_file.bring_in(
                rt.db, cli_files.chunks(opened), kind, how, file.name
            )
        except UnusableFileError as error:
            raise click.ClickException(f"{file}:1: {error}") from None
    cli_files.tell_rejections(file, report.rejected, report.rejected_total)
    click.echo(
        f"held back {report.held_back}, unchanged {report.unchanged}, "
        f"rejected {report.rejected_total}"
    )
    if report.rejected_total:
        raise SystemExit(1)


@group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@store_told
def export_file(file: Path) -> None:
    """Write what stands to FILE as CSV, as an import takes it."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        opened.writelines(undisturbed_file.stream(_runtime().db, datetime.now(UTC)))
    click.echo(f"written to {file}")


def _identity(rt: Runtime, phone: str) -> Identity:
    try:
        return fields.identity(phone, rt.settings.default_country)
    except ValueError as error:
        raise click.ClickException(f"the phone number: {error}") from None


def _runtime() -> Runtime:
    return cast(Runtime, current_app.extensions["drumbeat"])
