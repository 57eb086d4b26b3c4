"""What figures are measured on: real MongoDB, Redis and processes of ours, Meta played."""

import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from bench.meta import Meta
from config import settings as config_settings
from config.settings import ROOT, Settings
from demo import seed, servers
from demo.stack import Stack
from store import migrations, mongo

SECRET = "bench-app-secret"


class House:
    """Stores, and web started; worker and clock when a group asks for them.

    shop: the processes. meta: what plays Meta. db: their database. Ends all of it when it is left.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._folder = Path(
            self._stack.enter_context(tempfile.TemporaryDirectory(prefix="drumbeat-bench-"))
        )
        self.meta = Meta()
        self._stack.callback(self.meta.stop)
        self.mongod = servers.start_mongod(self._folder / "mongod", servers.free_port(), cache_gb=1)
        self._stack.callback(self.mongod.stop)
        redis = servers.start_redis(self._folder / "redis", servers.free_port())
        self._stack.callback(redis.stop)
        self.env = environment(self.mongod, redis, self.meta.port)
        self.settings: Settings = config_settings.load(
            _env_file=None, **{name.lower(): value for name, value in self.env.items()}
        )
        self.db = mongo.connect(self.env["MONGODB_URI"])
        self._stack.callback(self.db.client.close)
        self.logs = self._folder / "logs"
        self.shop = Stack(self.logs, self.env, servers.free_port(), self.meta.port)
        self._stack.callback(self.shop.stop)
        seed.load(self.env)
        self.shop.start("web")
        self.shop.wait_for(f"{self.shop.url}/healthz", "web")

    def __enter__(self) -> "House":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @property
    def web_pid(self) -> int:
        return self.shop.processes["web"].pid

    def start_all(self) -> None:
        """Worker and clock too, on an idle house: what a group left in the journal is forgotten."""
        self.empty_journal()
        for name in ("worker", "clock"):
            self.shop.start(name)
        self.shop.wait_for(f"{self.shop.url}/readyz", "Drumbeat")

    def empty_journal(self) -> None:
        """Nothing waits any more."""
        self.db.inbox.delete_many({})

    def raw_db(self) -> mongo.Db:
        """Another database of the same shape, for writing to the store without us."""
        raw = self.db.client.get_database("bench_raw").with_options(
            write_concern=self.db.write_concern
        )
        migrations.migrate(raw, self.settings, datetime.now(UTC))
        return raw

    def serve_bare(self, *options: str) -> "Bare":
        """A Flask route that does nothing, under gunicorn with our settings and `options`."""
        bare = Bare(self._folder / "bare.log", self.env, options)
        self._stack.callback(bare.stop)
        self.shop.wait_for(f"http://127.0.0.1:{bare.port}/healthz", "the bare route")
        return bare


class Bare:
    """The baseline's web server."""

    def __init__(self, log: Path, env: dict[str, str], options: tuple[str, ...]) -> None:
        self.port = servers.free_port()
        program = str(Path(sys.executable).parent / "gunicorn")
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [program, "--config", "gunicorn.conf.py", *options, "bench.bare:create_app()"],
                cwd=ROOT,
                env={**os.environ, **env, "PORT": str(self.port)},
                stdout=output,
                stderr=output,
                preexec_fn=servers.die_with_parent,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        """End it. Safe to repeat."""
        self._process.terminate()
        self._process.wait()


def environment(mongod: servers.Server, redis: servers.Server, meta_port: int) -> dict[str, str]:
    """What our processes find in their environment."""
    return {
        "MONGODB_URI": mongod.url.replace("/?", "/bench?"),
        "REDIS_URL": redis.url,
        "WHATSAPP_ACCESS_TOKEN": "bench-token",
        "WHATSAPP_PHONE_NUMBER_ID": "106540352242922",
        "WHATSAPP_BUSINESS_ACCOUNT_ID": "102290129340398",
        "WHATSAPP_APP_SECRET": SECRET,
        "WHATSAPP_VERIFY_TOKEN": "bench-verify",
        "GRAPH_API_URL": f"http://127.0.0.1:{meta_port}",
        "API_TOKEN": "bench-api-token-0123456789",
        "SECRET_KEY": "bench-secret-key-0123456789",
        "MESSAGES_PER_S": "1000",
        "LOG_LEVEL": "WARNING",
    }
