"""`flask db …`, `flask doctor`, `flask templates sync`, `flask sender resume`."""

from collections.abc import Iterator
from datetime import UTC, datetime

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from campaigns import templates
from ops import health
from reports import verify as verifying
from runtime import Runtime
from store import indexes, migrations, senders
from store.mongo import StoreError
from whatsapp import limits
from whatsapp.client import GraphError

db_group = AppGroup("db", help="The database: migrate, verify.")
templates_group = AppGroup("templates", help="Message templates, as Meta keeps them.")
sender_group = AppGroup("sender", help="Our phone number at Meta.")
_SHORT = 24


def _rt() -> Runtime:
    rt: Runtime = current_app.extensions["drumbeat"]
    return rt


@db_group.command("migrate")
def migrate() -> None:
    """Bring the database to the shape this version needs. Safe to repeat."""
    rt = _rt()
    try:
        done = migrations.migrate(rt.db, rt.settings, datetime.now(UTC))
    except StoreError as error:
        raise click.ClickException(f"MongoDB does not answer: {type(error).__name__}") from None
    for name in done:
        click.echo(f"done: {name}")
    if not done:
        click.echo("nothing to do")


@db_group.command("verify")
@click.option("--repair", is_flag=True, help="Put what is wrong right; safe while messages go.")
def verify(repair: bool) -> None:
    """Recount every counter from the deliveries, and check what must always hold."""
    db = _rt().db
    for mended in verifying.repair(db) if repair else ():
        click.echo(f"put right: {mended}")
    problems = verifying.problems(db)
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise SystemExit(1)
    click.echo("all counters and invariants hold")


@templates_group.command("sync")
def sync() -> None:
    """Fetch the templates from Meta."""
    try:
        count = templates.sync(_rt(), datetime.now(UTC))
    except GraphError as error:
        code = f" (code {error.code})" if error.code is not None else ""
        raise click.ClickException(f"Meta refused the list of templates: {error}{code}") from None
    click.echo(f"{count} templates")


@sender_group.command("resume")
def resume() -> None:
    """Let the number send again, after whatever blocked it was mended."""
    rt = _rt()
    resumed = senders.resume(rt.db, rt.whatsapp.phone_number_id, datetime.now(UTC))
    click.echo("sending again" if resumed else "it was not blocked")


@click.command("doctor")
@with_appcontext
def doctor() -> None:
    """Check settings, stores, token, webhook and rules; say what to do about each fault."""
    problems = list(_examine(_rt()))
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise SystemExit(1)
    click.echo("all is well")


def _examine(rt: Runtime) -> Iterator[str]:
    """A sentence a fault. What is well is said at once, on standard output."""
    click.echo("settings: complete")
    for name in ("api_token", "secret_key"):
        if len(getattr(rt.settings, name).get_secret_value()) < _SHORT:
            yield f"{name.upper()} is short: use at least {_SHORT} random characters."
    lacking = health.lacking(rt)
    yield from lacking
    if not any("MongoDB" in sentence for sentence in lacking):
        click.echo("MongoDB: answers")
        for name in indexes.missing(rt.db, indexes.keeping_of(rt.settings)):
            yield f"The index {name} is missing: run `flask db migrate`."
        sender = senders.find(rt.db, rt.whatsapp.phone_number_id)
        if sender and senders.blocked(sender, datetime.now(UTC)):
            yield f"Sending is blocked ({sender['reason']}); then run `flask sender resume`."
    if not any("Redis" in sentence for sentence in lacking):
        click.echo("Redis: answers")
    yield from _examine_meta(rt)
    yield from _examine_engine(rt)


def _examine_meta(rt: Runtime) -> Iterator[str]:
    try:
        number = rt.whatsapp.phone_number()
        click.echo(f"Meta: the token works, quality {number.get('quality_rating', 'unknown')}")
        if limit := limits.first(number, limits.FIELDS):
            many = "any number of" if limit.people is None else f"{limit.people:,}"
            click.echo(f"Meta: {many} people may be written to in 24 hours")
        if not rt.whatsapp.subscribed_apps():
            yield (
                "No app is subscribed to the account's webhooks: POST to its subscribed_apps, "
                "as the README shows."
            )
    except GraphError as error:
        yield f"Meta: {error}. Check WHATSAPP_ACCESS_TOKEN and WHATSAPP_PHONE_NUMBER_ID."


def _examine_engine(rt: Runtime) -> Iterator[str]:
    # Imported here: the other commands must not wait for the engine to load.
    from rules.books import Books, NoRulesError

    books = Books(rt.settings)
    try:
        book = books.current(rt.db)
    except NoRulesError as error:
        if books.unreadable():
            yield f"Rules: {error}; run `flask rules publish` with rules of this release."
        return  # that none were published is said above
    except StoreError:
        return
    click.echo(f"rules: version {book.version}, {book.engine_name} engine")
    for number in books.unreadable():
        yield f"Rules: version {number} cannot be read by this release; {book.version} decides."
    book.close()
    if rt.settings.engine == "durable" and book.engine_name != "durable":
        yield "ENGINE=durable, but durable_rules is not installed here."
