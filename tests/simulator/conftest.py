"""A running simulator, and a business that receives its webhooks, for the tests of this folder."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from simulator.server import Handle, run
from simulator.settings import Config, Settings
from whatsapp.signature import is_signed

ASHA, BILAL, CHEN = "919812345670", "14155550123", "6591234567"
Body = dict[str, Any]


class Business:
    """Receives webhooks. `answers` are the statuses of the next POSTs; after them, 200."""

    def __init__(self, secret: str) -> None:
        self.bodies: list[bytes] = []
        self.unsigned = 0
        self.answers: list[int] = []
        self._secret = secret
        outer = self

        class Receiver(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                code = outer.take(body, self.headers["X-Hub-Signature-256"])
                self.send_response(code)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                challenge = self.path.partition("hub.challenge=")[2].partition("&")[0].encode()
                known = "hub.verify_token=right" in self.path
                self.send_response(200 if known else 403)
                self.send_header("Content-Length", str(len(challenge)))
                self.end_headers()
                self.wfile.write(challenge)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhooks/whatsapp"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def take(self, body: bytes, signature: str | None) -> int:
        self.unsigned += not is_signed(body, signature, [self._secret])
        self.bodies.append(body)
        return self.answers.pop(0) if self.answers else 200

    def values(self) -> list[Body]:
        """Every `value` received, in order of arrival."""
        return [
            change["value"]
            for body in self.bodies
            for entry in json.loads(body)["entry"]
            for change in entry["changes"]
        ]

    def statuses(self) -> list[Body]:
        return [status for value in self.values() for status in value.get("statuses", [])]

    def messages(self) -> list[Body]:
        return [message for value in self.values() for message in value.get("messages", [])]


class Clock:
    """The simulator's time, which tests move."""

    def __init__(self) -> None:
        self.now = 1_795_500_000.0

    def __call__(self) -> float:
        return self.now


class Sim:
    """A simulator as its callers see it: over HTTP."""

    def __init__(self, handle: Handle, clock: Clock) -> None:
        self.handle, self.clock = handle, clock
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["Authorization"] = f"Bearer {handle.config.access_token}"
        self.graph = f"{handle.url}/v25.0"

    def send(self, to: str = ASHA, /, **content: Any) -> requests.Response:
        """POST a message to a number; content is what differs from a plain text."""
        body = {"messaging_product": "whatsapp", "to": f"+{to}", **content}
        return self.post(body)

    def post(self, body: Any) -> requests.Response:
        url = f"{self.graph}/{self.handle.config.phone_number_id}/messages"
        return self.http.post(url, json=body, timeout=5)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(method, f"{self.handle.url}/sim{path}", json=body, timeout=5)
        answer.raise_for_status()
        return answer.json()

    def act(self, who: str, **wish: Any) -> list[str]:
        wamids: list[str] = self.control("POST", f"/people/{who}/messages", wish)["wamids"]
        return wamids

    def talk(self, who: str = ASHA) -> list[Body]:
        found: list[Body] = self.control("GET", f"/people/{who}/messages")["messages"]
        return found

    def settle(self) -> None:
        assert self.handle.wait_idle(5), self.handle.machine.idle()


def text(body: str = "hello") -> Body:
    return {"type": "text", "text": {"body": body}}


def price_list(first_name: str = "Asha", payload: str | None = "SEE_OFFERS") -> Body:
    """The sample template with a named parameter and quick replies."""
    parameter = {"type": "text", "parameter_name": "first_name", "text": first_name}
    components: list[Body] = [{"type": "body", "parameters": [parameter]}]
    if payload:
        parameters = [{"type": "payload", "payload": payload}]
        button = {"type": "button", "sub_type": "quick_reply", "index": "0"}
        components.append({**button, "parameters": parameters})
    return template("price_list", components)


def template(name: str, components: list[Body] | None = None, language: str = "en") -> Body:
    content: Body = {"name": name, "language": {"code": language}}
    if components is not None:
        content["components"] = components
    return {"type": "template", "template": content}


def code(answer: requests.Response) -> int:
    """Meta's error code in a refusal; 0 where it was none."""
    return int(answer.json().get("error", {}).get("code", 0))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def business() -> Iterator[Business]:
    received = Business(Config.app_secret)
    yield received
    received.server.shutdown()
    received.server.server_close()


@pytest.fixture
def sim(business: Business, clock: Clock) -> Iterator[Sim]:
    """Fast, with no limits on the pace; tests that are about limits set them."""
    quick = Settings(webhook_url=business.url, latency_ms=(0, 2), throughput=None, pair_rate=None)
    handle = run(Config(port=0, settings=quick, clock=clock, senders=1))
    yield Sim(handle, clock)
    handle.stop()
