"""The whole language of rule files, typed. Nothing unknown is let through."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from config.strict import Name, ShortText, Strict, Text, UnfitError, shown
from rules import acts
from rules.acts import Action
from rules.conditions import Comparison, When

__all__ = [
    "ACTION_KINDS",
    "Action",
    "ActionItem",
    "Comparison",
    "Examples",
    "Intent",
    "Rule",
    "When",
    "document",
]

Patterns = Annotated[tuple[ShortText, ...], Field(min_length=1, max_length=1000)]


class Examples(Strict):
    """Messages the intent must find, and messages it must leave alone. Checked every time."""

    match: Annotated[tuple[Text, ...], Field(min_length=1, max_length=200)] | None = None
    not_: Annotated[tuple[Text, ...], Field(min_length=1, max_length=200)] | None = Field(
        None, alias="not"
    )


class Intent(Strict):
    """What people mean, and how they say it. Any of the ways is enough."""

    exact: Patterns | None = None  # the whole message
    phrases: Patterns | None = None  # words in a row, anywhere
    words: Patterns | None = None  # one word, anywhere
    regex: (
        Annotated[
            tuple[Annotated[Text, Field(max_length=500)], ...], Field(min_length=1, max_length=200)
        ]
        | None
    ) = None
    like: Patterns | None = None  # fuzzy, against the whole message
    buttons: (
        Annotated[
            tuple[Annotated[Text, Field(max_length=256)], ...], Field(min_length=1, max_length=200)
        ]
        | None
    ) = None
    examples: Examples | None = None

    @model_validator(mode="after")
    def _can_be_found(self) -> "Intent":
        if not any((self.exact, self.phrases, self.words, self.regex, self.like, self.buttons)):
            raise ValueError("finds nothing: give it exact, words, phrases, regex, like or buttons")
        return self


class ActionItem(Strict):
    """One line under `then:`: exactly one action."""

    start_campaign: acts.StartCampaign | None = None
    reply: acts.SendReply | None = None
    set_attributes: acts.SetAttributes | None = None
    increment: acts.Increment | None = None
    unset_attributes: acts.UnsetAttributes | None = None
    add_to_segment: acts.AddToSegment | None = None
    remove_from_segment: acts.RemoveFromSegment | None = None
    suppress: acts.Suppress | None = None
    unsuppress: acts.Unsuppress | None = None
    enrol: acts.Enrol | None = None
    withdraw: acts.Withdraw | None = None
    notify: acts.Notify | None = None
    hand_over: acts.HandOver | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_action(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {value: {}}
        if not isinstance(value, dict):
            raise UnfitError(
                f"expected an action such as `start_campaign: price_list`, got {shown(value)}"
            )
        if len(value) != 1:
            raise ValueError("each line under `then:` is exactly one action")
        return {name: {} if detail is None else detail for name, detail in value.items()}

    @property
    def action(self) -> Action:
        """The one that was written."""
        kind = next(iter(self.model_fields_set))
        action: Action = getattr(self, kind)
        return action


class Rule(Strict):
    """When something holds, then do something. Highest priority first; `stop` ends the round."""

    rule: Name
    priority: Annotated[int, Field(strict=True, ge=-10_000, le=10_000)] = 0
    stop: Annotated[bool, Field(strict=True)] = False
    when: When
    then: Annotated[tuple[ActionItem, ...], Field(min_length=1, max_length=20)]

    @property
    def actions(self) -> tuple[Action, ...]:
        """What to do, in the order written."""
        return tuple(item.action for item in self.then)


ACTION_KINDS: frozenset[str] = frozenset(ActionItem.model_fields)


def document(action: Action) -> Mapping[str, Any]:
    """The action as plain data, for keeping beside an event: `{"suppress": {"scope": "all"}}`."""
    return {action.kind: action.document()}
