"""A link of ours forwards at once, remembers people's taps, and leads nowhere else."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from config import metrics
from config import settings as config_settings
from config.settings import Settings, SettingsError
from contacts import erasure
from contacts.identity import Identity
from deliveries import link_tokens, links, outbox
from deliveries.link_tokens import Named
from runtime import Runtime
from store.documents.delivery import Delivery, Purpose
from store.documents.inbox import InboxKind
from tests.makers import ASHA, make_contact, order
from whatsapp import messages

BASE = "http://localhost:8000"
SHORT, LONG = "https://shop.example/diwali?for=Asha", "https://दुकान.example/" + "x" * 100
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Safari/604.1"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"links_url": BASE})


def rt_of(app: Flask) -> Runtime:
    rt: Runtime = app.extensions["drumbeat"]
    return rt


@pytest.fixture
def owed(app: Flask) -> Delivery:
    return owes(app)


def owes(app: Flask, **fields: Any) -> Delivery:
    """A message with two links to Asha."""
    given: dict[str, Any] = {"campaign": "diwali", "purpose": Purpose.CAMPAIGN, **fields}
    row = order(
        make_contact(rt_of(app).db, ASHA), message=messages.text(f"{SHORT} {LONG}"), **given
    )
    return outbox.owe(rt_of(app).db, row, datetime.now(UTC))[0]


def path_of(settings: Settings, delivery: Delivery, place: int = 0) -> str:
    made = links.of(settings)
    assert made is not None
    body = made.placed(delivery, delivery["message"])["text"]["body"]
    return str(body.split(" ")[place].removeprefix(BASE))


def journaled(app: Flask) -> list[dict[str, Any]]:
    return list(rt_of(app).db.inbox.find())


def counted(result: str) -> float:
    return float(metrics.LINKS.labels(result)._value.get())


@pytest.mark.parametrize(("place", "target"), [(0, SHORT), (1, "https://xn--11b7ah1gn.example/xx")])
def test_it_forwards_and_journals_the_tap_once(
    client: FlaskClient, app: Flask, settings: Settings, owed: Delivery, place: int, target: str
) -> None:
    path = path_of(settings, owed, place)
    for _ in range(2):
        answer = client.get(path, headers={"User-Agent": PHONE})

        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(target)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in answer.headers
    [row] = journaled(app)
    assert row["kind"] == InboxKind.CAMPAIGN
    assert json.loads(row["payload"])["item"]["link"] == links.name_of(place)
    assert ASHA not in row["_id"] + row["payload"] + path


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {"User-Agent": PHONE}),
        ("GET", {"User-Agent": PHONE, "Sec-Purpose": "prefetch;prerender"}),
        ("GET", {"User-Agent": PHONE, "Purpose": "prefetch"}),
        ("GET", {"User-Agent": ""}),
        *(
            ("GET", {"User-Agent": agent})
            for agent in (
                "WhatsApp/2.24.20.89 A",
                "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
                "Facebot",
                "Twitterbot/1.0",
                "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                "TelegramBot (like TwitterBot)",
                "Mozilla/5.0 (compatible; bingbot/2.0)",
                "curl/8.5.0",
            )
        ),
    ],
)
def test_what_looks_by_itself_is_forwarded_and_not_counted(
    client: FlaskClient, app: Flask, settings: Settings, owed: Delivery,
    method: str, headers: dict[str, str],
) -> None:  # fmt: skip
    for place in (0, 1):
        answer = client.open(path_of(settings, owed, place), method=method, headers=headers)
        assert answer.status_code == 302

    assert journaled(app) == []


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20 PRO) Chrome/130.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 14; SM-S921B) [FB_IAB/FB4A;FBAV/440.0.0.0;]",
    ],
)
def test_a_person_with_an_odd_phone_is_a_person(
    client: FlaskClient, app: Flask, settings: Settings, owed: Delivery, agent: str
) -> None:
    client.get(path_of(settings, owed), headers={"User-Agent": agent})

    assert len(journaled(app)) == 1


def test_what_we_did_not_sign_leads_nowhere(
    client: FlaskClient, app: Flask, settings: Settings, owed: Delivery
) -> None:
    good = path_of(settings, owed)
    forged = link_tokens.made(b"guessed", Named(owed["_id"], 0, "https://evil.example"))
    for path in ("/r/x", f"/r/{forged}", good[:-2] + "x1", "/r/%00%ff"):
        answer = client.get(path, headers={"User-Agent": PHONE})
        assert (answer.status_code, "Location" in answer.headers) == (404, False)

    assert client.post(good).status_code == 405
    assert journaled(app) == []


def test_a_link_that_the_message_does_not_have_leads_nowhere(
    client: FlaskClient, settings: Settings, owed: Delivery
) -> None:
    made = links.of(settings)
    assert made is not None
    token = link_tokens.made(made.key, Named(owed["_id"], 7, None))

    assert client.get(f"/r/{token}", headers={"User-Agent": PHONE}).status_code == 404


def test_without_the_setting_nothing_is_forwarded(settings: Settings, owed: Delivery) -> None:
    off = create_app(settings.model_copy(update={"links_url": None}))

    assert off.test_client().get(path_of(settings, owed)).status_code == 404
    off.extensions["drumbeat"].db.client.close()


def test_the_tap_of_a_test_or_of_an_erased_person_is_nobodys(
    client: FlaskClient, app: Flask, settings: Settings
) -> None:
    owed = owes(app, purpose=Purpose.TEST)
    short, long = path_of(settings, owed), path_of(settings, owed, 1)
    assert client.get(short, headers={"User-Agent": PHONE}).status_code == 302
    assert journaled(app) == []

    erasure.erase(rt_of(app).db, Identity(wa_id=ASHA), datetime.now(UTC))

    assert client.get(short, headers={"User-Agent": PHONE}).status_code == 302
    assert client.get(long, headers={"User-Agent": PHONE}).status_code == 404
    assert journaled(app) == []


def test_while_mongodb_is_away_short_targets_are_forwarded_and_the_tap_is_lost(
    settings: Settings, owed: Delivery
) -> None:
    gone = settings.model_copy(update={"mongodb_uri": "mongodb://127.0.0.1:9/gone"})
    away = create_app(gone).test_client()
    lost = counted("lost")

    answer = away.get(path_of(settings, owed), headers={"User-Agent": PHONE})

    assert (answer.status_code, answer.headers["Location"]) == (302, SHORT)
    assert counted("lost") == lost + 1
    assert away.get(path_of(settings, owed, 1), headers={"User-Agent": PHONE}).status_code == 503


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://go.shop.example/", "https://go.shop.example"),
        ("https://shop.example/wa", "https://shop.example/wa"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("", None),
        ("http://go.shop.example", SettingsError),
        ("https://go.shop.example/?x=1", SettingsError),
        ("go.shop.example", SettingsError),
    ],
)
def test_the_setting_is_a_public_address(settings: Settings, given: str, kept: Any) -> None:
    fields = {**settings.model_dump(), "whatsapp_app_secret": "one", "links_url": given}
    if kept is SettingsError:
        with pytest.raises(SettingsError, match="LINKS_URL"):
            config_settings.load(_env_file=None, **fields)
    else:
        assert config_settings.load(_env_file=None, **fields).links_url == kept
