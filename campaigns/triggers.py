"""Which campaigns an event starts by itself, without a rule."""

from collections import defaultdict
from collections.abc import Collection

from campaigns.content import document_of
from campaigns.documents import TriggeredCampaign
from store import campaigns, mongo


class Triggers:
    """The triggers of all campaigns that were begun, by what they wait for. Read-only.

    A paused campaign's are among them, so that the history says why nothing came.
    """

    def __init__(self) -> None:
        self._intents: dict[str, list[str]] = defaultdict(list)
        self._buttons: dict[str, list[str]] = defaultdict(list)
        self._events: dict[str, list[str]] = defaultdict(list)

    @classmethod
    def of(cls, db: mongo.Db) -> "Triggers":
        """As they stand now. Index: type_1_state_1."""
        triggers = cls()
        for campaign in campaigns.begun(db, "triggered"):
            document = document_of(campaign)
            trigger = document.trigger if isinstance(document, TriggeredCampaign) else None
            if trigger is None:
                continue
            for name, known in (
                (trigger.intent, triggers._intents),
                (trigger.button, triggers._buttons),
                (trigger.event, triggers._events),
            ):
                if name is not None:
                    known[name].append(campaign["_id"])
        return triggers

    def started_by(
        self, event: str, *, intents: Collection[str] = (), button: str | None = None
    ) -> list[str]:
        """The campaigns that `event` starts, by name, each once."""
        found = list(self._events.get(event, ()))
        if event == "message":
            for intent in intents:
                found.extend(self._intents.get(intent, ()))
            if button is not None:
                found.extend(self._buttons.get(button, ()))
        return sorted(set(found))
