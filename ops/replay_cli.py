"""`flask rules replay`: what other rules would have made of the last days. Changes nothing."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from events import outcome as outcomes
from events import replay as replaying
from ops.rule_questions_cli import group
from ops.rules_cli import FOLDER, current_runtime, refuse
from rules import candidates
from rules.problems import RuleFilesError
from store import past
from store.mongo import StoreError

__all__ = ["group"]  # with the command added to it

_TELL_EVERY = 10_000


@group.command("replay")
@click.argument("folder", required=False, type=FOLDER)
@click.option("--days", type=click.IntRange(1, 365), default=7, show_default=True)
@click.option("--most", type=click.IntRange(min=1), help="Look at so many events, the latest.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def replay(folder: Path | None, days: int, most: int | None, as_json: bool) -> None:
    """Say what the rules in FOLDER, or in RULES_DIR, would have changed in the last days.

    Each event is held against them and against the rules that decide now. Nothing is sent or
    written. How far it is goes to standard error.

    \b
    Example:  flask rules replay --days 7
              flask rules replay --days 30 /srv/next-rules --json
    """
    rt = current_runtime()
    now = datetime.now(UTC)
    since = now - timedelta(days=days)
    try:
        with candidates.beside_published(rt, folder or rt.settings.rules_path()) as (old, new):
            found = replaying.replay(
                rt.db,
                old,
                new,
                since,
                now=now,
                most=most,
                progress=_progress(past.count_events(rt.db, since)),
            )
            version = old.version
    except RuleFilesError as error:
        raise refuse(error) from None
    except StoreError as error:
        raise click.ClickException(f"MongoDB does not answer: {type(error).__name__}") from None
    if as_json:
        told = {"version": version, "since": since.isoformat(), **outcomes.document(found)}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    click.echo(
        f"{folder or 'RULES_DIR'} beside version {version}, since {since:%Y-%m-%d %H:%M} UTC"
    )
    for line in outcomes.lines(found):
        click.echo(line)


def _progress(about: int) -> Callable[[int], None]:
    told = 0

    def tell(count: int) -> None:
        nonlocal told
        if count - told >= _TELL_EVERY:
            told = count
            click.echo(f"{count:,} of about {max(about, count):,} events", err=True)

    return tell
