"""Which campaigns an event starts, and in which drips it enrols, by itself, without a rule, and
which it takes back."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from campaigns import conditions
from campaigns.content import document_of
from campaigns.documents import Trigger
from contacts import changes
from store import campaigns, mongo

MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened, as far as triggers look at it. intents: what a message was found to mean."""

    name: str
    at: datetime
    intents: Collection[str] = ()
    button: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)


_Key = tuple[str, str]
_Waiting = tuple[int, str, Trigger]  # the campaign's place among others, its name, what it awaits


class Triggers:
    """The triggers of all campaigns that were begun, by what they wait for. Read-only.

    A paused campaign's are among them, so that the history says why nothing came.
    """

    def __init__(self) -> None:
        self._starts: dict[_Key, list[_Waiting]] = defaultdict(list)
        self._cancels: dict[_Key, list[_Waiting]] = defaultdict(list)

    @classmethod
    def of(cls, db: mongo.Db) -> "Triggers":
        """As they stand now. Index: type_1_state_1."""
        triggers = cls()
        for campaign in [*campaigns.begun(db, "triggered"), *campaigns.begun(db, "drip")]:
            document = document_of(campaign)
            for trigger, known in (
                (document.begun_by(), triggers._starts),
                (document.taken_back_by(), triggers._cancels),
            ):
                if trigger is not None:
                    waiting = (-document.priority, document.campaign, trigger)
                    known[_awaited(trigger)].append(waiting)
        return triggers

    def started_by(self, what: Happening) -> list[str]:
        """The campaigns that it starts, by name, each once; those of a higher priority first."""
        return _names(self._starts, what)

    def cancelled_by(self, what: Happening) -> list[str]:
        """The campaigns whose waiting messages it takes back, by name, each once."""
        return _names(self._cancels, what)


def _names(known: Mapping[_Key, list[_Waiting]], what: Happening) -> list[str]:
    found = {
        (rank, name)
        for key in _keys(what)
        for rank, name, trigger in known.get(key, ())
        if _holds(trigger, what)
    }
    return [name for _, name in sorted(found)]


def _awaited(trigger: Trigger) -> _Key:
    """Under what it is found: each has exactly one."""
    for kind in ("intent", "button", "event", *sorted(changes.EVENTS)):
        if (name := getattr(trigger, kind)) is not None:
            return kind, name
    raise ValueError("a trigger that waits for nothing")


def _keys(what: Happening) -> Iterator[_Key]:
    if what.name == MESSAGE:
        yield from (("intent", name) for name in what.intents)
        if what.button is not None:
            yield "button", what.button
    elif what.name in changes.EVENTS:
        about = what.properties.get("segment") or what.properties.get("attribute")
        yield what.name, str(about)
    else:
        yield "event", what.name


def _holds(trigger: Trigger, what: Happening) -> bool:
    told = what.properties
    if trigger.where is not None and not conditions.hold(trigger.where, told, what.at):
        return False
    return conditions.fits(trigger.from_, told.get("from"), what.at) and conditions.fits(
        trigger.to, told.get("to"), what.at
    )
