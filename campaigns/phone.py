"""A message as a phone will show it: what its template says, with what fills it in. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from store.documents.template import Template

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Tap:
    """A button, or a row of a list. detail: where it leads, what it copies, what it tells us."""

    title: str
    kind: str = "reply"  # reply | link | call | copy | flow | list | other
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Bubble:
    """header: a line above the text. file: (image | video | document | location, what of it)."""

    body: str
    header: str = ""
    file: tuple[str, str] | None = None
    footer: str = ""
    taps: tuple[Tap, ...] = ()


def bubble(message: Mapping[str, Any], template: Template | None) -> Bubble:
    """How `message` (the content of Meta's body, filled in) looks. template: of its name."""
    if message.get("type") == "template":
        return _of_template(message["template"], template)
    if message.get("type") == "interactive":
        return _of_interactive(message["interactive"])
    return Bubble(body=str((message.get("text") or {}).get("body") or ""))


def _of_template(sent: Mapping[str, Any], template: Template | None) -> Bubble:
    if template is None:
        return Bubble(body=f"(The template {sent['name']} is not known here.)")
    filled = list(sent.get("components") or [])
    header, file = _header(_of_type(template, "HEADER"), _parameters(filled, "header"))
    return Bubble(
        body=_text(_of_type(template, "BODY"), _parameters(filled, "body")),
        header=header,
        file=file,
        footer=str(_of_type(template, "FOOTER").get("text") or ""),
        taps=tuple(
            _tap(button, _button_parameters(filled, place))
            for place, button in enumerate(_of_type(template, "BUTTONS").get("buttons") or [])
        ),
    )


def _header(
    part: Mapping[str, Any], given: Sequence[Mapping[str, Any]]
) -> tuple[str, tuple[str, str] | None]:
    shape = str(part.get("format") or "TEXT").lower()
    if shape == "text":
        return _text(part, given), None
    shown = given[0].get(shape) if given else None
    file = shown if isinstance(shown, dict) else {}
    if shape == "location":
        told = [str(file[key]) for key in ("name", "address") if file.get(key)]
        degrees = f"{file.get('latitude', '')}, {file.get('longitude', '')}"
        return "", (shape, " · ".join(told) or degrees)
    return "", (shape, str(file.get("filename") or file.get("link") or f"Meta's {file.get('id')}"))


def _text(part: Mapping[str, Any], given: Sequence[Mapping[str, Any]]) -> str:
    """The template's words with its variables filled in, by name or by place."""
    named = {str(one["parameter_name"]): one for one in given if one.get("parameter_name")}
    counted = {str(place): one for place, one in enumerate(given, 1)}
    values = named or counted

    def value(found: re.Match[str]) -> str:
        one = values.get(found[1])
        return str(one.get("text", "")) if one else found[0]

    return _VARIABLE.sub(value, str(part.get("text") or ""))


def _tap(button: Mapping[str, Any], given: Sequence[Mapping[str, Any]]) -> Tap:
    title = str(button.get("text") or "")
    first = given[0] if given else {}
    match str(button.get("type") or "").upper():
        case "URL":
            suffix = str(first.get("text", ""))
            return Tap(title, "link", _VARIABLE.sub(lambda _: suffix, str(button.get("url") or "")))
        case "PHONE_NUMBER":
            return Tap(title, "call", str(button.get("phone_number") or ""))
        case "COPY_CODE":
            return Tap(title or "Copy offer code", "copy", str(first.get("coupon_code", "")))
        case "FLOW":
            return Tap(title, "flow", "")
        case "QUICK_REPLY":
            return Tap(title, "reply", str(first.get("payload", "") or title))
        case _:
            return Tap(title, "other", "")


def _of_interactive(interactive: Mapping[str, Any]) -> Bubble:
    action = interactive.get("action") or {}
    taps = [
        Tap(str(button["reply"]["title"]), "reply", str(button["reply"]["id"]))
        for button in action.get("buttons") or []
    ]
    taps += [
        Tap(str(row["title"]), "list", str(row.get("description") or ""))
        for section in action.get("sections") or []
        for row in section["rows"]
    ]
    return Bubble(
        body=str(interactive["body"]["text"]),
        footer=str((interactive.get("footer") or {}).get("text") or ""),
        taps=tuple(taps),
    )


def _of_type(template: Template, kind: str) -> Mapping[str, Any]:
    parts = (one for one in template["components"] if str(one.get("type", "")).upper() == kind)
    return next(parts, {})


def _parameters(filled: Sequence[Mapping[str, Any]], kind: str) -> Sequence[Mapping[str, Any]]:
    return next((one["parameters"] for one in filled if one["type"] == kind), ())


def _button_parameters(
    filled: Sequence[Mapping[str, Any]], place: int
) -> Sequence[Mapping[str, Any]]:
    return next(
        (
            one["parameters"]
            for one in filled
            if one["type"] == "button" and int(one["index"]) == place
        ),
        (),
    )
