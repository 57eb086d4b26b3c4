"""How gunicorn serves Meta's webhooks, the pages and the API: see server/worker.py."""

import os
from typing import Any

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "server.worker.Worker"
workers = int(os.environ.get("WEB_PROCESSES", "2"))
# For pages and the API; a webhook takes none. More only lengthen the tail: the interpreter is the
# limit, not the waiting.
threads = int(os.environ.get("WEB_THREADS", "16"))
patience_s = float(os.environ.get("WEB_PATIENCE_S", "15"))
worker_connections = 2_000  # a process; beyond that a new one is refused
keepalive = 75
graceful_timeout = 20  # more than patience_s, so that who is slow does not hold a restart up
asgi_lifespan = "off"
control_socket_disable = True  # its place is one for all installations of a user


def on_starting(_server: Any) -> None:
    """End at once where the settings have faults: gunicorn would start its workers for ever."""
    from config import settings

    settings.load_or_exit()


def post_fork(_server: Any, worker: Any) -> None:
    """Say how long a client may take for a request's head, and for its body."""
    worker.patience_s = patience_s


def post_worker_init(worker: Any) -> None:
    """Tell what this process counts, and trace it where that is set, from now on until it ends."""
    from config import settings, tracing
    from runtime import publisher
    from store import redis

    given = settings.load()
    tracing.start(given.otel_exporter_otlp_endpoint, publisher.WEB)
    connection = redis.connect(given.redis_url)
    worker.counts = publisher.Publisher(connection, publisher.WEB)
    worker.counts.start()


def worker_exit(_server: Any, worker: Any) -> None:
    """Tell the last of it."""
    if hasattr(worker, "counts"):
        from config import tracing

        worker.counts.stop()
        tracing.stop()
