"""`flask rules explain …`: what would come of something, and why. Changes nothing."""

import json
from datetime import UTC, datetime
from typing import Any

import click

from config.values import parse_duration
from contacts.identity import parse_phone
from events import foresee, foretold
from events.foresee import Question
from ops.rules_cli import current_runtime, group, refuse
from rules import files
from rules.book import RuleBook
from rules.books import Books, NoRulesError
from rules.event import MESSAGE
from rules.problems import RuleFilesError
from runtime import Runtime
from store import contacts
from store.documents.contact import Contact
from store.mongo import StoreError

__all__ = ["group"]  # with the questions added to it


@group.command("explain")
@click.argument("text", required=False)
@click.option("--contact", "phone", help="The phone number of the person it is about.")
@click.option("--button", help="The payload or id of a button that is tapped.")
@click.option("--campaign", help="The campaign whose message it answers, or is about.")
@click.option("--event", default=MESSAGE, show_default=True, help="What happens, by its name.")
@click.option("--properties", help="Of a custom event, as JSON.")
@click.option("--link", help="Of `clicked`: where a tapped link leads, or link:1.")
@click.option("--error-code", type=int, help="Meta's, of `failed`.")
@click.option("--after", help="The time within which it was not done, such as 48h.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--all", "every_rule", is_flag=True, help="Print every rule that does not hold.")
def explain(
    text: str | None,
    phone: str | None,
    button: str | None,
    campaign: str | None,
    event: str,
    properties: str | None,
    link: str | None,
    error_code: int | None,
    after: str | None,
    as_json: bool,
    every_rule: bool,
) -> None:
    """Say what a message TEXT, or something else, would bring about, and why. Changes nothing.

    \b
    Example:  flask rules explain "how much is the blue one" --contact +919812345670
              flask rules explain --button INTERESTED --campaign diwali_offer
              flask rules explain --event cart_abandoned --properties '{"total": 2400}'
              flask rules explain --event read --campaign diwali_offer
              flask rules explain --event not_read --after 48h --campaign diwali_offer
    """
    rt = current_runtime()
    if text is None and button is None and event == MESSAGE:
        raise click.UsageError("Say what happens: a TEXT, --button or --event.")
    question = Question(
        event=event,
        text=text,
        button=button,
        campaign=campaign,
        link=link,
        error_code=error_code,
        after_s=_seconds(after) if after else None,
        properties=_properties(properties),
        contact=_contact(rt, phone) if phone else None,
    )
    book = _book(rt)
    try:
        seen = foresee.foresee(rt, book, question, datetime.now(UTC))
    except StoreError as error:
        raise click.ClickException(f"MongoDB does not answer: {type(error).__name__}") from None
    finally:
        book.close()
    if as_json:
        click.echo(json.dumps(foretold.document(seen), ensure_ascii=False, indent=2))
    else:
        click.echo(foretold.render(seen, every_rule=every_rule))


def _seconds(after: str) -> int:
    try:
        return int(parse_duration(after).total_seconds())
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--after") from None


def _properties(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        given = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"no JSON: {error}", param_hint="--properties") from None
    if not isinstance(given, dict):
        raise click.BadParameter('not like {"total": 2400}', param_hint="--properties")
    return given


def _book(rt: Runtime) -> RuleBook:
    """The published rules; those in RULES_DIR where none were published."""
    try:
        return Books(rt.settings).current(rt.db)
    except NoRulesError:
        click.echo("not published: these are the files in RULES_DIR", err=True)
    except StoreError as error:
        raise click.ClickException(f"MongoDB does not answer: {type(error).__name__}") from None
    try:
        texts = files.read_dir(rt.settings.rules_path())
        return RuleBook(0, texts, rt.settings.engine, timezone=rt.settings.timezone)
    except RuleFilesError as error:
        raise refuse(error) from None


def _contact(rt: Runtime, phone: str) -> Contact:
    try:
        wa_id = parse_phone(phone, rt.settings.default_country)
    except ValueError as error:
        raise click.ClickException(f"{phone}: {error}") from None
    found = contacts.by_identities(rt.db, [wa_id], [])
    if not found:
        raise click.ClickException(f"{phone}: nobody with this number is known")
    return found[0]
