"""`flask users`: who may open the admin pages."""

from datetime import UTC, datetime

import click
from flask import current_app
from flask.cli import AppGroup

from accounts import first, people
from accounts.people import ImpossibleAccountError
from runtime import Runtime
from store import users
from store.documents.user import Role

group = AppGroup("users", help="Who may open the admin pages.")


@group.command("add")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.ADMIN.value,
    show_default=True,
    help="What they may do.",
)
@click.option("--reset", is_flag=True, help="For somebody who is there: end what let them in.")
def add(name: str, *, role: str, reset: bool) -> None:
    """Let NAME in, by a one-time password that is printed once."""
    rt: Runtime = current_app.extensions["drumbeat"]
    standing = users.find(rt.db, name)
    if standing and standing["password_hash"] and not reset:
        raise click.ClickException(
            f"{name} is there already. With --reset they get a new one-time password, "
            "and their old password and sessions end."
        )
    try:
        password = people.invite(rt.db, name, Role(role), datetime.now(UTC), reset=reset)
    except ImpossibleAccountError as error:
        raise click.ClickException(str(error)) from None
    click.echo(password)
    click.echo(f"{name} signs in with it once, then chooses an own password.", err=True)


@group.command("setup-code")
def setup_code() -> None:
    """Print the code by which the first account is made on the page, while there is none."""
    rt: Runtime = current_app.extensions["drumbeat"]
    if not first.is_needed(rt.db):
        raise click.ClickException("There is an account already; `flask users add` makes more.")
    click.echo(first.code(rt.settings))
