"""`flask rules …`: check and publish rule files, and go back to earlier ones."""

import json
import signal
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import click
from flask import current_app
from flask.cli import AppGroup

from ops import people
from rules import autopublish, files, schema, terminal
from rules import diff as differing
from rules import publish as publishing
from rules.known import Known
from rules.problems import RuleFilesError
from runtime import Runtime
from store import mongo, rule_versions
from store.documents.rule_version import RuleVersion
from store.mongo import StoreError

group = AppGroup("rules", help="Rule files: check, explain, publish, go back.")
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_note = click.option("-m", "--message", "--note", "note", default="", help="Why, for the history.")


def current_runtime() -> Runtime:
    """The application's."""
    rt: Runtime = current_app.extensions["drumbeat"]
    return rt


def refuse(error: RuleFilesError) -> SystemExit:
    """Print every problem to standard error; what to raise then."""
    for problem in error.problems:
        click.echo(str(problem), err=True)
    return SystemExit(1)


@group.command("check")
@click.argument("folder", required=False, type=FOLDER)
def check(folder: Path | None) -> None:
    """Check the rule files in FOLDER, or in RULES_DIR: every problem, by line and column.

    Names of campaigns, segments and attributes are held against the database where it answers.

    \b
    Example:  flask rules check
              flask rules check /srv/next-rules
    """
    rt = current_runtime()
    if not terminal.check_folder(folder or rt.settings.rules_path(), _known(rt)):
        raise SystemExit(1)


def _known(rt: Runtime) -> Known:
    try:
        with mongo.patience(3):
            return publishing.known(rt.db, rt.settings.address_names())
    except StoreError:
        told = "MongoDB does not answer: names of campaigns, segments and attributes go unchecked"
        click.echo(told, err=True)
        return publishing.known(None, rt.settings.address_names())


@group.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of rule files, for editors that complete and mark them.

    \b
    Example:  flask rules schema > rules.schema.json
    and as the first line of each rule file:
              # yaml-language-server: $schema=rules.schema.json
    """
    click.echo(json.dumps(schema.schema(), indent=2, ensure_ascii=False))


@group.command("publish")
@click.argument("folder", required=False, type=FOLDER)
@_note
def publish(folder: Path | None, note: str) -> None:
    """Check FOLDER, or RULES_DIR, and make it the version that decides.

    Every process takes it up within two seconds. Files that are not good change nothing.

    \b
    Example:  flask rules publish -m "Prices for Diwali"
    """
    rt = current_runtime()
    try:
        texts = files.read_dir(folder or rt.settings.rules_path())
        version, new = publishing.publish(
            rt.db, texts, by=people.operator(), note=note, now=datetime.now(UTC)
        )
    except RuleFilesError as error:
        raise refuse(error) from None
    except publishing.BusyError as error:
        raise click.ClickException(str(error)) from None
    if not new:
        click.echo(f"nothing changed; still version {version['_id']}")
        return
    click.echo(f"published version {version['_id']}")
    if said := differing.summary(version["changes"]):
        click.echo(f"  {said}")


@group.command("watch")
@click.argument("folder", required=False, type=FOLDER)
def watch(folder: Path | None) -> None:
    """Publish FOLDER, or RULES_DIR, now and at every save, until Ctrl-C. For writing rules.

    What is wrong with a save is printed as file:line:column, and changes nothing.

    \b
    Example:  flask rules watch
    """
    rt, stop = current_runtime(), Event()
    watched = folder or rt.settings.rules_path()
    click.echo(f"watching {watched}; Ctrl-C ends it")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    autopublish.follow(rt.db, watched, stop, click.echo, lambda: datetime.now(UTC))


@group.command("rollback")
@click.argument("number", type=click.IntRange(min=1))
@_note
def rollback(number: int, note: str) -> None:
    """Let the files of version NUMBER decide again, as a new version.

    No version is altered or lost, so a rollback can itself be taken back.

    \b
    Example:  flask rules history
              flask rules rollback 41 -m "42 answered everybody with the price list"
    """
    try:
        version, new = publishing.rollback(
            current_runtime().db, number, by=people.operator(), note=note, now=datetime.now(UTC)
        )
    except publishing.UnknownVersionError as error:
        raise click.ClickException(str(error)) from None
    except RuleFilesError as error:
        click.echo(f"version {number} is not good any more; nothing changed", err=True)
        raise refuse(error) from None
    except publishing.BusyError as error:
        raise click.ClickException(str(error)) from None
    if new:
        click.echo(f"published version {version['_id']}, with the files of version {number}")
    else:
        click.echo(f"nothing changed: version {version['_id']} decides with these very files")


@group.command("history")
@click.option("--diff", "number", type=click.IntRange(min=1), help="What version N changed.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
def history(number: int | None, limit: int) -> None:
    """The published versions, newest first: when, by whom, why, and what changed.

    \b
    Example:  flask rules history
              flask rules history --diff 42
    """
    db = current_runtime().db
    if number is not None:
        now = _version(number)
        earlier = rule_versions.before(db, number)
        was = f"version {earlier['_id']}" if earlier else "nothing"
        _show(dict(earlier["files"]) if earlier else {}, dict(now["files"]), was, number)
        return
    for version in rule_versions.recent(db, limit):
        when = version["published_at"].strftime("%Y-%m-%d %H:%M UTC")
        note = " ".join(version["note"].split())
        click.echo(f"{version['_id']:>5}  {when}  {version['published_by']}  {note}".rstrip())
        if said := differing.summary(version["changes"]):
            click.echo(f"       {said}")


@group.command("diff")
@click.argument("number", required=False, type=click.IntRange(min=1))
@click.argument("other", required=False, type=click.IntRange(min=1))
def diff(number: int | None, other: int | None) -> None:
    """How version NUMBER and version OTHER differ, as `diff -u` writes it.

    Without OTHER: how RULES_DIR differs from version NUMBER, or from the one that decides.

    \b
    Example:  flask rules diff          # what publishing would change
              flask rules diff 41 42
    """
    rt = current_runtime()
    first = _version(number) if number else rule_versions.latest(rt.db)
    was = f"version {first['_id']}" if first else "nothing"
    before = dict(first["files"]) if first else {}
    if other is not None:
        _show(before, dict(_version(other)["files"]), was, other)
        return
    try:
        _show(before, files.read_dir(rt.settings.rules_path()), was, None)
    except RuleFilesError as error:
        raise refuse(error) from None


def _version(number: int) -> RuleVersion:
    version = rule_versions.find(current_runtime().db, number)
    if version is None:
        raise click.ClickException(f"there is no version {number}; see `flask rules history`")
    return version


def _show(before: dict[str, str], after: dict[str, str], was: str, number: int | None) -> None:
    now = f"version {number}" if number else "RULES_DIR"
    text = differing.text(before, after, was=was, now=now)
    click.echo(text.rstrip("\n") if text else f"{was} and {now} are the same")
