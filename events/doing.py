"""Do what was decided, action by action: one that fails stops no other, and is tried again alone.

What an action wants written may fail later than the action itself, since it is written with that
of others: whose it was is told by its key.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bson import ObjectId

from config import logs, metrics
from events.actions import NotPerformableError, Round, launch, perform
from events.effects import Key
from rules.acts import Action
from rules.book import RuleHit
from store import mongo, queue
from store.documents.event import ActionRecord, Outcome

log = logs.get(__name__)


@dataclass(slots=True)
class Done:
    """One action and what came of it. key: by which its failure is known. campaign: which one its
    own trigger starts, where no rule asks for it."""

    key: Key
    record: ActionRecord
    campaign: str | None = None


@dataclass(slots=True)
class Doings:
    """All that is done for one event. contact_id: whose it is."""

    event_id: str
    contact_id: ObjectId
    done: list[Done] = field(default_factory=list)

    def records(self) -> list[ActionRecord]:
        return [one.record for one in self.done]

    def failed(self, errors: dict[Key, Exception]) -> list[tuple[int, Done]]:
        """Those to be tried again, by their place; what `errors` says of their writes is noted."""
        for one in self.done:
            if (error := errors.get(one.key)) is not None:
                _note_failure(one, error)
        return [
            (place, one)
            for place, one in enumerate(self.done)
            if one.record["outcome"] == Outcome.AGAIN
        ]


def do(on: Round, hits: Sequence[RuleHit], campaigns: Sequence[str]) -> Doings:
    """Do what the rules that hold want done, then what the campaigns' own triggers start.

    Raises StoreError where the store is away: that says nothing about the actions.
    """
    doings = Doings(on.event.id, on.contact["_id"])
    for hit in hits:
        for place, action in enumerate(hit.actions):
            doings.done.append(act(on, hit.rule, place, action))
    doings.done.extend(trigger(on, name) for name in campaigns)
    return doings


def act(on: Round, rule: str, place: int, action: Action) -> Done:
    """Do one action of a rule. Safe to repeat."""
    on.at(rule, place)
    shown = {action.kind: action.model_dump(mode="json", by_alias=True, exclude_none=True)}
    done = Done(on.key(), _record(rule, shown))
    try:
        done.record["detail"] = perform(on, action)
    except Exception as error:
        if is_of_the_store(error):
            raise
        _note_failure(done, error)
    return done


def trigger(on: Round, campaign: str) -> Done:
    """Start what a campaign's own trigger asks for. Safe to repeat."""
    on.at(f"trigger of {campaign}", 0)
    done = Done(on.key(), _record(on.rule, {"start_campaign": campaign}), campaign)
    try:
        done.record["detail"] = launch(on, campaign, None)
    except Exception as error:
        if is_of_the_store(error):
            raise
        _note_failure(done, error)
    return done


def is_of_the_store(error: Exception) -> bool:
    """Whether it says nothing about what was asked: everything is tried again soon. Pure."""
    if isinstance(error, mongo.StoreError):
        return not mongo.is_refusal(error)
    return isinstance(error, queue.JobTimeout | MemoryError)


def _record(rule: str, action: dict[str, Any]) -> ActionRecord:
    return {"rule": rule, "action": action, "outcome": Outcome.DONE, "detail": None}


def _note_failure(done: Done, error: Exception) -> None:
    """What failed, for people; a foreign error by its kind alone, as its text may name them."""
    known = isinstance(error, NotPerformableError)
    done.record["outcome"] = Outcome.AGAIN
    done.record["detail"] = str(error) if known else f"failed: {type(error).__name__}"
    metrics.ACTIONS_FAILED.labels(metrics.AGAIN).inc()
    kind = next(iter(done.record["action"]))
    log.error("an action failed", rule=done.record["rule"], action=kind, exc_info=error)
