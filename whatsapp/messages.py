"""The bodies we POST to Meta. Pure.

Every kind is held to Meta's OpenAPI file by a test.
Source: https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
"""

from collections.abc import Mapping, Sequence
from typing import Any

TEXT_MAX = 4096
INTERACTIVE_MAX = 1024


def envelope(
    content: Mapping[str, Any],
    *,
    wa_id: str | None,
    bsuid: str | None,
    callback_data: str | None = None,
    quoted: str | None = None,
) -> dict[str, Any]:
    """A whole body: `content` (one of the kinds below) to one person.

    The phone number is written with `+`: without it Meta may put the business's own country code
    in front. A BSUID goes into `recipient`; in `to`, Meta would accept it and deliver nothing.
    callback_data: comes back in each status of this message, 512 characters at most.
    """
    body: dict[str, Any] = {"messaging_product": "whatsapp", "recipient_type": "individual"}
    if wa_id:
        body["to"] = f"+{wa_id}"
    elif bsuid:
        body["recipient"] = bsuid
    else:
        raise ValueError("a message needs a phone number or a BSUID")
    if quoted:
        body["context"] = {"message_id": quoted}
    if callback_data:
        body["biz_opaque_callback_data"] = callback_data
    return {**body, **content}


def text(body: str, *, preview_url: bool = False) -> dict[str, Any]:
    """Free text; only inside the person's 24-hour window."""
    return {"type": "text", "text": {"body": body[:TEXT_MAX], "preview_url": preview_url}}


def buttons(
    body: str, choices: Sequence[tuple[str, str]], *, footer: str | None = None
) -> dict[str, Any]:
    """Up to three reply buttons, each (id, title)."""
    replies = [{"type": "reply", "reply": {"id": id_, "title": title}} for id_, title in choices]
    return _interactive("button", body, footer, {"buttons": replies})


def list_of(
    body: str,
    button: str,
    sections: Sequence[tuple[str | None, Sequence[tuple[str, str, str | None]]]],
    *,
    footer: str | None = None,
) -> dict[str, Any]:
    """A list behind a button: sections of (title, rows), rows of (id, title, description)."""
    written = []
    for title, rows in sections:
        section: dict[str, Any] = {"title": title} if title else {}
        section["rows"] = [
            {"id": id_, "title": name, **({"description": more} if more else {})}
            for id_, name, more in rows
        ]
        written.append(section)
    return _interactive("list", body, footer, {"button": button, "sections": written})


def _interactive(
    kind: str, body: str, footer: str | None, action: dict[str, Any]
) -> dict[str, Any]:
    interactive: dict[str, Any] = {"type": kind, "body": {"text": body[:INTERACTIVE_MAX]}}
    if footer:
        interactive["footer"] = {"text": footer}
    interactive["action"] = action
    return {"type": "interactive", "interactive": interactive}


def template(
    name: str, language: str, components: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """A template; no `components` where it has no variables."""
    filled: dict[str, Any] = {
        "name": name,
        "language": {"policy": "deterministic", "code": language},
    }
    if components:
        filled["components"] = [dict(component) for component in components]
    return {"type": "template", "template": filled}


def media(
    kind: str, *, id_: str | None = None, link: str | None = None, **more: str
) -> dict[str, Any]:
    """An image, video, audio, document or sticker, by Meta's media id or by a link.

    more: `caption`, and `filename` of a document.
    """
    source = {"id": id_} if id_ else {"link": link or ""}
    return {"type": kind, kind: {**source, **more}}


def header(kind: str, **what: Any) -> dict[str, Any]:
    """A template's header: `text="…"`, `link="…"` / `id="…"` of an image, video or document, or
    `latitude="…", longitude="…"` of a location."""
    parameter = {"type": "text", **what} if kind == "text" else {"type": kind, kind: what}
    return {"type": "header", "parameters": [parameter]}


def body(parameters: Sequence[tuple[str | None, str]]) -> dict[str, Any]:
    """A template's body: (name, text) each; no name where the template counts {{1}}, {{2}}."""
    return {
        "type": "body",
        "parameters": [
            {"type": "text", **({"parameter_name": name} if name else {}), "text": value}
            for name, value in parameters
        ],
    }


def quick_reply(index: int, payload: str) -> dict[str, Any]:
    """What a tap on the template's button `index` tells us."""
    return _button(index, "quick_reply", {"type": "payload", "payload": payload})


def url_suffix(index: int, suffix: str) -> dict[str, Any]:
    """The end of the link behind the template's button `index`."""
    return _button(index, "url", {"type": "text", "text": suffix})


def coupon(index: int, code: str) -> dict[str, Any]:
    """The code that the template's button `index` copies."""
    return _button(index, "copy_code", {"type": "coupon_code", "coupon_code": code})


def flow(index: int, token: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """What the flow behind the template's button `index` begins with."""
    action: dict[str, Any] = {"flow_token": token}
    if data:
        action["flow_action_data"] = dict(data)
    return _button(index, "flow", {"type": "action", "action": action})


def _button(index: int, kind: str, parameter: dict[str, Any]) -> dict[str, Any]:
    return {"type": "button", "sub_type": kind, "index": str(index), "parameters": [parameter]}
