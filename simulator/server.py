"""Serve a simulator: `run` in a thread for tests, `serve` in the foreground for people.

Werkzeug's threaded server on purpose: one thread a connection, so two hundred senders waiting for
slow answers cost nothing but threads, state stays in one process, and a connection can be cut in
the middle, as an injected fault asks. gunicorn would fork, and cannot run inside a test's process.
"""

import contextlib
import ipaddress
import logging
import socket
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, abort, request
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from simulator import life
from simulator.control import BLUEPRINTS
from simulator.graph import graph
from simulator.machine import Machine, build
from simulator.pages import pages
from simulator.settings import Config

UPLOAD_BYTES = 100 * 1024 * 1024


class Handler(WSGIRequestHandler):
    """Quiet, and without Nagle's delay: an answer goes out in two small writes."""

    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: paths and bodies name people."""

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """The caller went away, or a fault hung up: no news."""


class Server(ThreadedWSGIServer):
    """A listen queue that holds a few hundred senders starting at once.

    Connections are kept alive, each by a thread; `hang_up` ends them, so that a stopped server
    answers nobody any more.
    """

    request_queue_size = 1024
    daemon_threads = True

    def __init__(self, config: Config, app: Flask) -> None:
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(config.host, config.port, app, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Handle:
    """A running simulator. url: without a slash at the end. machine: for tests that look inside."""

    url: str
    config: Config
    machine: Machine
    _server: Server
    _thread: threading.Thread

    def stop(self) -> None:
        """End the server and every thread; what was said is written to `config.data`."""
        self._server.shutdown()
        self._thread.join(5)
        self._server.hang_up()
        self.machine.stop()
        self._server.server_close()

    def wait_idle(self, timeout_s: float = 5.0) -> bool:
        """Wait until every status is out and acknowledged; say whether that came."""
        return self.machine.wait_idle(timeout_s)


def create_app(machine: Machine) -> Flask:
    """The WSGI application of one simulator."""
    app = Flask(__name__, template_folder="html")
    app.config["MAX_CONTENT_LENGTH"] = UPLOAD_BYTES
    app.extensions["machine"] = machine
    app.before_request(refuse_other_sites)
    for blueprint in (*BLUEPRINTS, pages, graph):
        app.register_blueprint(blueprint)
    return app


def refuse_other_sites() -> None:
    """Pages of other sites, open in the same browser, must not drive the phones."""
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).netloc != request.host:
        abort(403)


def run(config: Config) -> Handle:
    """Start a simulator in threads of this process; port 0 picks a free one. Repeats safely.

    Raises OSError where the port is taken.
    """
    machine = build(config)
    server = Server(config, create_app(machine))
    machine.start()
    life.resume_all(machine)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="http", daemon=True)
    thread.start()
    host = f"[{config.host}]" if ":" in config.host else config.host
    return Handle(f"http://{host}:{server.port}", config, machine, server, thread)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`.

    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
    (True, False)
    """
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, None)}
        return bool(found) and all(ipaddress.ip_address(each).is_loopback for each in found)
    except (OSError, ValueError):
        return False


def quiet() -> None:
    """Werkzeug announces itself as a development server; here it is exactly that."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
