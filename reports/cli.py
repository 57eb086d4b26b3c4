"""`flask campaigns report NAME`: here and not beside its siblings, since reports know campaigns."""

import json
from datetime import UTC, datetime
from typing import cast

import click
from flask import current_app

from campaigns.cli import group
from reports import campaign, ranges
from runtime import Runtime
from store.mongo import StoreError

__all__ = ["group"]


@group.command("report")
@click.argument("name")
@click.option("--range", "named", type=click.Choice(list(ranges.NAMED)), help="Days to count.")
@click.option("--from", "first", help="The first day to count, such as 2026-11-01.")
@click.option("--to", "last", help="The last day to count.")
@click.option("--run", type=click.IntRange(min=1), help="Only this run.")
def report(
    name: str, named: str | None, first: str | None, last: str | None, run: int | None
) -> None:
    """Print how campaign NAME did, as JSON."""
    rt = cast(Runtime, current_app.extensions["drumbeat"])
    zone = rt.settings.timezone
    try:
        within = ranges.read(named, first, last, datetime.now(UTC), zone)
        found = campaign.of_campaign(rt.db, name, zone, campaign.Asked(run, within))
    except ranges.RangeError as error:
        raise click.ClickException(f"the range {error}") from None
    except StoreError as error:
        raise click.ClickException(
            f"the database did not do what was asked ({type(error).__name__})"
        ) from None
    if found is None:
        which = f"run {run} of a campaign" if run else "campaign"
        raise click.ClickException(f"there is no {which} {name}")
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))
