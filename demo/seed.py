"""Load the sample shop: contacts, templates, rules, campaigns, and a way in for `admin`.

What is there already stays as it is: a second run finds what people changed.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import yaml

import runtime
from accounts import passwords
from campaigns import life, service, templates
from campaigns.service import ImpossibleStepError
from config import clock
from config import settings as config_settings
from contacts import importer
from contacts.rows import FileKind
from demo.servers import ServerError
from rules import publish
from rules.problems import RuleFilesError
from runtime import Runtime
from store import campaigns, migrations, users
from store.documents.user import Role
from whatsapp.client import GraphError

SHOP = Path(__file__).parent / "shop"
ADMIN = "admin"


def runtime_of(env: Mapping[str, str]) -> Runtime:
    """A runtime on the settings in `env` alone."""
    given = {name.lower(): value for name, value in env.items()}
    return runtime.build(config_settings.load(_env_file=None, **given))


def load(env: Mapping[str, str]) -> str:
    """Load everything and return a one-time password. Safe to repeat. Raises ServerError."""
    rt = runtime_of(env)
    now = clock.now()
    migrations.migrate(rt.db, rt.settings, now)
    try:
        templates.sync(rt, now)
    except GraphError as error:
        raise ServerError(f"The templates could not be synced: {error}.") from None
    _contacts(rt, now)
    _campaigns(rt, now)
    try:
        publish.publish_folder(rt, by="demo", note="sample rules", now=now)
    except RuleFilesError as error:
        raise ServerError(f"The rule files are not good:\n{error}") from None
    password = passwords.one_time()
    users.put_one_time(rt.db, ADMIN, passwords.hashed(password), now, Role.ADMIN)
    rt.db.client.close()
    return password


def _contacts(rt: Runtime, now: datetime) -> None:
    file = SHOP / "contacts.csv"
    importer.run(
        rt.db,
        [file.read_bytes()],
        FileKind.CSV,
        default_country=rt.settings.default_country,
        evidence=file.name,
        now=now,
    )


def _campaigns(rt: Runtime, now: datetime) -> None:
    for file in sorted((SHOP / "campaigns").glob("*.yaml")):
        document = yaml.safe_load(file.read_text("utf-8"))
        name = document["campaign"]
        if campaigns.find(rt.db, name) is not None:
            continue
        service.define(rt.db, name, document, ADMIN, now)
        if document["type"] == "one_time" and "schedule" not in document:
            continue  # it would go out now; that is for whoever tries it
        try:
            life.start(rt.db, name, ADMIN, now)
        except ImpossibleStepError as error:
            raise ServerError(f"The sample campaign {name} cannot start: {error}.") from None
