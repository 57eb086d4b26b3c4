"""What the environment says, checked once and wholly before anything starts.

Every problem is reported at once, by the variable's own name, so that a first start does not turn
into a game of one error at a time.
"""

import re
import sys
from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from config.values import (
    FrequencyCap,
    QuietHours,
    address_fault,
    base_address_fault,
    parse_addresses,
    parse_cap,
    parse_caps,
    parse_duration,
    parse_quiet_hours,
    web_address_fault,
)

ROOT = Path(__file__).resolve().parent.parent
_HOST = r"^https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$"


class SettingsError(Exception):
    """The environment is incomplete or malformed. Its text lists every problem, one a line."""


class Settings(BaseSettings):
    """The environment, typed. Secrets print as stars."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    mongodb_uri: str = Field(pattern=r"^mongodb(\+srv)?://")
    redis_url: str = Field(pattern=r"^(rediss?|unix)://")
    whatsapp_access_token: SecretStr
    whatsapp_phone_number_id: str = Field(pattern=r"^\d+$")
    whatsapp_business_account_id: str = Field(pattern=r"^\d+$")
    whatsapp_app_secret: Annotated[tuple[SecretStr, ...], NoDecode]
    whatsapp_verify_token: SecretStr
    graph_api_url: str = Field("https://graph.facebook.com", pattern=_HOST)
    graph_api_version: str = Field("v25.0", pattern=r"^v\d+\.\d+$")
    rules_dir: Path = Path("rules/files")
    rules_autopublish: bool = False
    clock_file: Path | None = None
    api_token: SecretStr
    secret_key: SecretStr
    timezone: ZoneInfo = ZoneInfo("UTC")
    default_country: str = "IN"
    quiet_hours: Annotated[QuietHours | None, NoDecode] = QuietHours(time(21), time(8))
    marketing_cap: Annotated[FrequencyCap | None, NoDecode] = FrequencyCap(1, timedelta(hours=24))
    frequency_caps: Annotated[Mapping[str, FrequencyCap] | None, NoDecode] = None
    reply_limit: Annotated[FrequencyCap | None, NoDecode] = FrequencyCap(10, timedelta(minutes=10))
    reply_limit_any: Annotated[FrequencyCap | None, NoDecode] = FrequencyCap(
        60, timedelta(minutes=10)
    )
    require_opt_in: Literal["implied", "strict"] = "implied"
    engine: Literal["auto", "durable", "python"] = "auto"
    notify_private: bool = False
    notify_secret: SecretStr | None = None
    notify_addresses: Annotated[Mapping[str, str] | None, NoDecode] = None
    shopify_webhook_secret: Annotated[tuple[SecretStr, ...] | None, NoDecode] = None
    woocommerce_webhook_secret: Annotated[tuple[SecretStr, ...] | None, NoDecode] = None
    checkout_abandoned_after: Annotated[timedelta, NoDecode] = timedelta(hours=1)
    links_url: str | None = None
    messages_per_s: int = Field(80, ge=1, le=1000)
    api_calls_per_minute: int = Field(60_000, ge=0, le=10_000_000)  # of one token; 0: no limit
    journal_days: int = Field(30, ge=8, le=3650)  # Meta repeats for up to seven
    event_timeout_s: int = Field(60, ge=5, le=600)
    worker_memory_mb: int = Field(1024, ge=0, le=65_536)  # 0: no limit
    texts_days: int | None = Field(None, ge=1, le=3650)  # None: as long as their rows
    session_cookie_secure: bool = True
    metrics_token: SecretStr | None = None
    otel_exporter_otlp_endpoint: str | None = Field(None, pattern=r"^https?://[^\s/]+\S*$")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("mongodb_uri", "redis_url")
    @classmethod
    def _address(cls, value: str) -> str:
        fault = address_fault(value)
        if fault:
            raise ValueError(fault)
        return value

    @field_validator("whatsapp_app_secret", mode="before")
    @classmethod
    def _split_secrets(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        secrets = tuple(part.strip() for part in value.split(",") if part.strip())
        if not 1 <= len(secrets) <= 2:
            raise ValueError("give one secret, or two separated by a comma while one is rotated")
        return secrets

    @field_validator("shopify_webhook_secret", "woocommerce_webhook_secret", mode="before")
    @classmethod
    def _split_or_none(cls, value: Any) -> Any:
        return cls._split_secrets(value) if value else None

    @field_validator("checkout_abandoned_after", mode="before")
    @classmethod
    def _duration(cls, value: Any) -> Any:
        found = parse_duration(value) if isinstance(value, str) else value
        if isinstance(found, timedelta) and not timedelta(minutes=1) <= found <= timedelta(days=7):
            raise ValueError("must be from 1m to 7d")
        return found

    @field_validator("notify_secret", mode="before")
    @classmethod
    def _none_where_empty(cls, value: Any) -> Any:
        return value or None

    @field_validator("notify_addresses", mode="before")
    @classmethod
    def _notify_addresses(cls, value: Any, info: ValidationInfo) -> Any:
        found = parse_addresses(value) if isinstance(value, str) else value
        if not found:
            return None
        private = bool(info.data.get("notify_private"))
        for name, url in found.items():
            if fault := web_address_fault(url, private=private):
                raise ValueError(f"{name} {fault}")
        if info.data.get("notify_secret") is None:
            raise ValueError("set NOTIFY_SECRET too: what is told is signed with it")
        return found

    @field_validator("whatsapp_access_token", "whatsapp_verify_token", "api_token", "secret_key")
    @classmethod
    def _not_empty(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().strip():
            raise ValueError("must not be empty")
        return value

    @field_validator(
        "metrics_token",
        "otel_exporter_otlp_endpoint",
        "texts_days",
        "clock_file",
        "links_url",
        mode="before",
    )
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return value or None

    @field_validator("links_url")
    @classmethod
    def _public_base(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if fault := base_address_fault(value):
            raise ValueError(fault)
        return value.rstrip("/")

    @field_validator("whatsapp_access_token")
    @classmethod
    def _fits_a_header(cls, value: SecretStr) -> SecretStr:
        # Any other would raise with every message, once it was taken from the queue.
        if not re.fullmatch("[!-~]*", value.get_secret_value()):
            raise ValueError("must be letters, digits and signs of ASCII, without spaces")
        return value

    @field_validator("rules_dir", mode="before")
    @classmethod
    def _a_folder(cls, value: Any) -> Any:
        # Path("") is the folder we stand in, with every YAML file of the project's own.
        if isinstance(value, str) and not value.strip():
            raise ValueError("must name a folder; leave the variable out for rules/files")
        return value

    @field_validator("timezone", mode="before")
    @classmethod
    def _known_zone(cls, value: Any) -> Any:
        if isinstance(value, str):
            if value not in available_timezones():
                raise ValueError("not an IANA time zone such as Asia/Kolkata")
            return ZoneInfo(value)
        return value

    @field_validator("default_country")
    @classmethod
    def _known_country(cls, value: str) -> str:
        if not re.fullmatch("[A-Z]{2}", value) or value not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError("not a two-letter country code such as IN")
        return value

    @field_validator("quiet_hours", mode="before")
    @classmethod
    def _quiet_hours(cls, value: Any) -> Any:
        return parse_quiet_hours(value) if isinstance(value, str) else value

    @field_validator("marketing_cap", "reply_limit", "reply_limit_any", mode="before")
    @classmethod
    def _cap(cls, value: Any) -> Any:
        return parse_cap(value) if isinstance(value, str) else value

    @field_validator("frequency_caps", mode="before")
    @classmethod
    def _frequency_caps(cls, value: Any) -> Any:
        return (parse_caps(value) or None) if isinstance(value, str) else value

    def caps(self) -> dict[str, FrequencyCap]:
        """{category: how many of its messages a campaign's person may get}."""
        marketing = {"marketing": self.marketing_cap} if self.marketing_cap else {}
        return {**(self.frequency_caps or {}), **marketing}

    def app_secrets(self) -> tuple[str, ...]:
        """The one or two secrets that may sign a webhook."""
        return tuple(secret.get_secret_value() for secret in self.whatsapp_app_secret)

    def address_names(self) -> frozenset[str]:
        """Of the other systems that rules may tell."""
        return frozenset(self.notify_addresses or ())

    def rules_path(self) -> Path:
        """RULES_DIR, seen from the project's folder when it is relative."""
        return self.rules_dir if self.rules_dir.is_absolute() else ROOT / self.rules_dir


def load(**overrides: Any) -> Settings:
    """Settings from the environment (and `.env`), `overrides` on top.

    Raises SettingsError whose text names every missing or malformed variable.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError(_sentences(error)) from None


def load_or_exit() -> Settings:
    """The settings of a process that starts; where they have faults it says all of them, and ends
    with status 2."""
    try:
        return load()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from None


def _sentences(error: ValidationError) -> str:
    lines = ["The settings are not complete; nothing was started."]
    for problem in error.errors(include_input=False, include_url=False):
        name = str(problem["loc"][0]).upper()
        if problem["type"] == "missing":
            lines.append(f"  {name}: missing")
        else:
            lines.append(f"  {name}: {problem['msg'].removeprefix('Value error, ')}")
    lines.append("Each variable is explained in .env.example.")
    return "\n".join(lines)
