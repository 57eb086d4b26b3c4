"""Every setting is explained, in `.env.example` and in the README, with the default it has."""

import re
from io import StringIO

import pytest
from dotenv import dotenv_values
from honcho import environ as honcho_environ

from config import settings as config_settings
from config.settings import ROOT, Settings, SettingsError
from tests.house import pages

EXAMPLE = (ROOT / ".env.example").read_text("utf-8")
GIVEN = dotenv_values(stream=StringIO(EXAMPLE))
SETTINGS = {name.upper() for name in Settings.model_fields}
REQUIRED = {name.upper() for name, field in Settings.model_fields.items() if field.is_required()}
# Empty is what these are where nobody wants them.
OFF = {name.upper() for name, field in Settings.model_fields.items() if field.default is None}
FILLED = {
    "WHATSAPP_ACCESS_TOKEN": "a-token",
    "WHATSAPP_PHONE_NUMBER_ID": "106540352242922",
    "WHATSAPP_BUSINESS_ACCOUNT_ID": "102290129340398",
    "WHATSAPP_APP_SECRET": "a-secret",
    "WHATSAPP_VERIFY_TOKEN": "a-verify-token",
    "API_TOKEN": "an-api-token-of-some-length",
    "SECRET_KEY": "a-secret-key-of-some-length",
}


def server_settings() -> dict[str, str]:
    """{name: default} of what gunicorn.conf.py reads and people may set."""
    text = (ROOT / "gunicorn.conf.py").read_text("utf-8")
    return dict(re.findall(r"""environ\.get\(['"](\w+)['"], ['"]([^'"]+)['"]\)""", text))


def loaded(**given: str | None) -> Settings:
    return config_settings.load(
        _env_file=None, **{name.lower(): value for name, value in given.items() if name in SETTINGS}
    )


def test_the_example_names_every_setting_and_no_other() -> None:
    assert set(GIVEN) == SETTINGS | set(server_settings())


def test_each_setting_of_the_example_is_explained_above_it() -> None:
    unexplained = []
    for block in EXAMPLE.split("\n\n"):
        lines = block.strip().splitlines()
        if any("=" in line and not line.startswith("#") for line in lines):
            unexplained += [] if lines[0].startswith("#") else [lines[0]]
    assert not unexplained


def test_the_example_with_its_secrets_filled_in_is_complete() -> None:
    assert {name for name, value in GIVEN.items() if not value} == set(FILLED) | OFF

    settings = loaded(**{**GIVEN, **FILLED})

    assert settings.whatsapp_phone_number_id == FILLED["WHATSAPP_PHONE_NUMBER_ID"]


def test_the_example_as_it_is_is_refused_with_every_empty_name() -> None:
    with pytest.raises(SettingsError) as refused:
        loaded(**GIVEN)

    assert {name for name in FILLED if f"  {name}:" in str(refused.value)} == set(FILLED)


def test_the_values_of_the_example_are_the_defaults() -> None:
    settings = loaded(**{**GIVEN, **FILLED})
    for name, field in Settings.model_fields.items():
        if not field.is_required():
            assert getattr(settings, name) == field.default, name
    for name, default in server_settings().items():
        assert GIVEN[name] == default


def test_all_who_read_the_example_read_the_same() -> None:
    read_by_honcho = honcho_environ.parse(EXAMPLE)  # type: ignore[no-untyped-call]  # has no types

    assert read_by_honcho == {name: value for name, value in GIVEN.items() if value}


def test_the_readme_lists_every_setting_with_its_default() -> None:
    listed: dict[str, str] = {}
    for names, (_, default) in pages.table(ROOT / "README.md", "Settings").items():
        pairs = zip(names.split(", "), default.split(", "), strict=True)
        listed.update({name.strip("`"): value.strip("`") for name, value in pairs})
    wanted = {name: "must be set" if name in REQUIRED else GIVEN[name] for name in GIVEN}
    assert listed == wanted
