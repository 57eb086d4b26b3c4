"""`flask tokens`: which other systems may call the API, and what each may do."""

from datetime import UTC, datetime

import click
from flask import current_app
from flask.cli import AppGroup

from accounts import tokens
from accounts.scopes import Scope
from accounts.tokens import ImpossibleTokenError
from runtime import Runtime
from store import api_tokens

group = AppGroup("tokens", help="Which other systems may call the API.")
_BY = "command line"


@group.command("add")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What it may do; given once for each.",
)
def add(name: str, scopes: tuple[str, ...]) -> None:
    """Make a token for the system NAME, and print it: nobody sees it again."""
    wanted = {Scope(scope) for scope in scopes}
    try:
        token = tokens.make(_runtime().db, name, wanted, _BY, datetime.now(UTC))
    except ImpossibleTokenError as error:
        raise click.ClickException(str(error)) from None
    click.echo(token)


@group.command("list")
def show() -> None:
    """Each token: its system, its scopes, when it was last used."""
    for row in api_tokens.every(_runtime().db):
        used = row["last_used_at"]
        when = f"last used {used:%Y-%m-%d %H:%M} UTC" if used else "never used"
        state = "revoked" if row["revoked_at"] else when
        click.echo(f"{row['_id']}: {', '.join(row['scopes'])} ({state})")


@group.command("revoke")
@click.argument("name")
def revoke(name: str) -> None:
    """Let the token of NAME open nothing any more."""
    try:
        tokens.revoke(_runtime().db, name, datetime.now(UTC))
    except ImpossibleTokenError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"The token of {name} opens nothing any more.", err=True)


def _runtime() -> Runtime:
    rt: Runtime = current_app.extensions["drumbeat"]
    return rt
