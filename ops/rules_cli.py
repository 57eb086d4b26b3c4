"""`flask rules …`: check, explain, publish, history."""

from datetime import UTC, datetime
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from contacts.identity import parse_phone
from events.decide import facts_of
from rules import files, terminal
from rules import publish as publishing
from rules.book import RuleBook
from rules.books import Books, NoRulesError
from rules.event import MESSAGE, ContactFacts, Event
from rules.problems import RuleFilesError
from runtime import Runtime
from store import contacts, rule_versions
from store.mongo import StoreError

group = AppGroup("rules", help="Rule files: check, explain, publish.")


def _rt() -> Runtime:
    rt: Runtime = current_app.extensions["drumbeat"]
    return rt


@group.command("check")
@click.argument(
    "folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
def check(folder: Path | None) -> None:
    """Check the rule files in FOLDER, or in RULES_DIR. Needs no store."""
    rt = _rt()
    if not terminal.check_folder(folder or rt.settings.rules_path(), publishing.known()):
        raise SystemExit(1)


@group.command("explain")
@click.argument("text")
@click.option("--contact", "phone", help="The phone number of the person who writes it.")
@click.option("--button", help="The payload or id of a button, tapped instead.")
def explain(text: str, phone: str | None, button: str | None) -> None:
    """Say what a message TEXT would bring about, and why. Changes nothing."""
    rt = _rt()
    person = _facts(rt, phone) if phone else ContactFacts()
    now = datetime.now(UTC)
    event = Event(id="explain", name=MESSAGE, at=now, text=text, button=button)
    book = _book(rt)
    click.echo(terminal.render(book.explain(event, person, now)))
    book.close()


def _book(rt: Runtime) -> RuleBook:
    """The published rules; those in RULES_DIR where none were published or no store answers."""
    try:
        return Books(rt.settings).current(rt.db)
    except (NoRulesError, StoreError):
        click.echo("not published: these are the files in RULES_DIR", err=True)
    try:
        texts = files.read_dir(rt.settings.rules_path())
        return RuleBook(0, texts, rt.settings.engine, timezone=rt.settings.timezone)
    except RuleFilesError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        raise SystemExit(1) from None


def _facts(rt: Runtime, phone: str) -> ContactFacts:
    try:
        wa_id = parse_phone(phone, rt.settings.default_country)
    except ValueError as error:
        raise click.ClickException(f"{phone}: {error}") from None
    found = contacts.by_identities(rt.db, [wa_id], [])
    if not found:
        raise click.ClickException(f"{phone}: nobody with this number is known")
    return facts_of(found[0])


@group.command("publish")
@click.option("--note", default="", help="Why, for the history.")
def publish(note: str) -> None:
    """Check RULES_DIR and make it the version that decides, from the next second on."""
    rt = _rt()
    try:
        version, new = publishing.publish_folder(rt, by="command", note=note, now=datetime.now(UTC))
    except RuleFilesError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        raise SystemExit(1) from None
    what = "published" if new else "nothing changed; still"
    click.echo(f"{what} version {version['_id']}")


@group.command("history")
def history() -> None:
    """The published versions, newest first."""
    for version in rule_versions.recent(_rt().db, 50):
        when = version["published_at"].strftime("%Y-%m-%d %H:%M UTC")
        click.echo(f"{version['_id']:>5}  {when}  {version['published_by']}  {version['note']}")
