"""A whole shop under load, whose processes can be killed: real mongod, Redis, web, worker, clock.

Meta and the phones are the simulator, which is never killed: it counts.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

import runtime
from config import settings as config_settings
from demo import seed, servers
from demo.servers import Server
from demo.stack import OURS, SIMULATOR, Stack
from runtime import Runtime
from tests.clock import eventually

PEOPLE = 30
SERVERS = ("mongod", "redis")
SECRETS = {
    "WHATSAPP_ACCESS_TOKEN": "chaos-access-token",
    "WHATSAPP_APP_SECRET": "chaos-app-secret",
    "WHATSAPP_VERIFY_TOKEN": "chaos-verify-token",
    "API_TOKEN": "chaos-api-token-0123456789",
    "SECRET_KEY": "chaos-secret-key-0123456789",
    "WHATSAPP_PHONE_NUMBER_ID": "106540352242922",
    "WHATSAPP_BUSINESS_ACCOUNT_ID": "102290129340398",
}
SETTLED_S = 90.0


@dataclass(slots=True)
class Shop:
    """The processes by name, and what their people have been asked to write."""

    folder: Path
    ports: dict[str, int] = field(default_factory=dict)
    servers: dict[str, Server] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    stack: Stack | None = None
    password: str = ""  # admin's, for one time
    _rt: Runtime | None = None

    def open(self) -> None:
        """Start everything and wait until it is ready."""
        self.ports = {name: servers.free_port() for name in (*SERVERS, "web", SIMULATOR)}
        for name in SERVERS:
            self._start_server(name)
        self.stack = Stack(
            folder=self.folder / "logs",
            env=self._environment(),
            web_port=self.ports["web"],
            simulator_port=self.ports[SIMULATOR],
            simulator_options=("--settings", '{"throughput": null, "pair_rate": null}'),
        )
        self.stack.start(SIMULATOR)
        self.stack.wait_for(f"{self.stack.phone_url}/sim/people", "the simulator")
        self.password = seed.load(self.stack.env)
        for name in OURS:
            self.stack.start(name)
        self.stack.wait_for(f"{self.stack.url}/readyz", "the shop")
        for person in self.people():
            self.sim("POST", "people", {"wa_id": person, "name": f"Person {person[-3:]}"})

    def close(self) -> None:
        """End everything that was started."""
        if self._rt is not None:
            self._rt.db.client.close()
        if self.stack is not None:
            self.stack.stop()
        for server in self.servers.values():
            server.stop()

    def _environment(self) -> dict[str, str]:
        return {
            **SECRETS,
            "MONGODB_URI": self.servers["mongod"].url.replace("/?", "/chaos?"),
            "REDIS_URL": self.servers["redis"].url,
            "GRAPH_API_URL": f"http://127.0.0.1:{self.ports[SIMULATOR]}",
            "TIMEZONE": "Asia/Kolkata",
        }

    def _start_server(self, name: str) -> None:
        start = servers.start_mongod if name == "mongod" else servers.start_redis
        self.servers[name] = start(self.folder / name, self.ports[name])

    def kill(self, name: str) -> None:
        """kill -9 of one process and all of its group."""
        if name in SERVERS:
            process = self.servers[name].process
            process.kill()
            process.wait()
        elif self.stack is not None:
            self.stack.kill(name)

    def start(self, name: str) -> None:
        """Start a process that was killed."""
        if name in SERVERS:
            self._start_server(name)
        elif self.stack is not None:
            self.stack.start(name)

    @property
    def rt(self) -> Runtime:
        """Our own look into the stores."""
        if self._rt is None:
            given = {name.lower(): value for name, value in self._environment().items()}
            self._rt = runtime.build(config_settings.load(_env_file=None, **given))
        return self._rt

    def people(self) -> list[str]:
        """Numbers in Pune that are nobody's."""
        return [f"9198123{number:05d}" for number in range(PEOPLE)]

    def sim(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Call the simulator's own API."""
        assert self.stack is not None
        url = f"{self.stack.phone_url}/sim/{path}"
        answer = requests.request(method, url, json=body, timeout=30)
        answer.raise_for_status()
        return dict(answer.json())

    def write(self, person: str, text: str) -> None:
        """The person writes; what they ask for is counted."""
        self.sim("POST", f"people/{person}/messages", {"text": text})
        self.asked[person] += text == "price"


def under_load(shop: Shop, rng: random.Random, during: Callable[[], None]) -> None:
    """Everybody asks for the price list, in random order and with small pauses, while `during`
    happens in the middle of it."""
    order = shop.people() * 2
    rng.shuffle(order)
    begun = threading.Event()

    def ask(position: int) -> None:
        if position > len(order) // 4:
            begun.set()
        shop.write(order[position], "price")
        time.sleep(rng.random() * 0.03)

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask, position) for position in range(len(order))]
        begun.wait(30)
        time.sleep(rng.random() * 0.3)
        during()
        for one in asking:
            one.result()


def wait_until_settled(shop: Shop) -> None:
    """Until Meta's webhooks are all acknowledged, and nothing waits, is being sent or is leased."""

    def settled() -> bool:
        db = shop.rt.db
        return (
            bool(shop.sim("GET", "idle")["idle"])
            and db.inbox.count_documents({"state": "new"}) == 0
            and db.deliveries.count_documents({"status": {"$in": ["pending", "sending"]}}) == 0
        )

    eventually(settled, within_s=SETTLED_S, what="that everything is handled")
