"""Small values that settings and campaign documents write as text. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from urllib.parse import urlsplit

_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_WORDS = {"second": "s", "minute": "m", "min": "m", "hour": "h", "day": "d"}
_ADDRESS_NAME = re.compile(r"[A-Za-z_][\w-]{0,63}")
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_DURATION = re.compile(r"([0-9]{1,5}) ?(s|m|h|d|seconds?|minutes?|min|hours?|days?)")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A daily span on a person's own clock in which marketing waits; it may pass midnight."""

    start: time
    end: time

    def cover(self, local: datetime) -> bool:
        """Whether `local`, in the person's zone, lies within.

        >>> QuietHours(time(21), time(8)).cover(datetime(2026, 1, 1, 7, 59))
        True
        """
        now = local.time()
        if self.start <= self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end


@dataclass(frozen=True, slots=True)
class FrequencyCap:
    """At most `count` messages to one person within a rolling `period`."""

    count: int
    period: timedelta


def parse_duration(text: str) -> timedelta:
    """`30m`, `48h`, `30d`, `2 days` as a timedelta; ValueError with a sentence otherwise.

    >>> parse_duration("48h")
    datetime.timedelta(days=2)
    """
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} is not a duration such as 30m, 48h or 7d")
    unit = match[2] if match[2] in _UNITS else _WORDS[match[2].rstrip("s")]
    return int(match[1]) * _UNITS[unit]


def parse_addresses(text: str) -> dict[str, str]:
    """`crm=https://crm.example/hook desk=https://…` as {name: address}, separated by white space.

    Raises ValueError with a sentence.

    >>> parse_addresses("crm=https://crm.example/hook?a=b")
    {'crm': 'https://crm.example/hook?a=b'}
    """
    found: dict[str, str] = {}
    for word in text.split():
        name, mark, url = word.partition("=")
        if not mark or not _ADDRESS_NAME.fullmatch(name):
            raise ValueError("is written as name=https://…, several separated by a space")
        if name in found:
            raise ValueError(f"{name} stands twice")
        found[name] = url
    return found


def web_address_fault(url: str, *, private: bool = False) -> str | None:
    """What is wrong with an address to POST to, without repeating it; None where nothing is."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is no address"
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        return "must begin with https://"
    if not parts.hostname or parts.username or parts.fragment or port == 0:
        return "must be https://host/path, without a user or a #"
    if not (url.isascii() and url.isprintable() and " " not in url):
        return "holds a character that no address has"
    return None


def base_address_fault(url: str) -> str | None:
    """What is wrong with a web server's public address; None where nothing is. Plain http:// is for
    one's own machine.

    >>> base_address_fault("http://go.shop.example")
    'must begin with https://'
    """
    parts = urlsplit(url)
    private = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    if fault := web_address_fault(url, private=private):
        return fault
    return "must end before any ?" if "?" in url else None


def address_fault(url: str) -> str | None:
    """What is wrong with a server's address, without repeating it: it may hold a password.

    >>> address_fault("redis://127.0.0.1:none")
    'a port is no number from 1 to 65535'
    """
    scheme, _, rest = url.partition("://")
    if scheme == "unix":
        return None
    authority = re.split(r"[/?]", rest, maxsplit=1)[0]
    credentials, _, hosts = authority.rpartition("@")
    if "@" in credentials or credentials.count(":") > 1:
        return "a user or password holds @ or :, which must be written as %40 or %3A"
    if any(character.isspace() for character in url):
        return "it holds a space"
    for host in hosts.split(","):
        name, _, port = (
            host.rpartition(":") if re.search(r":[^\]]*$", host) else (host, "", "27017")
        )
        if not name:
            return "a host is missing"
        if not (port.isascii() and port.isdigit() and 0 < int(port) <= 65_535):
            return "a port is no number from 1 to 65535"
    return None


def parse_quiet_hours(text: str) -> QuietHours | None:
    """`21:00-08:00`; empty turns quiet hours off."""
    if not text.strip():
        return None
    span = _SPAN.fullmatch(text.strip())
    if span is None:
        raise ValueError("not of the form 21:00-08:00")
    from_h, from_m, to_h, to_m = (int(part) for part in span.groups())
    hours = QuietHours(time(from_h, from_m), time(to_h, to_m))
    if hours.start == hours.end:
        raise ValueError("starts when it ends; leave it empty to turn quiet hours off")
    return hours


CAPPED = ("utility", "authentication", "service")


def parse_caps(text: str) -> dict[str, FrequencyCap]:
    """`utility=3/24h service=1/7d` as {category: its cap}, separated by white space.

    Marketing has a setting of its own. Raises ValueError with a sentence.

    >>> parse_caps("utility=3/24h")
    {'utility': FrequencyCap(count=3, period=datetime.timedelta(days=1))}
    """
    found: dict[str, FrequencyCap] = {}
    for word in text.split():
        category, mark, given = word.partition("=")
        if not mark:
            raise ValueError("is written as utility=3/24h, several separated by a space")
        if category == "marketing":
            raise ValueError("marketing has its own setting, MARKETING_CAP")
        if category not in CAPPED:
            raise ValueError(f"{category!r} is no category; it is {', '.join(CAPPED)}")
        if category in found:
            raise ValueError(f"{category} stands twice")
        cap = parse_cap(given)
        if cap is None:
            raise ValueError(f"{category} needs its cap, such as {category}=3/24h")
        found[category] = cap
    return found


def parse_cap(text: str) -> FrequencyCap | None:
    """`1/24h`; empty turns the cap off."""
    if not text.strip():
        return None
    count, slash, period = text.partition("/")
    if not slash or not re.fullmatch(r"[1-9][0-9]{0,5}", count.strip()):
        raise ValueError("not of the form 1/24h")
    within = parse_duration(period)
    if not within:
        raise ValueError("a cap over no time at all; leave it empty to turn it off")
    return FrequencyCap(int(count), within)
