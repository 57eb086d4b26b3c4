"""`flask users`: who may open the admin pages."""

import re
from datetime import UTC, datetime

import click
from flask import current_app
from flask.cli import AppGroup

from admin import passwords
from runtime import Runtime
from store import users
from store.documents.user import Role

group = AppGroup("users", help="Who may open the admin pages.")
_NAME = re.compile(r"[\w.@-]{1,64}")


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
    if not _NAME.fullmatch(name):
        raise click.ClickException("A name is up to 64 letters, digits, dots, dashes or @.")
    standing = users.find(rt.db, name)
    if standing and standing["password_hash"] and not reset:
        raise click.ClickException(
            f"{name} is there already. With --reset they get a new one-time password, "
            "and their old password and sessions end."
        )
    password = passwords.one_time()
    users.put_one_time(rt.db, name, passwords.hashed(password), datetime.now(UTC), Role(role))
    users.change(rt.db, name, {"password_hash": None, "sessions": []})
    click.echo(password)
    click.echo(f"{name} signs in with it once, then chooses an own password.", err=True)
