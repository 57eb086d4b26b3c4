"""`flask campaigns …`: define campaigns from a file, and take them through their life."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import click
from flask import current_app
from flask.cli import AppGroup

from campaigns import files, service
from campaigns.documents import InvalidCampaignError
from campaigns.service import ImpossibleStepError, UnknownCampaignError
from runtime import Runtime
from store.documents.campaign import Campaign
from store.mongo import Db, StoreError

BY = "command line"

group = AppGroup("campaigns", help="Define campaigns, start and stop them.")

_Step = Callable[[Db, str, str, datetime], Campaign]


@group.command("apply")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def apply_file(file: Path) -> None:
    """Define each campaign in FILE (YAML, one or more documents). Safe to repeat.

    Those that are as they should be are kept, also where another in the file is not.
    """
    try:
        documents = files.read(file.read_text("utf-8"))
    except files.UnreadableFileError as error:
        raise click.ClickException(f"{file}:{error}") from None
    except UnicodeDecodeError:
        raise click.ClickException(f"{file}: is not UTF-8 text") from None
    if not documents:
        raise click.ClickException(f"{file}: holds no campaign")
    results = [_apply(file, document) for document in documents]
    if not all(results):
        raise SystemExit(1)


def _apply(file: Path, document: Any) -> bool:
    name = document.get("campaign") if isinstance(document, dict) else None
    if not isinstance(name, str):
        click.echo(f"{file}: campaign: every document needs the name of its campaign", err=True)
        return False
    try:
        campaign = service.define(_runtime().db, name, document, BY, datetime.now(UTC))
    except InvalidCampaignError as error:
        for problem in error.problems:
            click.echo(f"{file}: {problem.path}: {problem.message}", err=True)
        return False
    except ImpossibleStepError as error:
        click.echo(f"{file}: {name}: {error}", err=True)
        return False
    except StoreError as error:
        raise _store_failed(error) from None
    click.echo(f"{name}: version {campaign['version']}, {campaign['state']}")
    return True


@group.command("start")
@click.argument("name")
def start(name: str) -> None:
    """Start campaign NAME."""
    _take(service.start, name)


@group.command("pause")
@click.argument("name")
def pause(name: str) -> None:
    """Pause campaign NAME: nothing more is sent until it is resumed."""
    _take(service.pause, name)


@group.command("resume")
@click.argument("name")
def resume(name: str) -> None:
    """Go on with campaign NAME where it was paused."""
    _take(service.resume, name)


@group.command("cancel")
@click.argument("name")
def cancel(name: str) -> None:
    """End campaign NAME for good."""
    _take(service.cancel, name)


def _take(step: _Step, name: str) -> None:
    try:
        campaign = step(_runtime().db, name, BY, datetime.now(UTC))
    except UnknownCampaignError:
        raise click.ClickException(f"there is no campaign {name}") from None
    except ImpossibleStepError as error:
        raise click.ClickException(str(error)) from None
    except StoreError as error:
        raise _store_failed(error) from None
    click.echo(f"{name}: {campaign['state']}")


def _store_failed(error: StoreError) -> click.ClickException:
    return click.ClickException(f"the database did not do what was asked ({type(error).__name__})")


def _runtime() -> Runtime:
    return cast(Runtime, current_app.extensions["drumbeat"])
