"""The complete list from the command line."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

import runtime
from config.settings import Settings
from reports import recipients_cli
from store import mongo, redis
from store.documents.delivery import DeliveryStatus
from tests.reports import rows


@pytest.fixture
def app(settings: Settings, db: mongo.Db, red: redis.RedisClient) -> Iterator[Flask]:
    """A Flask app with the command and nothing else."""
    rt = runtime.build(settings)
    flask = Flask(__name__)
    flask.extensions["drumbeat"] = rt
    flask.cli.add_command(recipients_cli.group)
    rows.campaign(db)
    rows.brought(db, rows.run(db), DeliveryStatus.READ)
    yield flask
    rt.db.client.close()
    rt.redis.close()


def test_it_prints_csv_and_writes_a_spreadsheet(app: Flask, tmp_path: Path) -> None:
    run, file = app.test_cli_runner().invoke, tmp_path / "all.xlsx"

    printed = run(args=["campaigns", "recipients", "diwali_offer"])
    written = run(
        args=["campaigns", "recipients", "diwali_offer", "--format", "xlsx", "--output", str(file)]
    )

    assert printed.stdout.startswith("phone,bsuid,name,run")
    assert len(printed.stdout.splitlines()) == 2
    assert (written.exit_code, written.output) == (0, "")
    assert zipfile.ZipFile(file).testzip() is None


def test_an_unknown_campaign_is_said(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["campaigns", "recipients", "nowhere"])

    assert result.exit_code == 1
    assert "there is no campaign nowhere" in result.output
