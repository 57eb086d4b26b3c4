"""The environment is checked wholly before anything starts, and says everything at once."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config import settings
from config.settings import SettingsError
from config.values import FrequencyCap, QuietHours, parse_duration

GOOD: dict[str, Any] = {
    "mongodb_uri": "mongodb://127.0.0.1/x",
    "redis_url": "redis://127.0.0.1",
    "whatsapp_access_token": "a-token",
    "whatsapp_phone_number_id": "1",
    "whatsapp_business_account_id": "2",
    "whatsapp_app_secret": "a-secret",
    "whatsapp_verify_token": "v",
    "api_token": "t",
    "secret_key": "s",
}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in settings.Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def load(**changes: Any) -> settings.Settings:
    return settings.load(_env_file=None, **{**GOOD, **changes})


def test_every_missing_variable_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        settings.load(_env_file=None)

    lines = str(caught.value).splitlines()
    assert [line.strip() for line in lines[1:-1]] == [f"{name.upper()}: missing" for name in GOOD]
    assert ".env.example" in lines[-1]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("timezone", "Mars/Base", "not an IANA time zone"),
        ("default_country", "India", "not a two-letter country code"),
        ("default_country", "in", "not a two-letter country code"),
        ("quiet_hours", "night", "not of the form 21:00-08:00"),
        ("quiet_hours", "21:00-21:00", "starts when it ends"),
        ("quiet_hours", "21:00+05:30-08:00", "not of the form 21:00-08:00"),
        ("quiet_hours", "21:00-08:00:30", "not of the form 21:00-08:00"),
        ("quiet_hours", "9-5", "not of the form 21:00-08:00"),
        ("quiet_hours", "21:00-24:00", "not of the form 21:00-08:00"),
        ("marketing_cap", "often", "not of the form 1/24h"),
        ("frequency_caps", "utility", "is written as utility=3/24h"),
        ("frequency_caps", "utility=", "needs its cap"),
        ("frequency_caps", "utility=1/24h utility=2/24h", "stands twice"),
        ("frequency_caps", "marketing=1/24h", "has its own setting, MARKETING_CAP"),
        ("frequency_caps", "news=1/24h", "is no category"),
        ("marketing_cap", "0/24h", "not of the form 1/24h"),
        ("marketing_cap", "²/24h", "not of the form 1/24h"),
        ("marketing_cap", "-1/24h", "not of the form 1/24h"),
        ("marketing_cap", "1/soon", "not a duration"),
        ("marketing_cap", "1/0h", "over no time at all"),
        ("whatsapp_app_secret", "a,b,c", "give one secret, or two"),
        ("whatsapp_app_secret", " , ", "give one secret, or two"),
        ("whatsapp_verify_token", " ", "must not be empty"),
        ("api_token", "", "must not be empty"),
        ("graph_api_url", "graph.facebook.com", "pattern"),
        ("graph_api_version", "25", "pattern"),
        ("mongodb_uri", "localhost:27017", "pattern"),
        ("mongodb_uri", "mongodb://127.0.0.1:none/x", "a port is no number"),
        ("mongodb_uri", "mongodb://a:p@ss@127.0.0.1/x", "written as %40"),
        ("mongodb_uri", "mongodb:///x", "a host is missing"),
        ("redis_url", "redis://127.0.0.1:99999/0", "a port is no number"),
        ("require_opt_in", "maybe", "'implied' or 'strict'"),
        ("messages_per_s", "5000", "less than or equal to 1000"),
    ],
)
def test_a_malformed_value_is_named_with_what_it_should_be(
    name: str, value: str, says: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(**{name: value})

    assert f"{name.upper()}: " in str(caught.value)
    assert says in str(caught.value)


def test_the_defaults_are_those_of_the_contract() -> None:
    loaded = load()

    assert loaded.graph_api_url == "https://graph.facebook.com"
    assert loaded.graph_api_version == "v25.0"
    assert str(loaded.rules_dir) == "rules/files"
    assert loaded.timezone == ZoneInfo("UTC")
    assert loaded.quiet_hours == QuietHours(time(21), time(8))
    assert loaded.marketing_cap == FrequencyCap(1, timedelta(hours=24))
    assert loaded.require_opt_in == "implied"


def test_empty_turns_quiet_hours_and_the_cap_off() -> None:
    loaded = load(quiet_hours="", marketing_cap=" ")

    assert loaded.quiet_hours is None
    assert loaded.marketing_cap is None


def test_two_secrets_are_both_taken_while_one_is_rotated() -> None:
    assert load(whatsapp_app_secret="new, old").app_secrets() == ("new", "old")


def test_no_secret_is_printed() -> None:
    secret = "do-not-print-me"
    loaded = load(
        whatsapp_access_token=secret, whatsapp_app_secret=secret, api_token=secret,
        secret_key=secret, whatsapp_verify_token=secret,
    )  # fmt: skip

    assert secret not in repr(loaded)
    assert secret not in str(loaded)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("30m", 1800), ("48h", 172_800), ("7d", 604_800), ("2 days", 172_800)],
)
def test_durations_are_read_as_they_are_written(text: str, seconds: int) -> None:
    assert parse_duration(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "5", "h", "-5m", "5 weeks", "1.5h", "5mm"])
def test_what_is_no_duration_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration such as"):
        parse_duration(text)


def test_every_malformed_variable_is_named_at_once() -> None:
    wrong = {
        "timezone": "Mars/Base", "quiet_hours": "night", "marketing_cap": "often",
        "engine": "steam", "log_level": "LOUD", "messages_per_s": "many", "journal_days": "0",
        "default_country": "XX", "redis_url": "localhost", "mongodb_uri": "localhost",
        "whatsapp_phone_number_id": "+91 98", "whatsapp_business_account_id": "",
        "session_cookie_secure": "perhaps", "secret_key": " ",
    }  # fmt: skip

    with pytest.raises(SettingsError) as caught:
        load(**wrong)

    lines = str(caught.value).splitlines()[1:-1]
    assert {line.partition(":")[0].strip().lower() for line in lines} == set(wrong)


def test_a_problem_does_not_print_the_value_that_was_given() -> None:
    with pytest.raises(SettingsError) as caught:
        load(
            mongodb_uri="postgres://asha:do-not-print-me@db",
            whatsapp_app_secret="do-not-print-me,b,c",
        )

    assert "do-not-print-me" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_spaces_around_quiet_hours_are_no_fault() -> None:
    assert load(quiet_hours=" 22:30 - 06:15 ").quiet_hours == QuietHours(time(22, 30), time(6, 15))


@pytest.mark.parametrize(
    ("at", "quiet"),
    [
        (time(20, 59, 59), False),
        (time(21), True),
        (time(0), True),
        (time(7, 59, 59), True),
        (time(8), False),
    ],
)
def test_quiet_hours_pass_midnight(at: time, quiet: bool) -> None:
    local = datetime.combine(date(2026, 11, 24), at, UTC)

    assert QuietHours(time(21), time(8)).cover(local) is quiet
    assert QuietHours(time(8), time(21)).cover(local) is not quiet


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mongodb_uri", "mongodb://a:27017,b:27018,c/x?replicaSet=r"),
        ("mongodb_uri", "mongodb+srv://user:p%40ss@cluster.example.net/x"),
        ("mongodb_uri", "mongodb://[::1]:27017/x"),
        ("redis_url", "rediss://:secret@redis.example.net:6380/1"),
        ("redis_url", "unix:///run/redis.sock"),
        ("redis_url", "redis://localhost"),
    ],
)
def test_an_address_of_each_good_form_is_taken(name: str, value: str) -> None:
    assert getattr(load(**{name: value}), name) == value
