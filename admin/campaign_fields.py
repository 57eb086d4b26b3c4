"""A campaign's document as the fields of a form, and back. Pure.

The form knows the common keys of one_time and triggered campaigns. What else stands in a document
that was written as a file stays as it is.
"""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from campaigns import files
from campaigns.documents import TRIGGERS, Problem
from campaigns.templates import Slots

Document = dict[str, Any]
TYPES = ("one_time", "triggered")


@dataclass(frozen=True, slots=True)
class Field:
    """One key of the document. kind: text | names | number | flag | conditions."""

    name: str
    path: tuple[str, ...]
    kind: str = "text"
    only: str | None = None  # of campaigns of this type


FIELDS = (
    Field("segments", ("audience", "segments"), "names"),
    Field("exclude_segments", ("audience", "exclude_segments"), "names"),
    Field("where", ("audience", "where"), "conditions"),
    Field("at", ("schedule", "at"), only="one_time"),
    Field("timezone", ("schedule", "timezone"), only="one_time"),
    Field("delay", ("delay",), only="triggered"),
    Field("cancel_if", ("cancel_if", "event"), only="triggered"),
    Field("rate_per_s", ("limits", "rate_per_s"), "number"),
    Field("stop_if_failing", ("limits", "stop_if_failing")),
    Field("when_capped", ("limits", "when_capped")),
    Field("at_night", ("limits", "at_night")),
    Field("ignore_quiet_hours", ("limits", "ignore_quiet_hours"), "flag"),
    Field("ignore_frequency_cap", ("limits", "ignore_frequency_cap"), "flag"),
    Field("goal_event", ("goal", "event")),
    Field("goal_within", ("goal", "within")),
)
_FREE_PARTS = ("text", "buttons", "list")  # of a message without a template


def document(given: Mapping[str, str], base: Document, wanted: Slots | None) -> Document:
    """`base` with what the form says put in, and taken out where a field is empty.

    wanted: what the chosen template wants filled in; None where none is chosen or known. What
    cannot be read is put in as it is, so that the check of documents says what is wrong.
    """
    made = copy.deepcopy(base)
    for field in FIELDS:
        if field.only in (None, made.get("type")):
            _put(made, field.path, _value(field.kind, given.get(field.name, "")))
    if not given.get("at", "").strip():
        made.pop("schedule", None)
    made["message"] = _message(given, made.get("message") or {}, wanted)
    if made.get("type") == "triggered":
        _put_start(made, given)
    return made


def _value(kind: str, given: str) -> Any:
    text = given.strip()
    match kind:
        case "names":
            return [name.strip() for name in text.split(",") if name.strip()] or None
        case "number":
            return int(text) if text.isdecimal() and len(text) < 10 else text or None
        case "flag":
            return True if text else None
        case "conditions":
            return _conditions(text)
    return text or None


def _conditions(text: str) -> Any:
    try:
        found = files.read(text)
    except files.UnreadableFileError:
        return text  # which is no group of keys, and is told so
    return found[0] if len(found) == 1 else text or None


def _put(made: Document, path: tuple[str, ...], value: Any) -> None:
    *outer, last = path
    place = made
    for key in outer:
        if not isinstance(place.get(key), dict):
            if value is None:
                return
            place[key] = {}
        place = place[key]
    if value is None:
        place.pop(last, None)
        if outer and not place:
            made.pop(outer[0], None)
    else:
        place[last] = value


def _message(given: Mapping[str, str], before: Document, wanted: Slots | None) -> Document:
    if given.get("kind") == "text":
        kept = {key: before[key] for key in _FREE_PARTS[1:] if "text" in before and key in before}
        return {**kept, "text": given.get("text", "").strip()}
    name, _, language = given.get("template", "").partition(":")
    made: Document = {"template": name, "language": language} if name else {}
    if wanted is None:
        same = before.get("template") == name and before.get("language") == language
        return before if same and name else made
    filled = {one: given.get(f"param.{one}", "").strip() for one in wanted.names}
    if wanted.named and filled:
        made["parameters"] = {one: text for one, text in filled.items() if text}
    elif filled:
        made["parameters"] = list(filled.values())
    if header := _header(given.get("header", "").strip(), before, wanted):
        made["header"] = header
    if buttons := _buttons(given, before, wanted):
        made["buttons"] = buttons
    return made


def _header(text: str, before: Document, wanted: Slots) -> Any:
    if wanted.place:
        return before.get("header")
    if not text:
        return None
    if wanted.header_media:
        return {wanted.header_media: {"id" if text.isdecimal() else "link": text}}
    return {"text": text} if wanted.header_text else None


def carries(kind: str, *, variable: bool) -> str | None:
    """What a template's button of this kind takes from the form; None where it takes nothing.

    >>> carries("URL", variable=True), carries("PHONE_NUMBER", variable=False)
    ('url', None)
    """
    if kind == "URL":
        return "url" if variable else None
    return {"QUICK_REPLY": "payload", "COPY_CODE": "code"}.get(kind)


def _buttons(given: Mapping[str, str], before: Document, wanted: Slots) -> Document:
    standing = before.get("buttons")
    made: Document = {}
    for place, (kind, variable) in enumerate(wanted.buttons):
        what, text = carries(kind, variable=variable), given.get(f"button.{place}", "").strip()
        if what is not None and text:
            made[str(place)] = {what: text}
        elif kind == "FLOW" and isinstance(standing, dict) and str(place) in standing:
            made[str(place)] = standing[str(place)]
    return made


def _put_start(made: Document, given: Mapping[str, str]) -> None:
    kind, value = given.get("starts", ""), given.get("starts_with", "").strip()
    standing = made.get("trigger") or {}
    if kind not in TRIGGERS:
        made.pop("trigger", None)
    elif standing.get(kind) is not None:
        made["trigger"] = {**standing, kind: value}  # with its `where`, `from` and `to`
    else:
        made["trigger"] = {kind: value}
    again, after = given.get("reentry", ""), given.get("cooldown", "").strip()
    made["reentry"] = {"cooldown": after} if again == "cooldown" else again or "always"


def values(made: Document) -> dict[str, str]:
    """What the form shows of a document; the other way round."""
    shown = {field.name: _shown(field.kind, _at(made, field.path)) for field in FIELDS}
    message = made.get("message") or {}
    shown["kind"] = "text" if "text" in message else "template"
    shown["text"] = str(message.get("text") or "")
    if message.get("template"):
        shown["template"] = f"{message['template']}:{message.get('language') or ''}"
    shown |= _filled(message)
    trigger = made.get("trigger") or {}
    kind = next((one for one in TRIGGERS if trigger.get(one) is not None), "")
    shown |= {"starts": kind, "starts_with": str(trigger.get(kind, "")) if kind else ""}
    again = made.get("reentry", "always")
    shown["reentry"] = "cooldown" if isinstance(again, dict) else str(again)
    shown["cooldown"] = str(again.get("cooldown", "")) if isinstance(again, dict) else ""
    return shown


def _filled(message: Document) -> dict[str, str]:
    parameters = message.get("parameters") or {}
    if isinstance(parameters, list):
        parameters = {str(place): text for place, text in enumerate(parameters, 1)}
    shown = {f"param.{name}": str(text) for name, text in parameters.items()}
    for kind, what in (message.get("header") or {}).items():
        if kind != "location":
            inner = what if isinstance(what, dict) else {"text": what}
            shown["header"] = str(next(iter(inner.values()), ""))
    buttons = message.get("buttons")
    for place, button in buttons.items() if isinstance(buttons, dict) else ():
        shown[f"button.{place}"] = next((v for v in button.values() if isinstance(v, str)), "")
    return shown


def _at(made: Document, path: tuple[str, ...]) -> Any:
    value: Any = made
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _shown(kind: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    if kind == "names":
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    if kind == "conditions" and isinstance(value, dict):
        written: str = yaml.safe_dump(value, allow_unicode=True, sort_keys=False)
        return written.strip()
    return "yes" if value is True else str(value)


_PLACES = (
    ("message.text", "text"), ("message.header", "header"), ("message", "template"),
    ("schedule.timezone", "timezone"), ("schedule", "at"), ("trigger", "starts_with"),
    ("reentry", "cooldown"), ("cancel_if", "cancel_if"), ("goal.within", "goal_within"),
    ("goal", "goal_event"), ("audience.exclude_segments", "exclude_segments"),
    ("audience.where", "where"), ("audience", "segments"), ("campaign", "name"),
    ("delay", "delay"),
)  # fmt: skip


def at_fields(problems: Iterable[Problem]) -> dict[str, list[str]]:
    """{field: sentences}, each problem at the field that it is about; the rest under an empty
    name.

    >>> at_fields([Problem("audience.where.attributes.city", "expected a value")])
    {'where': ['attributes.city: expected a value']}
    """
    found: dict[str, list[str]] = {}
    for problem in problems:
        name, sentence = _place_of(problem)
        found.setdefault(name, []).append(sentence)
    return found


def _place_of(problem: Problem) -> tuple[str, str]:
    path = problem.path
    for start, prefix in (("message.parameters.", "param."), ("message.buttons.", "button.")):
        if path.startswith(start):
            return prefix + path.removeprefix(start).split(".")[0], problem.message
    for field in FIELDS:
        if field.path[0] == "limits" and path == ".".join(field.path):
            return field.name, problem.message
    if path == "schedule" and problem.message.startswith("timezone"):
        return "timezone", problem.message
    for start, name in _PLACES:
        if path == start:
            return name, problem.message
        if path.startswith(f"{start}."):
            return name, f"{path.removeprefix(start + '.')}: {problem.message}"
    return "", f"{path}: {problem.message}"
