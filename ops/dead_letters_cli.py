"""`flask dead-letters …`: look at what was set aside, put it back in line, or drop it."""

import getpass
from datetime import UTC, datetime

import click
from flask import current_app
from flask.cli import AppGroup

from events import dead_letters
from events.dead_letters import UnknownDeadLetterError, UselessRetryError
from runtime import Runtime
from store import dead_letters as kept
from store.documents.inbox import InboxItem
from store.mongo import StoreError

group = AppGroup("dead-letters", help="What could not be handled: look, retry, drop.")
_MOST = 200


def _rt() -> Runtime:
    rt: Runtime = current_app.extensions["drumbeat"]
    return rt


def _by() -> str:
    return f"command:{getpass.getuser()}"


def _named(name: str) -> InboxItem:
    try:
        return dead_letters.named(_rt().db, name)
    except UnknownDeadLetterError:
        raise _unknown(name) from None
    except StoreError as error:
        raise _away(error) from None


def _unknown(name: str) -> click.ClickException:
    return click.ClickException(
        f"nothing is set aside as {name}: `flask dead-letters list` names what is"
    )


def _away(error: StoreError) -> click.ClickException:
    return click.ClickException(f"MongoDB does not answer: {type(error).__name__}")


@group.command("list")
def list_() -> None:
    """What is set aside, newest first: name, kind, tries, when it was received, and why."""
    try:
        items = kept.latest(_rt().db, _MOST)
        total = kept.count(_rt().db, at_most=100_000)
    except StoreError as error:
        raise _away(error) from None
    for item in items:
        when = item["received_at"].strftime("%Y-%m-%d %H:%M UTC")
        tries = f"{item['tries']} tries"
        click.echo(
            f"{dead_letters.name_of(item)}  {item['kind']:<10}  {tries}  {when}  {_reason(item)}"
        )
    if total > len(items):
        click.echo(f"and {total - len(items)} older ones", err=True)
    if not items:
        click.echo("nothing is set aside", err=True)


def _reason(item: InboxItem) -> str:
    return " ".join((item.get("reason") or "no reason was kept").split())


@group.command("show")
@click.argument("name")
def show(name: str) -> None:
    """Print what dead letter NAME says, with phone numbers and texts, and what was tried."""
    item = _named(name)
    click.echo(f"kind: {item['kind']}\nshard: {item['shard']}\ntries: {item['tries']}")
    click.echo(f"received: {item['received_at'].isoformat()}\nreason: {_reason(item)}")
    for note in item.get("put_back", []):
        click.echo(f"put back: {note['at'].isoformat()} by {note['by']}, after: {note['reason']}")
    click.echo(f"\n{dead_letters.text_of(item)}")


@group.command("retry")
@click.argument("name", required=False)
@click.option("--all", "every", is_flag=True, help="All that can be read.")
def retry(name: str | None, every: bool) -> None:
    """Put dead letter NAME back in its line, with three tries again. Mend the cause first."""
    if every == (name is not None):
        raise click.UsageError("Give the name of one, or --all.")
    now = datetime.now(UTC)
    try:
        if name is None:
            click.echo(f"{dead_letters.retry_all(_rt(), _by(), now)} put back in line")
            return
        dead_letters.retry(_rt(), name, _by(), now)
    except UnknownDeadLetterError:
        raise _unknown(name or "") from None
    except UselessRetryError as error:
        raise click.ClickException(str(error)) from None
    except StoreError as error:
        raise _away(error) from None
    click.echo("put back in line")


@group.command("drop")
@click.argument("name")
def drop(name: str) -> None:
    """Give dead letter NAME up, and forget what it says. It will never be handled."""
    try:
        dead_letters.drop(_rt(), name, _by(), datetime.now(UTC))
    except UnknownDeadLetterError:
        raise _unknown(name) from None
    except StoreError as error:
        raise _away(error) from None
    click.echo("dropped")
