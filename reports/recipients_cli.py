"""`flask campaigns recipients NAME`: its complete list, as CSV or as a spreadsheet."""

import io
from typing import IO, cast

import click
from flask import current_app

from reports import recipients, workbook
from reports.cli import group
from runtime import Runtime
from store import campaigns
from store.mongo import StoreError

__all__ = ["group"]


@group.command("recipients")
@click.argument("name")
@click.option("--format", "kind", type=click.Choice(["csv", "xlsx"]), default="csv")
@click.option(
    "--output", "into", type=click.File("wb", atomic=True), default="-", help="A file; - prints it."
)
def recipients_of(name: str, kind: str, into: IO[bytes]) -> None:
    """Write one row for each recipient of campaign NAME.

    It holds a few hundred recipients at a time, however many there are; a spreadsheet is made in
    the directory for temporary files first.
    """
    db = cast(Runtime, current_app.extensions["drumbeat"]).db
    try:
        if campaigns.find(db, name) is None:
            raise click.ClickException(f"there is no campaign {name}")
        if kind == "xlsx":
            with workbook.kept(db, name) as file:
                while piece := file.read(io.DEFAULT_BUFFER_SIZE):
                    into.write(piece)
        else:
            for line in recipients.csv_rows(db, name):
                into.write(line.encode())
    except StoreError as error:
        raise click.ClickException(
            f"the database did not do what was asked ({type(error).__name__})"
        ) from None
