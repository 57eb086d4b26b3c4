"""The ground every test stands on: a real MongoDB and a real Redis-protocol server, once a session.

Each test finds an emptied database and an emptied Redis.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, sync_playwright

import runtime
from config import settings as config_settings
from config.settings import Settings
from demo import servers
from runtime import Runtime
from simulator import server as simulator
from simulator.settings import Config
from simulator.settings import Settings as SimulatorSettings
from store import migrations, mongo, redis
from tests import clock

PHONE_NUMBER_ID = "106540352242922"
WABA_ID = "102290129340398"


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder for the session, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="drumbeat-tests-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def mongod(scratch: Path) -> Iterator[servers.Server]:
    # Most tests happen at one moment of the past, which rows must not expire from.
    server = servers.start_mongod(
        scratch / "mongo", servers.free_port(),
        "--setParameter", "ttlMonitorSleepSecs=1", "--setParameter", "ttlMonitorEnabled=false",
    )  # fmt: skip
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis_server(scratch: Path) -> Iterator[servers.Server]:
    server = servers.start_redis(scratch / "redis", servers.free_port())
    yield server
    server.stop()


@pytest.fixture
def settings(mongod: servers.Server, redis_server: servers.Server) -> Settings:
    """The settings of one test: made-up secrets, the session's stores."""
    return config_settings.load(
        _env_file=None,
        mongodb_uri=mongod.url.replace("/?", "/tests?"),
        redis_url=redis_server.url,
        whatsapp_access_token="test-access-token",
        whatsapp_phone_number_id=PHONE_NUMBER_ID,
        whatsapp_business_account_id=WABA_ID,
        whatsapp_app_secret="test-app-secret,the-older-secret",
        whatsapp_verify_token="test-verify-token",
        api_token="test-api-token-0123456789",
        secret_key="test-secret-key-0123456789",
        timezone="Asia/Kolkata",
        graph_api_url="http://127.0.0.1:9",
    )


@pytest.fixture
def db(settings: Settings) -> Iterator[mongo.Db]:
    """An empty, migrated database.

    Emptied and not made anew: a database a test is forty files a test, which mongod keeps open for
    minutes after they were dropped, until it has no file handles left and dies.
    """
    database = mongo.connect(settings.mongodb_uri)
    database.command("profile", 0)
    for name in database.list_collection_names():
        if name == "system.profile":
            database.drop_collection(name)
        elif name != "migrations":
            database[name].delete_many({})
    migrations.migrate(database, settings, clock.NOW)
    yield database
    database.client.close()


@pytest.fixture
def red(settings: Settings) -> Iterator[redis.RedisClient]:
    """An emptied Redis."""
    client = redis.connect(settings.redis_url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture(scope="session")
def simulated_meta() -> Iterator[simulator.Handle]:
    """Meta and everybody's phones, once a session; tests take `meta`, which is fresh for each."""
    handle = simulator.run(
        Config(
            port=0,
            app_secret="test-app-secret",
            access_token="test-access-token",
            phone_number_id=PHONE_NUMBER_ID,
            waba_id=WABA_ID,
        )
    )
    yield handle
    handle.stop()


@pytest.fixture
def meta(simulated_meta: simulator.Handle) -> simulator.Handle:
    """Meta, as on its first day: no webhooks until a test sets where they go, no limits."""
    control(simulated_meta, "POST", "reset")
    at_once = SimulatorSettings(latency_ms=(0, 1), throughput=None, pair_rate=None)
    control(simulated_meta, "PUT", "settings", at_once.model_dump(mode="json"))
    return simulated_meta


def control(
    handle: simulator.Handle, method: str, path: str, body: object = None
) -> dict[str, Any]:
    """Call the simulator's own API, `/sim/<path>`."""
    answer = requests.request(method, f"{handle.url}/sim/{path}", json=body, timeout=10)
    answer.raise_for_status()
    return dict(answer.json())


@pytest.fixture
def rt(
    settings: Settings, db: mongo.Db, red: redis.RedisClient, meta: simulator.Handle
) -> Iterator[Runtime]:
    """A runtime on an empty database and Redis, whose Meta is the simulator."""
    built = runtime.build(settings.model_copy(update={"graph_api_url": meta.url}))
    yield built
    built.db.client.close()
    built.redis.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium; the tests that need it are skipped, and say so, where there is none."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        pytest.skip("no chromium on this machine")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=quiet)
        yield started
        started.close()
