"""How gunicorn serves the webhook and the pages: threads, since a request waits for the journal."""

import os
from typing import Any

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_PROCESSES", "2"))
# More threads only lengthen the tail: the interpreter is the limit, not the waiting.
threads = int(os.environ.get("WEB_THREADS", "16"))
keepalive = 75
graceful_timeout = 20
control_socket_disable = True  # its place is one for all installations of a user


def on_starting(_server: Any) -> None:
    """End at once where the settings have faults: gunicorn would start its workers for ever."""
    from config import settings

    settings.load_or_exit()


def post_worker_init(worker: Any) -> None:
    """Tell what this process counts, from now on until it ends."""
    from config import settings
    from runtime import publisher
    from store import redis

    connection = redis.connect(settings.load().redis_url)
    worker.counts = publisher.Publisher(connection, publisher.WEB)
    worker.counts.start()


def worker_exit(_server: Any, worker: Any) -> None:
    """Tell the last of it."""
    if hasattr(worker, "counts"):
        worker.counts.stop()
