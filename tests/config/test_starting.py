"""Every process of the Procfile ends at once, with one message, where the settings have faults."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import ROOT
from demo.stack import procfile

COMMANDS = {**procfile(), "flask": "flask rules check"}


@pytest.mark.parametrize("name", COMMANDS)
def test_faulty_settings_are_told_wholly_and_nothing_runs(name: str) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    ran = subprocess.run(
        shlex.split(COMMANDS[name]),
        cwd=ROOT,
        env={"PATH": path, "HOME": os.environ.get("HOME", "/"), "TIMEZONE": "Mars/Base"},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert ran.returncode != 0
    for said in ("MONGODB_URI: missing", "API_TOKEN: missing", "TIMEZONE: not an IANA time zone"):
        assert said in ran.stderr
    assert "Traceback" not in ran.stderr
