"""gunicorn's own event-loop worker, with patience that ends and a quick farewell.

gunicorn waits for ever for the rest of a request's head, and at SIGTERM for connections on which
nobody asks anything. Both are cut here: a client that holds half a request open is let go after
a set time, and one that is idle as soon as the process is told to end.
"""

import asyncio
import gc
from typing import Any

from gunicorn.asgi.protocol import ASGIProtocol
from gunicorn.workers import gasgi

from server.front import Front

_HURRIED_HEAD_S = 1.0


class Connection(ASGIProtocol):
    """One client's connection."""

    def __init__(self, worker: "Worker") -> None:
        super().__init__(worker)
        self._head_since: float | None = None

    def connection_made(self, transport: Any) -> None:
        self._head_since = self.worker.loop.time()
        self.worker.connections.add(self)
        super().connection_made(transport)
        if self.worker.nr_conns > self.cfg.worker_connections:
            self.cut()

    def connection_lost(self, exc: Exception | None) -> None:
        self.worker.connections.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head_since is None and self._awaiting_request:
            self._head_since = self.worker.loop.time()
        super().data_received(data)

    def _on_headers_complete(self) -> bool:
        self._head_since = None
        return bool(super()._on_headers_complete())

    def cut(self) -> None:
        """End it at once, whatever was on its way."""
        if self.transport is not None:
            self.transport.abort()

    def is_idle(self) -> bool:
        """Whether it is open for a next request, of which nothing has come."""
        return self._awaiting_request and self._head_since is None

    def head_took_s(self, now: float) -> float:
        """For how long a head has been coming that is not complete yet."""
        return 0.0 if self._head_since is None else now - self._head_since


class Worker(gasgi.ASGIWorker):
    """Name it as gunicorn's worker_class; `threads` is how many requests Flask answers at once.

    patience_s: how long a client may take for a request's head, and then for its body.
    """

    connections: set[Connection]
    patience_s = 15.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connections = set()

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Nothing to warn of: here `threads` are used."""

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.asgi = Front(self.asgi, threads=self.cfg.threads, body_s=self.patience_s)
        # What is there by now stays: looking through it for garbage at every turn is wasted.
        gc.collect()
        gc.freeze()

    def init_process(self) -> None:
        # gunicorn has no setting for this class, and makes one for each connection.
        gasgi.ASGIProtocol = Connection  # type: ignore[attr-defined]  # imported there, not its own
        super().init_process()

    def notify(self) -> None:
        """gunicorn calls this every second: the moment to look for who takes too long."""
        super().notify()
        self._cut(self.patience_s)

    async def _shutdown(self) -> None:
        hurry = asyncio.ensure_future(self._hurry())
        try:
            await super()._shutdown()
        finally:
            hurry.cancel()

    async def _hurry(self) -> None:
        while True:
            for connection in [each for each in self.connections if each.is_idle()]:
                connection.cut()
            self._cut(_HURRIED_HEAD_S)
            await asyncio.sleep(0.1)

    def _cut(self, head_s: float) -> None:
        now = asyncio.get_running_loop().time()
        for connection in [each for each in self.connections if each.head_took_s(now) > head_s]:
            connection.cut()
