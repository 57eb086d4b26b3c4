"""A campaign's file: uploaded once, named by id, and uploaded anew where Meta has it no more."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from bson import ObjectId

from deliveries import media
from runtime import outward
from store import uploads
from tests.campaigns.conftest import Market
from tests.campaigns.conftest import market as market  # the fixture
from tests.clock import eventually
from tests.conftest import control
from tests.makers import delivery

PICTURE = b"\xff\xd8\xff" + bytes(1000)


@dataclass
class Files:
    """A web server with one picture. asked: how often it was fetched."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    kind: str = "image/jpeg"
    content: bytes = PICTURE


@pytest.fixture
def files() -> Iterator[Files]:
    kept = Files()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # as the library calls it
            kept.asked.append(self.path)
            if self.path == "/moved.jpg":
                self.send_response(302)
                self.send_header("Location", "/a.jpg")
                self.end_headers()
                return
            self.send_response(200 if self.path.endswith("a.jpg") else 404)
            self.send_header("Content-Type", kept.kind)
            self.end_headers()
            self.wfile.write(kept.content)

        def log_message(self, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield kept
    server.shutdown()
    server.server_close()


@pytest.fixture
def shop(market: Market) -> Market:
    """A market whose files may lie on this machine."""
    settings = market.rt.settings.model_copy(update={"notify_private": True})
    market.rt = replace(market.rt, settings=settings)
    return market


def start(market: Market, link: str, people: int = 3) -> None:
    market.people(people)
    market.start(
        message={
            "template": "diwali_offer",
            "language": "en",
            "header": {"image": {"link": link}},
            "parameters": {"first_name": "friend"},
            "buttons": {0: {"url": "asha"}},
        }
    )


def headers(market: Market) -> list[dict[str, Any]]:
    """What stood above each message that Meta accepted."""
    told = control(market.meta, "GET", "sent")["sent"]
    return [one["body"]["template"]["components"][0]["parameters"][0]["image"] for one in told]


def test_the_file_of_a_campaign_is_uploaded_once(shop: Market, files: Files) -> None:
    start(shop, f"{files.url}/a.jpg")
    shop.tick()

    assert shop.counters() == {"accepted": 3}
    assert files.asked == ["/a.jpg"]
    [upload] = shop.rt.db.uploads.find()
    assert headers(shop) == [{"id": upload["media_id"]}] * 3
    kept: Any = shop.rt.db.deliveries.find_one()
    assert "link" in str(kept["message"]), "what was planned stays as it was planned"


def test_redirects_are_followed(shop: Market, files: Files) -> None:
    start(shop, f"{files.url}/moved.jpg")
    shop.tick()

    assert "id" in headers(shop)[0]


@pytest.mark.parametrize("fault", ["missing", "too large", "of no such kind", "private"])
def test_a_file_that_cannot_be_uploaded_goes_out_as_a_link(
    shop: Market, files: Files, fault: str
) -> None:
    link = f"{files.url}/{'b' if fault == 'missing' else 'a'}.jpg"
    if fault == "too large":
        files.content = bytes(media.MOST_BYTES["image"] + 1)
    if fault == "of no such kind":
        files.kind = "text/html"
    if fault == "private":
        settings = shop.rt.settings.model_copy(update={"notify_private": False})
        shop.rt = replace(shop.rt, settings=settings)
    start(shop, link)
    shop.tick()

    assert headers(shop) == [{"link": link}] * 3
    assert len(files.asked) == (0 if fault == "private" else 1)
    [upload] = shop.rt.db.uploads.find()
    assert upload["fault"]


def test_what_meta_has_no_more_is_uploaded_again(shop: Market, files: Files) -> None:
    start(shop, f"{files.url}/a.jpg", people=1)
    control(shop.meta, "PUT", "faults", {"next": [{"kind": "error", "code": 131053}]})
    shop.tick()
    shop.later(seconds=6)
    shop.tick()

    assert shop.counters() == {"accepted": 1}
    assert files.asked == ["/a.jpg", "/a.jpg"]


def test_an_upload_that_is_a_month_old_is_made_anew(shop: Market, files: Files) -> None:
    start(shop, f"{files.url}/a.jpg", people=1)
    shop.tick()
    owed: Any = shop.rt.db.deliveries.find_one()
    [key] = [row["_id"] for row in shop.rt.db.uploads.find()]

    before = media.ids(shop.rt, [owed], shop.now + timedelta(days=28))
    after = media.ids(shop.rt, [owed], shop.now + timedelta(days=29))

    assert before.keys() == after.keys() == {key}
    assert before[key] != after[key]


def test_a_slow_upload_holds_up_nobody_and_is_there_next_time(
    shop: Market, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(shop, f"{files.url}/a.jpg", people=1)
    shop.launch()
    owed: Any = shop.rt.db.deliveries.find_one()
    shop.rt.db.uploads.delete_many({})
    served = threading.Event()
    fetch = outward.fetch

    def slow(*given: Any, **more: Any) -> Any:
        served.wait(10)
        return fetch(*given, **more)

    monkeypatch.setattr(outward, "fetch", slow)
    monkeypatch.setattr(media, "_WAIT_S", 0.05)

    assert media.ids(shop.rt, [owed], shop.now) == {}
    served.set()
    eventually(lambda: media.ids(shop.rt, [owed], shop.now), what="the upload")


def test_who_uploads_is_one(shop: Market) -> None:
    assert uploads.claim(shop.rt.db, "a", shop.now)
    assert not uploads.claim(shop.rt.db, "a", shop.now)
    assert uploads.claim(shop.rt.db, "a", shop.now + timedelta(minutes=2)), "it died over it"


def test_of_many_refusals_one_forgets_the_upload(shop: Market, files: Files) -> None:
    start(shop, f"{files.url}/a.jpg", people=1)
    shop.tick()
    owed: Any = shop.rt.db.deliveries.find_one()
    media.refused(shop.rt, owed, 131053, "Media upload error", shop.now)
    shop.later(minutes=1)
    [anew] = media.ids(shop.rt, [owed], shop.now).values()

    media.refused(shop.rt, owed, 131053, "Media upload error", shop.now)

    assert media.ids(shop.rt, [owed], shop.now) == {media.key_of(owed): anew}


def test_each_run_has_an_upload_of_its_own() -> None:
    image = {"type": "image", "image": {"link": "https://x.in/a.jpg"}}
    components = [{"type": "header", "parameters": [image]}]
    message = {"type": "template", "template": {"name": "x", "components": components}}
    one, other = (delivery(message=message, campaign="offer", run_id=ObjectId()) for _ in range(2))

    assert media.key_of(one) != media.key_of(other)
    assert media.placed(one, {}) == message


def test_a_message_without_a_file_asks_nothing(shop: Market) -> None:
    shop.people(1)
    shop.start()
    shop.tick()

    assert shop.rt.db.uploads.count_documents({}) == 0
