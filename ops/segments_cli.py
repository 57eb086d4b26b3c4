"""`flask segments …`: describe segments from a file, look at them, name members."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import click
from flask import current_app
from flask.cli import AppGroup

from campaigns.cli import documents_in
from config.strict import name_fault
from contacts import audience, fields, segments, unknown
from contacts.audience import Audience
from contacts.cli import store_told
from contacts.filters.read import InvalidFilterError, read
from contacts.identity import Identity
from contacts.segments import ImpossibleSegmentError
from rules import segment_uses
from runtime import Runtime
from store import contacts
from store.documents.segment import SegmentKind

group = AppGroup("segments", help="Describe segments, count them, name their members.")


@group.command("list")
@store_told
def list_all() -> None:
    """Every segment, and whom it means."""
    for one in segments.every(_runtime().db):
        click.echo(f"{one.segment}\t{one.kind}\t{one.words}")


@group.command("count")
@click.argument("name")
@store_told
def count(name: str) -> None:
    """How many people are in NAME now, and whom it means."""
    db = _runtime().db
    found = segments.find(db, name)
    if found is None:
        raise click.ClickException(f"there is no segment {name}")
    try:
        people = audience.count(db, Audience(segments=(name,)), datetime.now(UTC))
    except ImpossibleSegmentError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{people} {found.words}")


@group.command("delete")
@click.argument("name")
@store_told
def delete(name: str) -> None:
    """Forget NAME, and take everybody out of it. Refused while anything names it."""
    db = _runtime().db
    if users := segment_uses.of(db, name):
        raise click.ClickException(f"{name} is named by {', '.join(users)}")
    if not segments.delete(db, name, datetime.now(UTC)):
        raise click.ClickException(f"there is no segment {name}")


@group.command("apply")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@store_told
def apply_file(file: Path) -> None:
    """Describe the segments in FILE (YAML, one or more documents). Safe to repeat.

    A document is `segment: NAME` with `where: …` for a live one, without for a static one.
    """
    documents = documents_in(file, "segment")
    results = [_apply(file, document) for document in documents]
    if not all(results):
        raise SystemExit(1)


def _apply(file: Path, document: Any) -> bool:
    """Whether it was described; what is wrong with it goes to standard error."""
    name = document.get("segment") if isinstance(document, dict) else None
    if not isinstance(name, str) or name_fault(name):
        return _told(f"{file}: segment: every document needs the name of its segment")
    if strange := sorted(document.keys() - {"segment", "where"}):
        return _told(f"{file}: {strange[0]}: is no key of a segment; known are segment and where")
    where = document.get("where")
    kind = SegmentKind.STATIC if where is None else SegmentKind.LIVE
    try:
        filtered = None if where is None else read(where)
        segments.describe(_runtime().db, name, kind, filtered, datetime.now(UTC))
        for sentence in unknown.warnings(_runtime().db, filtered.tree) if filtered else ():
            _told(f"{file}: {name}: warning: {sentence}")
    except InvalidFilterError as error:
        for problem in error.problems:
            _told(f"{file}: {name}: {problem.path}: {problem.message}")
        return False
    except ImpossibleSegmentError as error:
        return _told(f"{file}: {name}: {error}")
    click.echo(f"{name} {kind}")
    return True


def _told(sentence: str) -> bool:
    click.echo(sentence, err=True)
    return False


@group.command("add")
@click.argument("name")
@click.argument("phones", nargs=-1, required=True)
@store_told
def add(name: str, phones: tuple[str, ...]) -> None:
    """Put the people with these PHONES in the static segment NAME. Safe to repeat."""
    rt, ids = _runtime(), _members(name, phones)
    click.echo(f"added {segments.put_in(rt.db, name, ids, datetime.now(UTC))}")


@group.command("remove")
@click.argument("name")
@click.argument("phones", nargs=-1, required=True)
@store_told
def remove(name: str, phones: tuple[str, ...]) -> None:
    """Take the people with these PHONES out of the static segment NAME. Safe to repeat."""
    rt, ids = _runtime(), _members(name, phones)
    click.echo(f"removed {segments.take_out(rt.db, name, ids, datetime.now(UTC))}")


def _members(name: str, phones: tuple[str, ...]) -> list[Any]:
    """The contacts' ids; nothing is done where one of the phones is nobody's."""
    rt = _runtime()
    if reason := name_fault(name):
        raise click.ClickException(reason)
    try:
        segments.refuse_live(rt.db, [name])
    except ImpossibleSegmentError as error:
        raise click.ClickException(str(error)) from None
    return [_id_of(rt, place, written) for place, written in enumerate(phones, start=1)]


def _id_of(rt: Runtime, place: int, written: str) -> Any:
    try:
        who: Identity = fields.identity(written, rt.settings.default_country)
    except ValueError as error:
        raise click.ClickException(f"phone {place}: {error}") from None
    found = contacts.by_identities(rt.db, filter(None, [who.wa_id]), filter(None, [who.bsuid]))
    if not found:
        raise click.ClickException(f"phone {place}: no contact has it")
    return found[0]["_id"]


def _runtime() -> Runtime:
    return cast(Runtime, current_app.extensions["drumbeat"])
