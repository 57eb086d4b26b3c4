"""The steps that would be taken for one event, each with the check that would hold it back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from campaigns import enrolling, start
from contacts.attributes import Held
from deliveries import check, outbox
from deliveries.outbox import Order
from events import actions
from events.actions import Round
from events.decide import happening
from events.effects import Effects
from events.work import Work
from rules import acts, model, publish
from rules.event import MESSAGE, Event
from rules.explain import Explanation
from store.documents.contact import Contact
from store.documents.delivery import DeliveryStatus

# These change a contact through `Effects`, and do nothing else.
_OF_THE_CONTACT = (
    acts.SetAttributes,
    acts.Increment,
    acts.UnsetAttributes,
    acts.AddToSegment,
    acts.RemoveFromSegment,
    acts.HandOver,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that would be done. would: what, as a sentence.

    message: what would be sent, as Meta gets it. held_back: the check that would stop it now, until
    when where it would only wait.
    """

    rule: str
    action: dict[str, Any]
    would: str
    message: Mapping[str, Any] | None = None
    held_back: str | None = None
    until: datetime | None = None


def steps(
    work: Work, contact: Contact, event: Event, explanation: Explanation
) -> tuple[tuple[Step, ...], Contact]:
    """What the rules that fire and the campaigns' own triggers would do; the contact as it would
    be then."""
    # Effects that are never settled: the contact changes as it would, and nothing is written.
    effects = Effects(work.rt.db)
    effects.held = Held(work.rt.db, "rule", trial=True)
    on = Round(work.rt, effects, contact, event, explanation.rule_version, work.now)
    seen = _Foreseer(on)
    taken: list[Step] = []
    for rule in explanation.rules:
        if rule.fires:
            for place, action in enumerate(rule.actions):
                on.at(rule.rule, place)
                taken.append(seen.step(action))
    if event.campaign is None or event.name == MESSAGE:
        names = work.triggers.started_by(happening(event, explanation.intents))
        taken += [replace(seen.start(name, None), rule=f"trigger of {name}") for name in names]
    return tuple(taken), on.contact


@dataclass(slots=True)
class _Foreseer:
    on: Round

    def step(self, action: acts.Action) -> Step:
        if isinstance(action, acts.StartCampaign):
            return self.start(action.campaign, self.on.rule)
        if isinstance(action, acts.SendReply):
            if held := self.on.held():
                return self._step(action, held)
            order, skip = actions.reply_order(self.on, action)
            return self._message(_shown(action), order, skip, "reply")
        if isinstance(action, acts.Enrol):
            return self._step(action, self.enrol(action))
        if told := _TOLD.get(type(action)):
            return self._step(action, told(self.on, action))
        if isinstance(action, _OF_THE_CONTACT):
            try:
                return self._step(action, actions.perform(self.on, action))
            except actions.NotPerformableError as error:
                return self._step(action, str(error))
        if action.kind in publish.PERFORMABLE:
            return self._step(action, "would be done")
        return self._step(action, f"this version cannot carry out {action.kind}")

    def start(self, campaign: str, rule: str | None) -> Step:
        on = self.on
        if held := on.held():
            return Step(on.rule, {"start_campaign": campaign}, held)
        planned = start.plan(on.rt, campaign, on.contact, actions.cause_of(on, rule), on.now)
        shown = {"start_campaign": campaign}
        if planned.order is None:
            later = "; the checks are asked then" if planned.fire else ""
            return Step(on.rule, shown, f"{planned.detail}{later}")
        return self._message(shown, planned.order, planned.skip, f"send {campaign}")

    def enrol(self, action: acts.Enrol) -> str:
        """Whether they would be in the drip, and when its first step is due."""
        on = self.on
        entry = start.entry_of(actions.cause_of(on, on.rule), action.campaign)
        found = enrolling.plan(on.rt, action.campaign, [on.contact], entry, on.now)
        return on.held() or found[on.contact["_id"]].detail

    def _step(self, action: acts.Action, would: str) -> Step:
        return Step(self.on.rule, _shown(action), would)

    def _message(self, shown: dict[str, Any], order: Order, skip: str | None, would: str) -> Step:
        on = self.on
        if skip is not None:
            return Step(on.rule, shown, would, None, skip)
        draft = outbox.document(order, on.now, DeliveryStatus.PENDING, None)
        refused = check.preview(on.rt, draft, on.contact, on.now)
        if refused is None:
            return Step(on.rule, shown, would, order.message)
        return Step(on.rule, shown, would, order.message, refused.reason, refused.until)


def _shown(action: acts.Action) -> dict[str, Any]:
    return dict(model.document(action))


def _suppress(_on: Round, action: acts.Suppress) -> str:
    how_long = f"for {action.for_s:,} s" if action.for_s else "for good"
    return f"do not disturb with {action.scope}, {how_long}"


def _unsuppress(on: Round, action: acts.Unsuppress) -> str:
    return actions.unsuppress_kept(on, action) or "lift do-not-disturb"


_TOLD: dict[type, Callable[[Round, Any], str]] = {
    acts.Suppress: _suppress,
    acts.Unsuppress: _unsuppress,
}
