"""`flask contacts …`: import a file, hand a person back to the rules, erase one."""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import ParamSpec, cast

import click
from flask import current_app
from flask.cli import AppGroup

from contacts import attributes, cli_files, erasure, export, fields, imports, segments
from contacts.attributes import AttributeInUseError
from contacts.audience import Audience
from contacts.identity import Identity
from contacts.importer import ImportReport
from contacts.imports import Source
from contacts.rows import UnusableFileError
from contacts.segments import ImpossibleSegmentError
from runtime import Runtime
from store import attributes as stored_attributes
from store import contacts
from store.documents.attribute import AttributeKind
from store.mongo import StoreError

P = ParamSpec("P")


group = AppGroup("contacts", help="Import contacts, hand them back to rules, and erase them.")


def store_told(command: Callable[P, None]) -> Callable[P, None]:
    """Say on standard error that the database is away, in place of a traceback."""

    @wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except StoreError as error:
            raise click.ClickException(
                f"the database did not do what was asked ({type(error).__name__})"
            ) from None

    return told


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@store_told
def import_file(file: Path) -> None:
    """Import FILE, CSV or NDJSON. Safe to repeat; rejected rows go to standard error."""
    kind = cli_files.kind_of(file)
    rt = _runtime()
    with file.open("rb") as opened:
        try:
            now = datetime.now(UTC)
            source = Source("command line", file.name, bytes_in_all=file.stat().st_size)
            report = imports.carry_out(
                rt.db,
                imports.begin(rt.db, kind, source, now),
                cli_files.chunks(opened),
                default_country=rt.settings.default_country,
                now=now,
                told=_Progress(file.stat().st_size) if sys.stderr.isatty() else None,
            )
        except UnusableFileError as error:
            raise click.ClickException(f"{file}:1: {error}") from None
    cli_files.tell_rejections(file, report.rejected, report.rejected_total)
    if report.opt_outs_kept:
        click.echo(
            f"{report.opt_outs_kept} of those called opted in had opted out, and stay so.", err=True
        )
    click.echo(
        f"created {report.created}, updated {report.updated}, unchanged {report.unchanged}, "
        f"rejected {report.rejected_total}"
    )
    if report.rejected_total:
        raise SystemExit(1)


@group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--segment", help="Only the people in this segment, static or live.")
@store_told
def export_file(file: Path, segment: str | None) -> None:
    """Write everybody to FILE, CSV or NDJSON, as an import takes it."""
    kind = cli_files.kind_of(file, "is to hold")
    db = _runtime().db
    if segment is not None and segments.find(db, segment) is None:
        raise click.ClickException(f"there is no segment {segment}")
    meant = Audience(segments=(segment,) if segment else ())
    try:
        pieces = export.stream(db, kind, meant, datetime.now(UTC))
    except ImpossibleSegmentError as error:
        raise click.ClickException(str(error)) from None
    with file.open("w", encoding="utf-8", newline="") as opened:
        opened.writelines(pieces)
    click.echo(f"written to {file}")


@group.command("attributes")
@store_told
def list_attributes() -> None:
    """Every attribute, its kind, and whose value was the first."""
    for row in stored_attributes.every(_runtime().db):
        click.echo(f"{row['_id']}\t{row['kind']}\t{row['source']}")


@group.command("define")
@click.argument("name")
@click.argument("kind", type=click.Choice([kind.value for kind in AttributeKind]))
@store_told
def define_attribute(name: str, kind: str) -> None:
    """Say that the attribute NAME is of KIND, before its first value does. Safe to repeat."""
    try:
        attributes.define(
            _runtime().db,
            fields.attribute_name(name),
            AttributeKind(kind),
            "command line",
            datetime.now(UTC),
        )
    except (ValueError, AttributeInUseError) as error:
        raise click.ClickException(f"{name}: {error}") from None
    click.echo(f"{name} {kind}")


@group.command("hand-back")
@click.argument("phone")
@store_told
def hand_back(phone: str) -> None:
    """Let rules answer the person with this PHONE (or BSUID) again, whom an agent answers."""
    rt = _runtime()
    identity = _identity(rt, phone)
    if not contacts.hand_back(rt.db, identity.wa_id, identity.bsuid, datetime.now(UTC)):
        raise click.ClickException("no agent answers this person")
    click.echo("rules answer again")


def _identity(rt: Runtime, phone: str) -> Identity:
    try:
        return fields.identity(phone, rt.settings.default_country)
    except ValueError as error:
        raise click.ClickException(f"the phone number: {error}") from None


@group.command("erase")
@click.argument("phone")
@store_told
def erase_person(phone: str) -> None:
    """Erase the person with this PHONE (or BSUID) everywhere."""
    rt = _runtime()
    identity = _identity(rt, phone)
    if not erasure.erase(rt.db, identity, datetime.now(UTC)):
        raise click.ClickException("nothing is known of this person")
    click.echo("erased")


def _runtime() -> Runtime:
    return cast(Runtime, current_app.extensions["drumbeat"])


class _Progress:
    """One line on a terminal, written over after each batch."""

    def __init__(self, bytes_in_all: int) -> None:
        self._whole = max(1, bytes_in_all)
        self._begun = time.monotonic()

    def __call__(self, report: ImportReport, read: int) -> None:
        rate = report.lines / max(0.001, time.monotonic() - self._begun)
        click.echo(
            f"\r{read / self._whole:4.0%}  {report.lines:,} lines, {rate:,.0f} a second, "
            f"{report.rejected_total:,} rejected ",
            nl=read >= self._whole,
            err=True,
        )
