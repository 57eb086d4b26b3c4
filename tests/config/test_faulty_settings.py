"""What would break later, message by message, is refused before anything starts."""

from typing import Any

import pytest

from config.settings import SettingsError
from tests.config.test_settings import load

ODD = "a-secret-nobody-may-see"


def refusal(**changes: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        load(**changes)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("quiet_hours", "21:00Z-08:00", "not of the form 21:00-08:00"),
        ("quiet_hours", "21:00+05:30", "not of the form 21:00-08:00"),
        ("marketing_cap", "1/0h", "leave it empty to turn it off"),
        ("marketing_cap", "²/24h", "not of the form 1/24h"),
        ("whatsapp_access_token", "EAAG…", "letters, digits and signs of ASCII, without spaces"),
        ("whatsapp_access_token", "EAAG x", "letters, digits and signs of ASCII, without spaces"),
        ("whatsapp_access_token", "EAAG\r\nX: y", "of ASCII, without spaces"),
        ("graph_api_url", "https://graph.facebook.com/", "pattern"),
        ("graph_api_url", "https://graph.facebook.com/v25.0", "pattern"),
        ("graph_api_url", "https://[::bad", "pattern"),
        ("graph_api_url", "https://graph facebook.com", "pattern"),
        ("graph_api_url", "https://graph.facebook.com?x", "pattern"),
        ("graph_api_url", "https://me:secret@graph.facebook.com", "pattern"),
        ("journal_days", "7", "greater than or equal to 8"),
        ("texts_days", "0", "greater than or equal to 1"),
        ("whatsapp_phone_number_id", "+91 98123", "pattern"),
        ("whatsapp_business_account_id", "", "pattern"),
        ("whatsapp_access_token", "", "must not be empty"),
        ("secret_key", "  ", "must not be empty"),
        ("redis_url", "127.0.0.1:6379", "pattern"),
        ("rules_autopublish", "perhaps", "boolean"),
        ("rules_dir", "", "must name a folder"),
        ("rules_dir", "  ", "must name a folder"),
        ("engine", "drools", "'auto', 'durable' or 'python'"),
        ("log_level", "CHATTY", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("default_country", "XX", "not a two-letter country code"),
        ("timezone", "", "not an IANA time zone"),
        ("timezone", "../etc/passwd", "not an IANA time zone"),
    ],
)
def test_each_fault_is_named_with_what_to_do(name: str, value: str, says: str) -> None:
    said = refusal(**{name: value})

    assert f"  {name.upper()}: " in said
    assert says in said


@pytest.mark.parametrize(
    "url",
    ["https://graph.facebook.com", "http://127.0.0.1:9", "http://meta:8080", "http://[::1]:9", "http://a_b:1"],
)  # fmt: skip
def test_the_graph_api_may_be_any_host(url: str) -> None:
    assert load(graph_api_url=url).graph_api_url == url


def test_all_faults_are_told_in_one_message() -> None:
    said = refusal(timezone="x", default_country="x", quiet_hours="x", api_token="", redis_url="x")

    lines = said.splitlines()[1:-1]
    names = {line.split(":")[0].strip() for line in lines}
    assert names == {"TIMEZONE", "DEFAULT_COUNTRY", "QUIET_HOURS", "API_TOKEN", "REDIS_URL"}
    assert len(lines) == 5


@pytest.mark.parametrize(
    "name",
    ["whatsapp_access_token", "whatsapp_app_secret", "whatsapp_verify_token", "api_token",
     "secret_key"],
)  # fmt: skip
def test_a_refusal_does_not_repeat_a_secret(name: str) -> None:
    given = f"{ODD}1,{ODD}2,{ODD}3" if name == "whatsapp_app_secret" else ODD
    said = refusal(**{name: given}, quiet_hours=ODD, whatsapp_phone_number_id=f"{ODD} pasted here")

    assert ODD not in said


def test_a_password_in_an_address_is_not_printed_with_its_fault() -> None:
    assert "hunter2" not in refusal(mongodb_uri="mongo://me:hunter2@db", redis_url="r://:hunter2@r")
