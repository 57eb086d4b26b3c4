"""`flask contacts why PHONE [CAMPAIGN]`: here, since reports know contacts and not they reports."""

from datetime import UTC, datetime
from typing import cast

import click
from flask import current_app

from contacts import fields
from contacts.cli import group, store_told
from reports import why
from runtime import Runtime
from store import contacts

__all__ = ["group"]


@group.command("why")
@click.argument("phone")
@click.argument("campaign", required=False)
@store_told
def tell(phone: str, campaign: str | None) -> None:
    """Tell why the person with this PHONE (or BSUID) did, or didn't, get CAMPAIGN's message."""
    rt = cast(Runtime, current_app.extensions["drumbeat"])
    try:
        identity = fields.identity(phone, rt.settings.default_country)
    except ValueError as error:
        raise click.ClickException(f"the phone number: {error}") from None
    ids = filter(None, [identity.wa_id]), filter(None, [identity.bsuid])
    person = next(iter(contacts.by_identities(rt.db, *ids)), None)
    if person is None:
        raise click.ClickException("nothing is known of this person")
    found = why.of(rt.db, person, campaign, datetime.now(UTC))
    if not found and campaign is not None:
        raise click.ClickException(f"there is no campaign {campaign}")
    for one in found:
        click.echo(f"{one.campaign or 'an answer'}: {one.answer}")
        for reason in one.because:
            click.echo(f"  {reason}")
    if not found:
        click.echo("Nothing was ever owed to this person.")
