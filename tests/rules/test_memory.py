"""A process that takes up publish after publish does not grow."""

import json
import subprocess
import sys

from config.settings import ROOT, Settings
from store import mongo

PUBLISHES = 80
_SETTLED = 4  # after forty: what is made once was made


def test_publish_after_publish_leaves_memory_as_it_was(settings: Settings, db: mongo.Db) -> None:
    """Bounded; `python -m bench.publishes` does a thousand."""
    command = [sys.executable, "-m", "bench.publishes", "--json", "--count", str(PUBLISHES)]

    done = subprocess.run(
        [*command, "--mongodb-uri", settings.mongodb_uri],
        cwd=ROOT, capture_output=True, text=True, timeout=100,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures[-1] < figures[_SETTLED] * 1.05, figures
    assert db.rule_versions.count_documents({}) == PUBLISHES
