"""What each of Meta's error codes means for us, and what to do about it. Pure.

Decide on the code, never on the HTTP status or the title; errors come in the answer to a send, by
webhook, or both, and mean the same in each.
Source: https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes; the waiting
times are ours, but for 131056's powers of four and 131049's 24 hours.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Reach(StrEnum):
    """What an error stops."""

    MESSAGE = "message"  # this message alone
    PAIR = "pair"  # this person alone, for a while
    TEMPLATE = "template"  # every campaign on this template
    SENDER = "sender"  # everything from this phone number


@dataclass(frozen=True, slots=True)
class Verdict:
    """retry_after: when to try the same message again, None to give it up. reach: what else stops.

    block_for: how long the sender stops; None with reach SENDER means until somebody resumes it.
    slow_down: halve the rate. suppress: the person wants no more marketing. limited_by_meta: Meta
    protects people or paces us; the message itself was right.
    """

    title: str
    retry_after: timedelta | None = None
    reach: Reach = Reach.MESSAGE
    block_for: timedelta | None = None
    slow_down: bool = False
    suppress: bool = False
    limited_by_meta: bool = False


@dataclass(frozen=True, slots=True)
class _Rule:
    title: str
    waits_s: tuple[int, ...] = ()
    reach: Reach = Reach.MESSAGE
    block_s: int | None = None
    slow_down: bool = False
    suppress: bool = False
    limited_by_meta: bool = False


_TRANSIENT = (5, 25, 125)
_DAY_S = 86_400


def _blocks(title: str, block_s: int | None) -> _Rule:
    return _Rule(title, reach=Reach.SENDER, block_s=block_s)


_TABLE: dict[int, _Rule] = {
    1: _Rule("Unknown error at Meta", _TRANSIENT),
    2: _Rule("Meta is temporarily down", _TRANSIENT),
    131000: _Rule("Something went wrong at Meta", _TRANSIENT),
    131016: _Rule("Meta's service is overloaded", _TRANSIENT),
    133004: _Rule("Meta's server is temporarily unavailable", _TRANSIENT),
    4: _Rule("Too many calls by the app", (1, 2, 4, 8, 16, 32, 60), slow_down=True),
    80007: _Rule("Too many calls for the account", (1, 2, 4, 8, 16, 32, 60), slow_down=True),
    130429: _Rule(
        "Throughput limit reached", (1, 2, 4, 8, 16, 32), slow_down=True, limited_by_meta=True
    ),
    131056: _Rule(
        "Too many messages to the same person",
        (1, 4, 16, 64, 256),
        reach=Reach.PAIR,
        limited_by_meta=True,
    ),
    131057: _blocks("The account is in maintenance", 60),
    2494100: _blocks("The phone number is being upgraded", 60),
    134101: _Rule("The template is being synced", (600, 600, 600)),
    131053: _Rule("Media upload failed", (5,)),
    132069: _Rule("The flow is throttled", (3600,)),
    131049: _Rule(
        "Not delivered, to keep marketing within what the person bears",
        (_DAY_S,),
        limited_by_meta=True,
    ),
    131050: _Rule("The person stopped marketing messages", suppress=True),
    131026: _Rule("Undeliverable: no WhatsApp, an old version, or terms not accepted"),
    130472: _Rule("The number is part of an experiment of Meta's", limited_by_meta=True),
    131047: _Rule("The 24-hour window is closed"),
    130403: _Rule("The person blocked the business"),
    131021: _Rule("Sender and recipient are the same"),
    131030: _Rule("The recipient is not on the test number's list"),
    131062: _Rule("This template needs a phone number"),
    130497: _Rule("Messages to this country are restricted"),
    131064: _blocks("Too many templates were classified wrongly", None),
    131048: _blocks("Spam rate limit", None),
    132015: _Rule("The template is paused", reach=Reach.TEMPLATE),
    132016: _Rule("The template is disabled", reach=Reach.TEMPLATE),
    132001: _Rule("The template does not exist in this language", reach=Reach.TEMPLATE),
    132000: _Rule("The number of parameters does not fit the template"),
    132005: _Rule("The filled-in text is too long"),
    132007: _Rule("The template's text breaks a rule of Meta's", reach=Reach.TEMPLATE),
    132008: _Rule("A parameter's type does not fit the template"),
    132012: _Rule("A parameter's format does not fit the template"),
    132018: _Rule("A parameter of the template is not valid"),
    132068: _Rule("The flow is blocked", reach=Reach.TEMPLATE),
    131055: _Rule("Wrong endpoint for the template's category"),
    134100: _Rule("Only marketing templates go through this endpoint"),
    134102: _Rule("The template cannot go through this endpoint"),
    131063: _Rule("Marketing must go through another endpoint"),
    100: _Rule("A parameter is not valid"),
    33: _Rule("The phone number id is not known"),
    131008: _Rule("A required parameter is missing"),
    131009: _Rule("A parameter's value is not valid"),
    131051: _Rule("Unsupported message type"),
    135000: _Rule("The request failed for a reason Meta does not name"),
    131052: _Rule("The media could not be downloaded"),
    137000: _Rule("The person's identity key changed"),
    # A token or a permission: nothing is lost; one message a minute finds out when it is mended.
    0: _blocks("Meta could not authenticate us", 60),
    3: _blocks("The app lacks a capability", 60),
    10: _blocks("A permission is missing", 60),
    190: _blocks("The access token has expired or is wrong", 60),
    131005: _blocks("Access denied", 60),
    368: _blocks("The account is restricted for policy violations", None),
    131031: _blocks("The account is locked", None),
    131042: _blocks("There is a problem with the payment method", None),
    131045: _blocks("The phone number is not registered", 300),
    133010: _blocks("The phone number is not registered with the Cloud API", 300),
    131037: _blocks("The display name is not approved", None),
}
_PERMISSIONS = range(200, 300)


def verdict(
    code: int | None,
    attempt: int,
    *,
    title: str | None = None,
    http_status: int | None = None,
    retry_after_s: float | None = None,
) -> Verdict:
    """What to do after a send failed with `code`. attempt: how often it was tried, from 1.

    code None: nothing reached Meta, or an answer came that carries no code.

    >>> verdict(131056, 3).retry_after
    datetime.timedelta(seconds=16)
    >>> verdict(131047, 1).retry_after is None
    True
    """
    rule = _rule(code, title, http_status)
    retry_after = _wait(rule, attempt)
    if retry_after is not None and retry_after_s is not None:
        retry_after = max(retry_after, timedelta(seconds=min(retry_after_s, 3600)))
    return Verdict(
        title=rule.title,
        retry_after=retry_after,
        reach=rule.reach,
        block_for=timedelta(seconds=rule.block_s) if rule.block_s is not None else None,
        slow_down=rule.slow_down,
        suppress=rule.suppress,
        limited_by_meta=rule.limited_by_meta,
    )


def _wait(rule: _Rule, attempt: int) -> timedelta | None:
    if rule.reach is Reach.SENDER:
        # The message that met the block did nothing wrong: it goes as soon as the sender may.
        return timedelta(seconds=1)
    return timedelta(seconds=rule.waits_s[attempt - 1]) if attempt <= len(rule.waits_s) else None


def _rule(code: int | None, title: str | None, http_status: int | None) -> _Rule:
    if code is not None and code in _TABLE:
        return _TABLE[code]
    if code is not None and code in _PERMISSIONS:
        return _blocks("A permission is missing", 60)
    if http_status == 429:  # HTTP's own number
        return _Rule("Too many requests", (1, 2, 4, 8, 16, 32, 60), slow_down=True)
    if code is None and (http_status is None or http_status >= 500):  # as above
        return _Rule(title or "Meta could not be reached", (5, 25, 125, 600))
    return _Rule(title or f"Error {code}")


def describe(code: int | None) -> Verdict:
    """Title and kind of a code, for reports."""
    return verdict(code, attempt=1)


def codes() -> list[int]:
    """Every code of the table."""
    return list(_TABLE)


def is_known(code: int) -> bool:
    """Whether the table has it; a new code of Meta's is worth an alarm."""
    return code in _TABLE or code in _PERMISSIONS
