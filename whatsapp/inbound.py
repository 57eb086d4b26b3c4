"""What one update says, in our words: a message, a status, a preference. Pure.

Tolerant throughout: a field that is missing or of an unknown kind is None, never an error; types
and statuses that Meta adds later pass as they are.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_LARGEST_CODE = 2**31
_PLAIN_KEY = re.compile("[a-z_]{1,64}")
_MEDIA = ("image", "video", "audio", "document", "sticker", "voice")


@dataclass(frozen=True, slots=True)
class Message:
    """What a person sent us.

    text: what they wrote, or what stands on what they tapped. button: its payload or id.
    quoted: the wamid it answers. system: a change of number or user id, as Meta describes it.
    """

    wamid: str
    type: str
    at: datetime
    text: str | None = None
    button: str | None = None
    button_title: str | None = None
    quoted: str | None = None
    media_id: str | None = None
    reaction: str | None = None
    referral: dict[str, Any] | None = None
    system: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What became of one message of ours. code and title: of Meta's first error, if it failed."""

    wamid: str
    status: str
    at: datetime
    callback_data: str | None = None
    code: int | None = None
    title: str | None = None
    pricing: dict[str, Any] | None = None
    recipient: tuple[str | None, str | None] = field(default=(None, None))


@dataclass(frozen=True, slots=True)
class Preference:
    """What a person set in WhatsApp itself. value: stop, resume or signup."""

    category: str
    value: str
    at: datetime


def message(item: dict[str, Any], at: datetime) -> Message:
    """Read an item of `messages`."""
    kind = _text(item.get("type")) or "unknown"
    body = _dict(item.get(kind))
    text, button, title = _said(kind, body)
    reaction = body if kind == "reaction" else {}
    return Message(
        wamid=_text(item.get("id")) or "",
        type=kind,
        at=at,
        text=text,
        button=button,
        button_title=title,
        quoted=_text(_dict(item.get("context")).get("id")) or _text(reaction.get("message_id")),
        media_id=_text(body.get("id")) if kind in _MEDIA else None,
        reaction=_text(reaction.get("emoji")),
        referral=_flat(item.get("referral")) or None,
        system=_flat(body) if kind == "system" else None,
    )


def _said(kind: str, body: dict[str, Any]) -> tuple[str | None, str | None, str | None]:
    """(text, button, button title) of each type that carries any."""
    if kind == "text":
        return _text(body.get("body")), None, None
    if kind == "button":
        title = _text(body.get("text"))
        return title, _text(body.get("payload")) or title, title
    if kind == "interactive":
        chosen = _dict(body.get(_text(body.get("type")) or ""))
        title = _text(chosen.get("title"))
        return title, _text(chosen.get("id")) or _text(chosen.get("name")), title
    if kind == "order":
        return _text(body.get("text")) or None, None, None
    return _text(body.get("caption")), None, None


def status(item: dict[str, Any], at: datetime) -> StatusReport:
    """Read an item of `statuses`."""
    errors = item.get("errors")
    error = _dict(errors[0]) if isinstance(errors, list) and errors else {}
    details = _text(_dict(error.get("error_data")).get("details"))
    code = error.get("code")
    return StatusReport(
        wamid=_text(item.get("id")) or "",
        status=_text(item.get("status")) or "unknown",
        at=at,
        callback_data=_text(item.get("biz_opaque_callback_data")),
        code=code_of(code),
        title=(_text(error.get("title")) or details or _text(error.get("message"))),
        pricing=_flat(item.get("pricing")) or None,
        recipient=(_text(item.get("recipient_id")), _text(item.get("recipient_user_id"))),
    )


def preference(item: dict[str, Any], at: datetime) -> Preference:
    """Read an item of `user_preferences`."""
    return Preference(
        category=_text(item.get("category")) or "",
        value=(_text(item.get("value")) or "").lower(),
        at=at,
    )


def code_of(value: object) -> int | None:
    """One of Meta's error codes; a number that no database holds is none."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if abs(value) < _LARGEST_CODE else None


def _flat(value: object) -> dict[str, Any]:
    """The texts and truths of an object that is kept as it came; what else is in it is left out.

    >>> _flat({"category": "marketing", "billable": True, "x.y": 2**70})
    {'category': 'marketing', 'billable': True}
    """
    return {
        key: storable(part) if isinstance(part, str) else part
        for key, part in _dict(value).items()
        if isinstance(part, str | bool) and _PLAIN_KEY.fullmatch(key)
    }


def _text(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    return storable(value)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def storable(text: str) -> str:
    """`text` without what UTF-8 cannot write: a lone surrogate becomes a question mark."""
    return text.encode("utf-8", "replace").decode()
