"""Documents in plain words: a campaign's definition, the lines of a person's history. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

STEPS_DONE = {
    "start": "The campaign has started.",
    "pause": "The campaign is paused.",
    "resume": "The campaign goes on.",
    "cancel": "The campaign is cancelled.",
    "retry-failed": "Those whom it failed to reach are written to again.",
}
_STEPS_FROM = {
    "draft": ("start",),
    "scheduled": ("pause", "cancel"),
    "active": ("pause", "cancel"),
    "running": ("pause", "cancel"),
    "paused": ("resume", "cancel"),
    "completed": ("retry-failed",),
    "cancelled": ("start",),
    "failed": ("start",),
}
_TITLE_KEYS = ("campaign", "type")  # the page says these by itself


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a history. tone: how it is coloured: good, bad, plain."""

    at: str
    kind: str
    title: str
    details: tuple[str, ...]
    tone: str = "plain"
    campaign: str | None = None


def words(name: str) -> str:
    """A name of ours as a reader expects it.

    >>> words("frequency_cap")
    'frequency cap'
    """
    return str(name).replace("_", " ")


def lasting(seconds: float) -> str:
    """A span as people say it.

    >>> lasting(0.4), lasting(95), lasting(7300), lasting(190_000)
    ('a second', '95 seconds', '2 hours', '53 hours')
    """
    if seconds < 1.5:
        return "a second"
    for unit, size in (("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{round(seconds / size)} {unit}"
    return f"{round(seconds)} seconds"


def steps_from(state: str) -> tuple[str, ...]:
    """The steps worth a button; whether one is possible the service says when it is asked."""
    return _STEPS_FROM.get(state, ())


def lines(definition: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(label, value) of everything a campaign document says.

    >>> lines({"audience": {"segments": ["vip", "pune"]}, "limits": {"rate_per_s": 80}})
    [('Audience · segments', 'vip, pune'), ('Limits · rate per s', '80')]
    """
    given = {key: value for key, value in definition.items() if key not in _TITLE_KEYS}
    return list(_lines(given, ()))


def _lines(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _lines(inner, (*path, words(key)))
    elif isinstance(value, list) and any(isinstance(inner, Mapping) for inner in value):
        for number, inner in enumerate(value, 1):
            yield from _lines(inner, (*path, str(number)))
    elif value is not None:
        label = " · ".join(path)
        yield label[:1].upper() + label[1:], said(value)


def said(value: Any) -> str:
    """One value as text: lists with commas, yes and no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(said(inner) for inner in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{words(key)} {said(inner)}" for key, inner in value.items())
    return str(value)


_OUTCOMES = {"done": "done", "failed": "failed", "again": "failed, and is tried again"}


def entry(row: Mapping[str, Any]) -> Entry:
    """A line for one row of `reports.history`."""
    kinds = {
        "event": _event,
        "delivery": _delivery,
        "enrolment": _enrolment,
        "suppression": _suppression,
    }
    return kinds[row["kind"]](row)


def _event(row: Mapping[str, Any]) -> Entry:
    title = words(row["name"]).capitalize()
    if row.get("text"):
        title = f"{title}: “{row['text']}”"
    elif row.get("button"):
        title = f"{title}: button {row['button']}"
    details = [f"Handled as {words(row['handled'])}"] if row.get("handled") else []
    if decision := row.get("decision"):
        details.append(_decision(decision))
    for act in row.get("actions") or []:
        done = f"{act['rule']}: {said(act['action'])}: {_OUTCOMES.get(act['outcome'])}"
        details.append(f"{done} ({act['detail']})" if act.get("detail") else done)
    if row.get("properties"):
        details.append(said(row["properties"]))
    return Entry(row["at"], "event", title, tuple(details), campaign=row.get("campaign"))


def _decision(decision: Mapping[str, Any]) -> str:
    intents = ", ".join(intent["name"] for intent in decision.get("intents", [])) or "none"
    rules = ", ".join(decision.get("rules", [])) or "none"
    return f"Rules version {decision.get('rule_version')}: intents {intents}; rules {rules}"


def _delivery(row: Mapping[str, Any]) -> Entry:
    what = row["campaign"] or words(row["purpose"])
    title = f"Message of {what}: {row['status']}"
    if row.get("reason"):
        title = f"{title}, {words(row['reason'])}"
    details = [f"Template {name}"] if (name := _template_of(row)) else []
    if row["step"]:
        details.append(f"Step {row['step'] + 1}")
    if error := row.get("error"):
        code = f" ({error['code']})" if error.get("code") is not None else ""
        details.append(f"{error['title']}{code}")
    if row.get("clicks"):
        details.append(f"Clicked {said(row['clicks'])}")
    if rule := row["triggered_by"].get("rule"):
        details.append(f"Because of rule {rule}")
    tones = {"failed": "bad", "skipped": "bad", "delivered": "good", "read": "good"}
    tone = tones.get(row["status"], "plain")
    return Entry(row["at"], "delivery", title, tuple(details), tone, row["campaign"])


def _enrolment(row: Mapping[str, Any]) -> Entry:
    title = f"Enrolled in {row['campaign']}: {row['state']}"
    if row["state"] == "active":
        title = f"{title}, step {row['step'] + 1} due {row['due_at'][:16].replace('T', ' ')} UTC"
    elif row.get("reason"):
        title = f"{title}, {words(row['reason'])}"
    details = [f"By {row['by']}, version {row['version']}"]
    details += [
        f"Step {one['step'] + 1}: {words(one['came'])} ({one['at'][:16].replace('T', ' ')} UTC)"
        for one in row["passed"]
    ]
    tone = "good" if row["state"] == "completed" else "plain"
    return Entry(row["at"], "enrolment", title, tuple(details), tone, row["campaign"])


def _template_of(row: Mapping[str, Any]) -> str | None:
    template = row["message"].get("template")
    return template.get("name") if isinstance(template, Mapping) else None


def _suppression(row: Mapping[str, Any]) -> Entry:
    title = f"Do not disturb: {row['change']} ({row['scope']})"
    details = [f"By {words(row['source'])}"]
    if row.get("reason"):
        details.append(str(row["reason"]))
    if row.get("until"):
        details.append(f"Until {row['until']}")
    tone = "bad" if row["change"] == "suppressed" else "good"
    return Entry(row["at"], "suppression", title, tuple(details), tone)
