"""The people who hold the phones. Pure."""

import functools
import hashlib
from dataclasses import asdict, dataclass
from typing import Any

import phonenumbers

from simulator.settings import Crowd

SAVED = (
    "wa_id",
    "name",
    "user_id",
    "username",
    "read_receipts",
    "online",
    "has_whatsapp",
    "hide_phone",
    "auto_read",
    "listed",
    "stopped_marketing",
    "last_inbound_at",
)


@dataclass(slots=True)
class Person:
    """One phone. wa_id: digits, no `+`. user_id: the BSUID, `IN.…`.

    listed: shown on the page; numbers that were merely written to are not, until they write.
    last_inbound_at: when she last wrote (seconds), which opens the 24-hour window.
    spare: messages the pair limit still allows at `spare_at`.
    """

    wa_id: str
    name: str
    user_id: str
    username: str = ""
    read_receipts: bool = True
    online: bool = True
    has_whatsapp: bool = True
    hide_phone: bool = False
    auto_read: bool = False
    listed: bool = True
    stopped_marketing: bool = False
    last_inbound_at: float | None = None
    spare: float = -1.0
    spare_at: float = 0.0

    def saved(self) -> dict[str, Any]:
        """What is worth keeping: all but the pair limit's bookkeeping."""
        whole = asdict(self)
        return {key: whole[key] for key in SAVED}


def digits(phone: str) -> str:
    """The `wa_id` of a number as people write it.

    >>> digits("+91 98123-45670")
    '919812345670'
    """
    return "".join(character for character in phone if character in "0123456789")


@functools.lru_cache(maxsize=4096)
def region(wa_id: str) -> str:
    """The country of a number, as BSUIDs name it; `ZZ` where the number belongs to none.

    A number nobody can own, such as one made up for a test, belongs to its prefix's country.

    >>> region("919812345670"), region("14155550123")
    ('IN', 'US')
    """
    try:
        number = phonenumbers.parse(f"+{wa_id}")
    except phonenumbers.NumberParseException:
        return "ZZ"
    by_prefix = phonenumbers.region_code_for_country_code(number.country_code or 0)
    return phonenumbers.region_code_for_number(number) or by_prefix


def user_id_of(wa_id: str) -> str:
    """A BSUID: always the same for the same number, and it does not give the number away."""
    hashed = hashlib.sha256(f"bsuid:{wa_id}".encode()).digest()
    return f"{region(wa_id)}.{int.from_bytes(hashed[:8]) % 10**17 + 10**17}"


def newcomer(wa_id: str, name: str = "", *, listed: bool = True) -> Person:
    return Person(wa_id, name or f"+{wa_id}", user_id_of(wa_id), listed=listed)


def passer_by(wa_id: str, crowd: Crowd) -> Person:
    """Somebody nobody added: the business wrote to a number out of its own list."""
    person = newcomer(wa_id, listed=False)
    hashed = hashlib.sha256(f"crowd:{wa_id}".encode()).digest()
    reads, exists, online = (part / 256 for part in hashed[:3])
    person.auto_read = reads < crowd.auto_read
    person.has_whatsapp = exists >= crowd.no_whatsapp
    person.online = online >= crowd.offline
    return person


def samples() -> list[Person]:
    """Asha (opted in), Bilal (do not disturb) and Chen (never wrote to us)."""
    return [
        newcomer("919812345670", "Asha"),
        newcomer("14155550123", "Bilal"),
        newcomer("6591234567", "Chen"),
    ]
