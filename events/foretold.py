"""How what was foreseen looks: as JSON, and on a terminal. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from events.foresee import Foreseen, Told
from events.foreseen import Step
from rules import explain, terminal

_MOST_RULES = 40  # that do not hold, unless all are asked for


def document(foreseen: Foreseen) -> dict[str, Any]:
    """`event`, `text`, `intents`, `rules` … are about what happened; `also` is about what else it
    is. `before`: what comes before any rule. `would`: what would be done, all told, in order."""
    first = explain.document(foreseen.asked)
    also = [
        explain.document(told.explanation)
        for told in foreseen.told
        if told.explanation is not foreseen.asked
    ]
    would = [_step(told, step) for told in foreseen.told for step in told.steps]
    return {**first, "before": list(foreseen.before), "would": would, "also": also}


def _step(told: Told, step: Step) -> dict[str, Any]:
    return {
        "event": told.explanation.event,
        "rule": step.rule,
        "action": step.action,
        "would": step.would,
        "message": dict(step.message) if step.message is not None else None,
        "held_back": step.held_back,
        "until": step.until.isoformat() if step.until else None,
    }


def render(foreseen: Foreseen, *, every_rule: bool = False) -> str:
    """Lines for people. every_rule: those that do not hold, however many they are."""
    return "\n".join(_lines(foreseen, None if every_rule else _MOST_RULES))


def _lines(foreseen: Foreseen, most: int | None) -> Iterator[str]:
    yield from foreseen.before
    if foreseen.before:
        yield ""
    if not foreseen.told:
        yield from terminal.heard(foreseen.asked)
        yield "No rule is asked."
    for place, told in enumerate(foreseen.told):
        if place:
            yield ""
        yield from terminal.lines(told.explanation, most)
        yield ""
        yield from _would(told)


def _would(told: Told) -> Iterator[str]:
    if not told.steps:
        yield "Nothing would be done."
        return
    yield "Would be done:"
    for number, step in enumerate(told.steps, 1):
        (kind, detail), *_ = step.action.items()
        yield f"  {number}. {step.rule}: {terminal.short(f'{kind} {_plain(detail)}')}"
        yield f"     {step.would}{_held_back(step)}"
        if (said := _said(step.message)) is not None:
            yield f"     “{terminal.short(said)}”"


def _held_back(step: Step) -> str:
    if step.held_back is None:
        return "" if step.message is None else ": every check lets it through"
    if step.until is None:
        return f": would not be sent ({step.held_back})"
    return f": would wait ({step.held_back}) until {step.until:%Y-%m-%d %H:%M} UTC"


def _said(message: Mapping[str, Any] | None) -> str | None:
    """What a person would read of it, as far as it is known here."""
    if message is None:
        return None
    kind = message.get("type")
    if kind == "text":
        return str(message["text"]["body"])
    if kind == "template":
        return f"template {message['template']['name']}"
    body = message.get(str(kind), {})
    return str(body.get("body", {}).get("text", kind)) if isinstance(body, Mapping) else str(kind)


def _plain(detail: Any) -> str:
    if isinstance(detail, Mapping):
        return ", ".join(f"{key} {_plain(value)}" for key, value in detail.items())
    return str(detail)
