"""What is so about one event: the value of each fact a rule may ask about. Pure.

A missing fact is None. `text` is as it was typed; how values are compared is for `projection`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from rules.event import ContactFacts, Event
from rules.vocabulary import ATTRIBUTE, PROPERTY, WEEKDAYS


@dataclass(frozen=True, slots=True)
class Facts:
    """One event, its contact, the intents found in it, and when it is looked at."""

    event: Event
    contact: ContactFacts
    intents: frozenset[str]
    now: datetime  # aware
    workspace_zone: tzinfo = UTC

    def value(self, fact: str) -> Any:
        """The fact's value: a text, a number, a bool, a frozenset, anything in an attribute."""
        if fact.startswith(ATTRIBUTE):
            return _at(self.contact.attributes, fact.removeprefix(ATTRIBUTE))
        if fact.startswith(PROPERTY):
            return _at(self.event.properties, fact.removeprefix(PROPERTY))
        read = _READ.get(fact)
        return read(self) if read else getattr(self.event, fact)

    def local(self) -> datetime:
        """The time on the contact's own clock, or on the workspace's."""
        zone = _zone(self.contact.timezone) if self.contact.timezone else None
        return self.now.astimezone(zone or self.workspace_zone)


# The rest is called alike in the event.
_READ: dict[str, Callable[[Facts], Any]] = {
    "intent": lambda facts: facts.intents,
    "event": lambda facts: facts.event.name,
    "delivery.reached": lambda facts: facts.event.reached,
    "delivery.buttons": lambda facts: facts.event.buttons,
    "after": lambda facts: facts.event.after_s,
    "contact.segments": lambda facts: facts.contact.segments,
    "contact.language": lambda facts: facts.contact.language,
    "contact.country": lambda facts: facts.contact.country,
    "local_hour": lambda facts: facts.local().hour,
    "local_weekday": lambda facts: WEEKDAYS[facts.local().weekday()],
}


def _at(values: Mapping[str, Any], path: str) -> Any:
    """The value under `path`, a key as it stands or keys of nested mappings joined by dots."""
    if path in values or "." not in path:
        return values.get(path)
    value: Any = values
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no name at all, or a folder's name
        return None
