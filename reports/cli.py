"""`flask campaigns report NAME`: here and not beside its siblings, since reports know campaigns."""

import json
from typing import cast

import click
from flask import current_app

from campaigns.cli import group
from reports import campaign
from runtime import Runtime
from store import mongo
from store.mongo import StoreError

_REPORT_S = 600.0  # it counts every delivery of the campaign

__all__ = ["group"]


@group.command("report")
@click.argument("name")
def report(name: str) -> None:
    """Print how campaign NAME did, as JSON."""
    rt = cast(Runtime, current_app.extensions["drumbeat"])
    try:
        with mongo.patience(_REPORT_S):
            found = campaign.of_campaign(rt.db, name, rt.settings.timezone)
    except StoreError as error:
        raise click.ClickException(
            f"the database did not do what was asked ({type(error).__name__})"
        ) from None
    if found is None:
        raise click.ClickException(f"there is no campaign {name}")
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))
