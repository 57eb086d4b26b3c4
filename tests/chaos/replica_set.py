"""A replica set of three real mongods, whose primary can be asked to step down, or killed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from demo import servers
from demo.servers import Server
from tests.clock import eventually

MEMBERS = 3
_ELECTED_S = 60.0
_STAYS_DOWN_S = 10  # the one that steps down is not elected again for so long


@dataclass(slots=True)
class ReplicaSet:
    """Its members by their port."""

    folder: Path
    members: dict[int, Server] = field(default_factory=dict)

    def open(self) -> None:
        """Start the members, make them one set, and wait until it takes writes."""
        first = servers.free_port(MEMBERS)
        for port in range(first, first + MEMBERS):
            self.start(port)
        with _directly(first) as client:
            hosts = [{"_id": n, "host": f"127.0.0.1:{p}"} for n, p in enumerate(self.members)]
            eventually(lambda: _initiated(client, hosts), within_s=_ELECTED_S, what="the set")
            eventually(lambda: _steps_up(client), within_s=_ELECTED_S, what="an election")
        eventually(self.whole, within_s=_ELECTED_S, what="a primary with two that follow it")

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.members)
        return f"mongodb://{hosts}/?replicaSet=drumbeat"

    def primary(self) -> int | None:
        """The port of the member that takes writes now; None while none does."""
        return next((port for port in self.members if _said(port, "isWritablePrimary")), None)

    def step_down(self) -> None:
        """The primary hands over to another, as before a restart for an upgrade."""
        port = eventually(self.primary, within_s=_ELECTED_S, what="a primary")
        assert port is not None
        with _directly(port) as client:
            client.admin.command("replSetStepDown", _STAYS_DOWN_S)

    def kill(self, port: int) -> None:
        process = self.members[port].process
        process.kill()
        process.wait()

    def start(self, port: int) -> None:
        """Start a member, anew where it was killed; it catches up by itself."""
        self.members[port] = servers.spawn_mongod(self.folder / str(port), port)

    def whole(self) -> bool:
        """Whether one member takes writes and the others follow."""
        followers = sum(_said(port, "secondary") for port in self.members)
        return self.primary() is not None and followers == MEMBERS - 1

    def close(self) -> None:
        """kill -9: asked to end, each would first wait for connections to go elsewhere."""
        for port in self.members:
            self.kill(port)


@contextmanager
def _directly(port: int) -> Iterator[MongoClient[dict[str, Any]]]:
    url = f"mongodb://127.0.0.1:{port}/?directConnection=true"
    with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=1000, timeoutMS=10_000) as one:
        yield one


def _initiated(client: MongoClient[dict[str, Any]], hosts: list[dict[str, Any]]) -> bool:
    try:
        client.admin.command("replSetInitiate", {"_id": "drumbeat", "members": hosts})
    except PyMongoError:
        return False  # not up yet, or one of the others is not
    return True


def _steps_up(client: MongoClient[dict[str, Any]]) -> bool:
    """At once, where it would be after ten seconds without a primary."""
    try:
        client.admin.command("replSetStepUp")
    except PyMongoError:
        return False  # the others do not know it yet
    return True


def _said(port: int, what: str) -> bool:
    try:
        with _directly(port) as client:
            return bool(client.admin.command("hello").get(what))
    except PyMongoError:
        return False
