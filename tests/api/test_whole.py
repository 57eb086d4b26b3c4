"""The whole description against the running server: nothing breaks, and every answer is described.

Schemathesis makes good and bad calls of every operation of the OpenAPI file, over HTTP.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import Settings
from demo import servers
from rules import publish
from store import mongo, redis
from tests.clock import NOW
from tests.makers import make_contact
from tests.reports import rows
from tests.server.conftest import API_TOKEN, serving

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,response_headers_conformance"
)
BUDGET_S = 45
# The simulator is not there, so Meta cannot be asked: 502, as described, but each after its tries.
SLOW = ("sync_templates",)


@pytest.mark.timeout(170)
def test_no_call_breaks_the_server_and_every_answer_is_described(
    mongod: servers.Server,
    redis_server: servers.Server,
    tmp_path: Path,
    db: mongo.Db,
    red: redis.RedisClient,
    settings: Settings,
) -> None:
    make_contact(db)
    rows.campaign(db)
    rows.run(db)
    publish.publish(db, {"a.yaml": "rules: []\n"}, by="Asha", note="", now=NOW)
    quiet = {
        "GRAPH_API_URL": "http://127.0.0.1:9",
        "RULES_DIR": str(tmp_path),
        "LOG_LEVEL": "ERROR",
    }
    with serving(mongod, redis_server, tmp_path, **quiet) as stack:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run"),
                f"{stack.url}/api/v1/openapi.json",
                *("--header", f"Authorization: Bearer {API_TOKEN}"),
                *("--checks", CHECKS, "--phases", "examples,coverage,fuzzing"),
                *("--max-examples", "8", "--max-time", str(BUDGET_S), "--seed", "8"),
                *("--request-timeout", "20", "--no-shrink", "--continue-on-failure"),
                *("--generation-database", "none", "--suppress-health-check", "all"),
                *("--warnings", "off", "--no-color"),
                *(word for name in SLOW for word in ("--exclude-operation-id", name)),
            ],
            cwd=tmp_path,
            env={**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path / "hypothesis")},
            capture_output=True,
            text=True,
            timeout=160,
        )
    told = done.stdout[-12_000:] + done.stderr[-2_000:]
    assert done.returncode == 0, f"schemathesis found a call that is answered otherwise:\n{told}"
