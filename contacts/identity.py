"""Who somebody is: a phone number, a business-scoped user id (BSUID), or both. Pure.

Source: Meta's user ids, https://developers.facebook.com/docs/whatsapp/business-scoped-user-ids
"""

import hashlib
import re
import zlib
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from babel.languages import get_official_languages
from phonenumbers import timezone as phone_zones

SHARDS = 64
_BSUID = re.compile(r"([A-Z]{2})\.(ENT\.)?[A-Za-z0-9]{1,128}")
_WA_ID = re.compile(r"[1-9][0-9]{6,14}")
# Mexico dropped the 1 after its country code and Brazil put a 9 before its mobile numbers; Meta
# still names older accounts the old way, and takes the new one. Argentina's mobile numbers have a 9
# after the country code from abroad, which people leave out; no number is somebody's with it and
# somebody else's without.
_OLD_FORMS = (
    (re.compile(r"521([0-9]{10})"), r"52\1"),
    (re.compile(r"54([123][0-9]{9})"), r"549\1"),
    (re.compile(r"55([1-9][0-9])([6-9][0-9]{7})"), r"55\g<1>9\2"),
)
_NOWHERE = "Etc/Unknown"


@dataclass(frozen=True, slots=True)
class Identity:
    """At least one of the two. wa_id: digits without `+`, in the form that `modern` gives them.

    bsuid: such as `IN.1349120865530274`.
    """

    wa_id: str | None = None
    bsuid: str | None = None

    def __post_init__(self) -> None:
        if not self.wa_id and not self.bsuid:
            raise ValueError("an identity needs a phone number or a BSUID")


def identify(wa_id: object, bsuid: object) -> Identity | None:
    """What Meta's `from` and `from_user_id` name, whatever they hold; None if neither is usable.

    >>> identify("919812345670", None)
    Identity(wa_id='919812345670', bsuid=None)
    """
    phone = wa_id.lstrip("+") if isinstance(wa_id, str) else ""
    user = bsuid if isinstance(bsuid, str) else ""
    if is_bsuid(phone):  # it has been seen where a phone number should stand
        phone, user = "", user or phone
    found_phone = modern(phone) if _WA_ID.fullmatch(phone) else None
    found_user = user if is_bsuid(user) else None
    return Identity(found_phone, found_user) if found_phone or found_user else None


def modern(wa_id: str) -> str:
    """One form of a number that has two, so that a person is one contact and their STOP holds.

    >>> modern("5215512345678"), modern("551187654321"), modern("541123456789")
    ('525512345678', '5511987654321', '5491123456789')
    """
    for old, new in _OLD_FORMS:
        if old.fullmatch(wa_id):
            return old.sub(new, wa_id)
    return wa_id


def address(wa_id: str | None, metas: str | None) -> str | None:
    """Where to write to: as Meta itself writes the number, where it told us and it is still theirs.

    >>> address("525512345678", "5215512345678"), address("919812345670", "5215512345678")
    ('5215512345678', '919812345670')
    """
    return metas if wa_id and metas and modern(metas) == wa_id else wa_id


def forms(wa_id: str) -> list[str]:
    """The number, and the older form that Meta may name it by.

    >>> forms("525512345678"), forms("5511987654321")
    (['525512345678', '5215512345678'], ['5511987654321', '551187654321'])
    """
    older = [re.sub(r"^52([0-9]{10})$", r"521\1", wa_id)]
    older.append(re.sub(r"^(55[1-9][0-9])9([6-9][0-9]{7})$", r"\1\2", wa_id))
    return list(dict.fromkeys([wa_id, *older]))


def is_wa_id(text: str) -> bool:
    """Whether `text` has the form of a phone number at Meta."""
    return _WA_ID.fullmatch(text) is not None


def is_bsuid(text: str) -> bool:
    """Whether `text` is a BSUID. Meta accepts one in a message's `to`, and never delivers it."""
    return _BSUID.fullmatch(text) is not None


def parse_phone(text: str, default_country: str) -> str:
    """A phone number as somebody wrote it, as a wa_id: digits, country code first, no `+`.

    default_country: for numbers written without `+`. Raises ValueError with a sentence.

    >>> parse_phone("098123 45670", "IN")
    '919812345670'
    """
    written = text.strip()
    for region in (default_country, None):
        # A number without "+" may also be a whole one: 919812345670.
        candidate = written if region else "+" + written.lstrip("+0")
        try:
            number = phonenumbers.parse(candidate, region)
            digits = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]
            found = modern(digits)
            if found != digits:
                number = phonenumbers.parse("+" + found)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return found
    raise ValueError("not a valid phone number; write it with + and the country code")


def country_of(identity: Identity) -> str | None:
    """The ISO country of the number, or of the BSUID where the number is hidden."""
    number = _number(identity.wa_id) if identity.wa_id else None
    region = phonenumbers.region_code_for_number(number) if number else None
    if region and region != "001":
        return region
    return identity.bsuid[:2] if identity.bsuid else None


@lru_cache(maxsize=16)
def _number(wa_id: str) -> phonenumbers.PhoneNumber | None:
    """The number, parsed; remembered for a moment, since several questions are asked of it."""
    try:
        return phonenumbers.parse("+" + wa_id)
    except phonenumbers.NumberParseException:
        return None


@lru_cache(maxsize=512)
def language_of(country: str | None) -> str | None:
    """A guess, until the person or an import says better: the country's first official language.

    >>> language_of("IN"), language_of("BR")
    ('hi', 'pt')
    """
    if country is None:
        return None
    languages = get_official_languages(country, de_facto=True)
    return languages[0] if languages else None


def timezone_of(wa_id: str | None) -> str | None:
    """The number's IANA time zone where it has just one; a country with several tells nothing."""
    number = _number(wa_id) if wa_id else None
    if number is None:
        return None
    zones = phone_zones.time_zones_for_number(number)
    return zones[0] if len(zones) == 1 and zones[0] != _NOWHERE else None


def shard_of(identity: Identity) -> int:
    """Where this person's events are handled, unless their contact says otherwise."""
    key = identity.wa_id or identity.bsuid or ""
    return zlib.crc32(key.encode()) % SHARDS


def who_key(identity: Identity) -> str:
    """A short hash that finds a person's journal rows again without naming them."""
    key = identity.wa_id or identity.bsuid or ""
    return hashlib.sha256(f"drumbeat:{key}".encode()).hexdigest()[:24]
