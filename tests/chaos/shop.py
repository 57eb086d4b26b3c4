"""A whole shop under load, whose processes can be killed: real mongod, Redis, web, worker, clock.

Meta and the phones are the simulator, which is never killed: it counts.
"""

import json
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
from reports import verify
from runtime import Runtime
from store.mongo import StoreError
from tests.chaos.replica_set import ReplicaSet
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
# Meta repeats what was not acknowledged; after a kill nobody has to wait half a minute for it.
_META = {"throughput": None, "pair_rate": None, "retry": {"first_s": 0.2, "max_s": 3}}


@dataclass(slots=True)
class Shop:
    """The processes by name, and what their people have been asked to write.

    mongod: options of its own. members: the replica set that takes the single mongod's place.
    """

    folder: Path
    mongod: tuple[str, ...] = ()
    members: ReplicaSet | None = None
    ports: dict[str, int] = field(default_factory=dict)
    servers: dict[str, Server] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    stack: Stack | None = None
    password: str = ""  # admin's, for one time
    more: dict[str, str] = field(default_factory=dict)  # variables of its processes
    simulator_options: tuple[str, ...] = ()
    _rt: Runtime | None = None

    def open(self) -> None:
        """Start everything and wait until it is ready."""
        self.ports = {name: servers.free_port() for name in (*SERVERS, "web", SIMULATOR)}
        if self.members is not None:
            self.members.open()
        for name in SERVERS:
            self._start_server(name)
        self.stack = Stack(
            folder=self.folder / "logs",
            env=self._environment(),
            web_port=self.ports["web"],
            simulator_port=self.ports[SIMULATOR],
            simulator_options=("--settings", json.dumps(_META), *self.simulator_options),
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
        if self.members is not None:
            self.members.close()

    def _environment(self) -> dict[str, str]:
        mongodb = self.members.url if self.members else self.servers["mongod"].url
        return {
            **SECRETS,
            "MONGODB_URI": mongodb.replace("/?", "/chaos?"),
            "REDIS_URL": self.servers["redis"].url,
            "GRAPH_API_URL": f"http://127.0.0.1:{self.ports[SIMULATOR]}",
            "TIMEZONE": "Asia/Kolkata",
            "REPLY_LIMIT": "",  # the same people ask for the same thing at every strike
            "REPLY_LIMIT_ANY": "",
            **self.more,
        }

    def _start_server(self, name: str) -> None:
        folder, port = self.folder / name, self.ports[name]
        if name == "redis":
            self.servers[name] = servers.start_redis(folder, port)
        elif self.members is None:
            self.servers[name] = servers.start_mongod(folder, port, *self.mongod)

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

    def log(self, name: str) -> str:
        """What a process has told so far."""
        assert self.stack is not None
        return self.stack.log(name).read_text("utf-8")

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


def under_load(shop: Shop, rng: random.Random, during: Callable[[], None]) -> float:
    """Everybody asks for the price list, in random order and with small pauses, while `during`
    happens in the middle of it. How many seconds passed from its end until all was handled."""
    order = shop.people() * 2
    rng.shuffle(order)
    pauses = [rng.random() * 0.03 for _ in order]
    begun = threading.Event()

    def ask(position: int) -> None:
        if position > len(order) // 4:
            begun.set()
        shop.write(order[position], "price")
        time.sleep(pauses[position])

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask, position) for position in range(len(order))]
        begun.wait(30)
        time.sleep(rng.random() * 0.3)
        during()
        over = time.monotonic()
        for one in asking:
            one.result()
    wait_until_settled(shop)
    return time.monotonic() - over


def wait_until_settled(shop: Shop) -> None:
    """Until Meta's webhooks are all acknowledged, and nothing waits, is being sent or is leased."""

    def settled() -> bool:
        try:
            return not any(waiting(shop).values())
        except StoreError:
            return False  # we are no better off than the shop while a primary is elected

    eventually(
        settled,
        within_s=SETTLED_S,
        what=lambda: f"that everything is handled ({waiting(shop)} is left)",
    )


def waiting(shop: Shop) -> dict[str, int]:
    """What is not handled yet: with Meta, in the journal, owed, and on its way."""
    db = shop.rt.db
    idle = shop.sim("GET", "idle")
    return {
        "unacknowledged": int(not idle["idle"]) + idle["unacknowledged"],
        "new": db.inbox.count_documents({"state": "new"}),
        "pending": db.deliveries.count_documents({"status": "pending"}),
        "sending": db.deliveries.count_documents({"status": "sending"}),
    }


def expect_everybody_answered_once(shop: Shop) -> None:
    """Nothing acknowledged was lost, nothing was sent twice, and the counters add up."""
    db = shop.rt.db
    assert db.inbox.count_documents({"state": "dead"}) == 0
    sent = shop.sim("GET", "sent")["sent"]
    twice = [data for data, n in Counter(one["callback_data"] for one in sent).items() if n > 1]
    assert not twice, "Meta got the same delivery more than once"
    arrived = Counter(one["wa_id"] for one in sent)
    in_doubt = Counter(
        contact["wa_id"]
        for delivery in db.deliveries.find({"status": "unknown"})
        for contact in db.contacts.find({"_id": delivery["contact_id"]})
    )
    for person, asked in shop.asked.items():
        owed = db.deliveries.count_documents({"contact_id": _contact_id(shop, person)})
        assert owed == asked, "each message owes one answer"
        # In doubt are only those that Meta never got: one that it got is settled by its status.
        assert arrived[person] + in_doubt[person] == asked
    assert verify.problems(db) == []


def _contact_id(shop: Shop, person: str) -> object:
    contact = shop.rt.db.contacts.find_one({"wa_id": person})
    assert contact is not None, "somebody whose message was acknowledged is not known"
    return contact["_id"]
