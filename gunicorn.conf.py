"""How gunicorn serves the webhook and the pages: threads, since a request waits for the journal."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_PROCESSES", "2"))
# More threads only lengthen the tail: the interpreter is the limit, not the waiting.
threads = int(os.environ.get("WEB_THREADS", "16"))
keepalive = 75
graceful_timeout = 20
control_socket_disable = True  # its place is one for all installations of a user

# Each web process counts for itself; /metrics adds them up from files in this folder.
_OURS = "PROMETHEUS_MULTIPROC_DIR" not in os.environ
if _OURS:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="drumbeat-metrics-")
_METRICS = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])


def on_starting(_server: Any) -> None:
    """End at once where the settings have faults: gunicorn would start its workers for ever."""
    from config import settings

    settings.load_or_exit()


def child_exit(_server: Any, worker: Any) -> None:
    """Forget the gauges of a process that ended; its counts stay."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # has no types


def on_exit(_server: Any) -> None:
    """Leave nothing behind, but for a folder that was given to us."""
    if _OURS:
        shutil.rmtree(_METRICS, ignore_errors=True)
