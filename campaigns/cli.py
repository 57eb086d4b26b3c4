"""`flask campaigns …`: define campaigns from a file, and take them through their life."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import click
from flask import current_app
from flask.cli import AppGroup

from campaigns import files, hearing, life, preview, service, trying
from campaigns.documents import InvalidCampaignError, read
from campaigns.service import ImpossibleStepError, UnknownCampaignError
from config import clock
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
    documents = documents_in(file, "campaign")
    results = [_apply(file, document) for document in documents]
    if not all(results):
        raise SystemExit(1)


def documents_in(file: Path, what: str) -> list[Any]:
    """The YAML documents of `file`, one at least. what: is described in them, for the sentence.

    Raises click.ClickException, which says where the fault is.
    """
    try:
        documents = files.read(file.read_text("utf-8"))
    except files.UnreadableFileError as error:
        raise click.ClickException(f"{file}:{error}") from None
    except UnicodeDecodeError:
        raise click.ClickException(f"{file}: is not UTF-8 text") from None
    if not documents:
        raise click.ClickException(f"{file}: holds no {what}")
    return documents


def _apply(file: Path, document: Any) -> bool:
    name = document.get("campaign") if isinstance(document, dict) else None
    if not isinstance(name, str):
        click.echo(f"{file}: campaign: every document needs the name of its campaign", err=True)
        return False
    try:
        campaign = service.define(runtime().db, name, document, BY, clock.now())
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


def _warn(db: Db, campaign: Campaign) -> None:
    """What keeps nobody from starting it, and may keep it from ever doing anything."""
    for sentence in hearing.warnings(db, read(campaign["definition"])):
        click.echo(f"{campaign['_id']}: warning: {sentence}", err=True)


@group.command("start")
@click.argument("name")
def start(name: str) -> None:
    """Start campaign NAME."""
    _take(life.start, name)


@group.command("pause")
@click.argument("name")
def pause(name: str) -> None:
    """Pause campaign NAME: nothing more is sent until it is resumed."""
    _take(life.pause, name)


@group.command("resume")
@click.argument("name")
def resume(name: str) -> None:
    """Go on with campaign NAME where it was paused."""
    _take(life.resume, name)


@group.command("cancel")
@click.argument("name")
def cancel(name: str) -> None:
    """End campaign NAME for good."""
    _take(life.cancel, name)


@group.command("retry-failed")
@click.argument("name")
def retry_failed(name: str) -> None:
    """Write again to those whom the last run of NAME failed to reach, as a new run."""
    _take(life.retry_failed, name)


@group.command("duplicate")
@click.argument("name")
@click.argument("copy")
def duplicate(name: str, copy: str) -> None:
    """Make COPY, a draft with the definition of campaign NAME."""
    _take(lambda db, old, by, now: trying.duplicate(db, old, copy, by, now), name, shown=copy)


@group.command("test")
@click.argument("name")
@click.argument("phones", nargs=-1, required=True)
def send_test(name: str, phones: tuple[str, ...]) -> None:
    """Send the message of campaign NAME to the people with these PHONES, outside of its report."""
    with said():
        owed = trying.send_test(runtime(), name, phones, BY, clock.now())
        click.echo(f"{name}: {len(owed)} on their way")


@group.command("preview")
@click.argument("name")
def look_ahead(name: str) -> None:
    """What starting campaign NAME will come to, as JSON. Exit status 1 where it cannot start."""
    with said():
        seen = preview.of(runtime(), name, clock.now())
        click.echo(json.dumps(asdict(seen), indent=2, ensure_ascii=False, default=str))
        if seen.blockers:
            raise SystemExit(1)


def _take(step: _Step, name: str, shown: str | None = None) -> None:
    with said():
        db = runtime().db
        campaign = step(db, name, BY, clock.now())
        click.echo(f"{shown or name}: {campaign['state']}")
        _warn(db, campaign)


@contextmanager
def said() -> Iterator[None]:
    """What cannot be done ends the command with a sentence on standard error."""
    try:
        yield
    except UnknownCampaignError as error:
        raise click.ClickException(f"there is no campaign {error}") from None
    except (ImpossibleStepError, InvalidCampaignError) as error:
        raise click.ClickException(str(error)) from None
    except StoreError as error:
        raise _store_failed(error) from None


def _store_failed(error: StoreError) -> click.ClickException:
    return click.ClickException(f"the database did not do what was asked ({type(error).__name__})")


def runtime() -> Runtime:
    return cast(Runtime, current_app.extensions["drumbeat"])
