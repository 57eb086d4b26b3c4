"""Nobody gets in who should not, and those who should get in easily."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from admin import security, sign_in
from store import mongo, redis, users
from store.documents.campaign import CampaignState
from tests.admin.conftest import PASSWORD, add_user, post, signed_in
from tests.clock import NOW
from tests.reports import rows


def test_a_one_time_password_leads_to_an_own_one(app: Flask, stranger: FlaskClient) -> None:
    once = add_user(app, "Asha")

    assert post(stranger, "/login", name="Asha", password=once).status_code == 302
    for path in ("/", "/campaigns/diwali_offer", "/campaigns/diwali_offer/funnel"):
        assert stranger.get(path).location == "/password"
    assert post(stranger, "/password", new=PASSWORD, again=PASSWORD).location == "/"
    assert stranger.get("/").status_code == 200

    other = app.test_client()
    assert post(other, "/login", name="Asha", password=once).status_code == 401
    assert post(other, "/login", name="Asha", password=PASSWORD).location == "/"


@pytest.mark.parametrize(
    ("new", "again"),
    [
        ("short", "short"),
        ("asha@example.org", "asha@example.org"),
        ("aaaaaaaaaaaa", "aaaaaaaaaaaa"),
        (PASSWORD, "another one"),
        ("", ""),
    ],
)
def test_a_poor_password_is_not_taken(
    app: Flask, stranger: FlaskClient, db: mongo.Db, new: str, again: str
) -> None:
    once = add_user(app, "Asha@example.org")
    post(stranger, "/login", name="Asha@example.org", password=once)

    answer = post(stranger, "/password", new=new, again=again)

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    user = users.find(db, "Asha@example.org")
    assert user is not None
    assert user["password_hash"] is None


def test_a_password_is_changed_by_who_knows_it(app: Flask, asha: FlaskClient) -> None:
    new = "another quiet evening"
    wrong = post(asha, "/password", current="not mine at all", new=new, again=new)
    assert wrong.status_code == 422
    elsewhere = app.test_client()
    post(elsewhere, "/login", name="Asha", password=PASSWORD)

    assert post(asha, "/password", current=PASSWORD, new=new, again=new).location == "/"

    assert asha.get("/").status_code == 200
    assert elsewhere.get("/").location.startswith("/login")


def test_an_unknown_name_and_a_wrong_password_look_the_same(
    app: Flask, stranger: FlaskClient
) -> None:
    add_user(app, "Asha")

    pages = [
        post(stranger, "/login", name=name, password="wrong wrong wrong")
        for name in ("Asha", "Chen")
    ]

    texts = [page.text.replace("Asha", "").replace("Chen", "") for page in pages]
    without_token = [text.split("csrf_token")[0] + text.split("login-name")[1] for text in texts]
    assert without_token[0] == without_token[1]
    assert [page.status_code for page in pages] == [401, 401]


def test_after_five_wrong_passwords_the_right_one_waits_too(app: Flask, db: mongo.Db) -> None:
    signed_in(app, "Asha")
    for _ in range(5):
        assert sign_in.enter(db, "Asha", "wrong", NOW) is None

    assert sign_in.enter(db, "Asha", PASSWORD, NOW + timedelta(seconds=59)) is None
    assert sign_in.enter(db, "Asha", "wrong", NOW + timedelta(seconds=61)) is None
    assert sign_in.enter(db, "Asha", PASSWORD, NOW + timedelta(seconds=180)) is None
    assert sign_in.enter(db, "Asha", PASSWORD, NOW + timedelta(seconds=182)) is not None

    user = users.find(db, "Asha")
    assert user is not None
    assert (user["failures"], user["locked_until"]) == (0, None)


def test_tries_at_the_same_moment_count_one_by_one(app: Flask, db: mongo.Db) -> None:
    add_user(app, "Asha")
    seen = users.find(db, "Asha")
    assert seen is not None

    assert [users.begin_try(db, seen, None) for _ in range(3)] == [True, False, False]


def test_a_session_ends_after_twelve_hours(app: Flask, db: mongo.Db) -> None:
    signed_in(app, "Asha")
    secret = sign_in.enter(db, "Asha", PASSWORD, NOW)
    user = users.find(db, "Asha")

    assert secret is not None
    assert user is not None
    for hours in range(1, 12):
        user = users.find(db, "Asha") or user
        assert sign_in.keep_open(db, user, secret, NOW + timedelta(hours=hours))
    user = users.find(db, "Asha") or user
    assert not sign_in.is_open(user, secret, NOW + timedelta(hours=12))
    assert secret not in str(user)


def test_a_copied_cookie_is_worth_nothing_after_signing_out(app: Flask, asha: FlaskClient) -> None:
    cookie = asha.get_cookie("drumbeat")
    assert cookie is not None
    thief = app.test_client()
    thief.set_cookie("drumbeat", cookie.value)
    assert thief.get("/").status_code == 200

    assert post(asha, "/logout", see="/").location == "/login"

    assert thief.get("/").location.startswith("/login")
    assert asha.get("/").location.startswith("/login")


def test_signing_in_gives_the_browser_a_new_session(app: Flask, stranger: FlaskClient) -> None:
    once = add_user(app, "Asha")
    stranger.get("/login")
    with stranger.session_transaction() as planted:
        planted["planted"] = "by somebody else"

    post(stranger, "/login", name="Asha", password=once)

    with stranger.session_transaction() as now:
        assert "planted" not in now


def test_the_cookie_is_kept_from_scripts_and_other_sites(app: Flask, stranger: FlaskClient) -> None:
    add_user(app, "Asha")
    header = stranger.get("/login").headers["Set-Cookie"]

    assert "HttpOnly" in header
    assert "SameSite=Lax" in header


def test_a_form_from_elsewhere_changes_nothing(asha: FlaskClient, db: mongo.Db) -> None:
    rows.campaign(db, state=CampaignState.ACTIVE)

    answer = asha.post("/campaigns/diwali_offer/pause")

    assert answer.status_code == 400
    assert "Nothing was changed" in answer.text
    assert (db.campaigns.find_one({}) or {})["state"] == "active"


def test_the_login_leads_to_the_page_that_was_asked_for(app: Flask, stranger: FlaskClient) -> None:
    once = add_user(app, "Asha")
    at_login = stranger.get("/campaigns/diwali_offer?a=b").location

    answer = post(stranger, at_login, name="Asha", password=once)

    assert answer.location == "/campaigns/diwali_offer?a=b"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example",
        "/\t/evil.example", "/\n/evil.example", " /x", "javascript:alert(1)", "", "evil", "/[",
        "///evil.example",
    ],
)  # fmt: skip
def test_the_login_leads_to_no_other_site(target: str) -> None:
    followed = security.safe_next(target)

    assert followed in (None, "/[")


@given(st.text())
def test_wherever_the_login_leads_is_a_path_here(target: str) -> None:
    followed = security.safe_next(target)

    assert followed is None or (followed.startswith("/") and followed[1:2] not in ("/", "\\"))


def test_somebody_signed_in_is_not_asked_again(asha: FlaskClient) -> None:
    assert asha.get("/login?next=/campaigns/x").location == "/campaigns/x"


def test_a_session_that_nobody_looks_at_ends_after_two_hours(app: Flask, db: mongo.Db) -> None:
    signed_in(app, "Asha")
    secret = sign_in.enter(db, "Asha", PASSWORD, NOW)
    assert secret is not None

    def looked(after: timedelta) -> bool:
        user = users.find(db, "Asha")
        assert user is not None
        return sign_in.keep_open(db, user, secret, NOW + after)

    assert looked(timedelta(minutes=119))
    assert looked(timedelta(minutes=238))
    assert not looked(timedelta(minutes=358))


def test_strangers_who_guess_do_not_lock_out_a_browser_that_is_known(
    app: Flask, asha: FlaskClient
) -> None:
    post(asha, "/logout", see="/")
    guesser = app.test_client()
    for _ in range(6):
        post(guesser, "/login", name="Asha", password="wrong")
    assert post(guesser, "/login", name="Asha", password=PASSWORD).status_code == 401

    assert post(asha, "/login", name="Asha", password=PASSWORD).location == "/"


def test_a_known_browser_is_locked_when_it_guesses_itself(app: Flask, asha: FlaskClient) -> None:
    post(asha, "/logout", see="/")
    for _ in range(5):
        post(asha, "/login", name="Asha", password="wrong")

    assert post(asha, "/login", name="Asha", password=PASSWORD).status_code == 401
    assert post(app.test_client(), "/login", name="Asha", password=PASSWORD).location == "/"


def test_one_address_may_try_so_often_and_no_more(
    app: Flask, db: mongo.Db, red: redis.RedisClient
) -> None:
    signed_in(app, "Asha")
    window = int(datetime.now(UTC).timestamp() // 60)
    for minute in (window, window + 1):
        red.set(f"drumbeat:calls:sign-in:127.0.0.1:{minute}", 30)

    assert post(app.test_client(), "/login", name="Asha", password=PASSWORD).status_code == 401
