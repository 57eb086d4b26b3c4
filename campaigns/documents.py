"""A campaign document, as it stands in a file or comes through the API. Pure.

What this version cannot do yet is refused with a sentence, never taken and ignored.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    RootModel,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from campaigns.conditions import Properties, Value
from campaigns.hours import ActiveHours
from campaigns.messages import CampaignMessage
from campaigns.recurrence import Recurrence
from campaigns.schedule import Schedule
from campaigns.steps import MOST_STEPS, Step, Stop, faults
from config.strict import Attribute, Name, Seconds, Strict, Text, UnfitError, shown
from contacts import audience
from contacts.filters.read import Where


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a document. path: where, as `message.parameters.first_name`."""

    path: str
    message: str


TRIGGERS = (
    "intent", "event", "button", "segment_entered", "segment_left", "attribute_changed",
)  # fmt: skip
_ENDS = ("from_", "to")
OURS = TRIGGERS[3:]  # events of our own, which are told apart by what they are about
_BRANCH = re.compile(
    r"(dict|list|tuple|literal|function-after)\[|(Cooldown|DateAttribute|Stop)$|\[key\]$"
)
_SHAPES = {
    "too_short": "is empty",
    "model_type": "is no group of keys",
    "dict_type": "is no group of keys",
    "list_type": "is no list",
    "tuple_type": "is no list",
    "int_parsing": "is no number",
    "literal_error": "",
}


class InvalidCampaignError(Exception):
    """The document is not one we can run. problems: every fault at once."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{p.path}: {p.message}" for p in problems))
        self.problems = problems


class Audience(Strict):
    """Who may get it. Of a triggered campaign: beyond having done what starts it."""

    segments: tuple[Name, ...] = ()
    exclude_segments: tuple[Name, ...] = ()

    where: Where | None = None

    def people(self) -> audience.Audience:
        """The same, as it can be asked."""
        return audience.Audience(self.segments, self.exclude_segments, self.where)

    def is_everybody(self) -> bool:
        """Whether it narrows nothing."""
        return not self.segments and not self.exclude_segments and self.where is None


class NamedAudience(Audience):
    """Of a campaign that goes out by itself: it has to say whom it is for."""

    @model_validator(mode="after")
    def _says_whom(self) -> "NamedAudience":
        # An empty one could mean everybody or nobody; neither is to be guessed.
        if not self.segments and self.where is None:
            raise ValueError("needs segments or where: this campaign goes out by itself")
        return self


class Trigger(Strict):
    """What starts it for a person; one of these. where: what the event's properties must be. from,
    to: what an attribute was, and what it is now."""

    intent: Name | None = None
    event: Name | None = None
    button: Annotated[Text, Field(max_length=256)] | None = None
    segment_entered: Name | None = None
    segment_left: Name | None = None
    attribute_changed: Attribute | None = None
    where: Properties | None = None
    from_: Value | None = Field(None, alias="from")
    to: Value | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "Trigger":
        if sum(getattr(self, kind) is not None for kind in TRIGGERS) != 1:
            raise ValueError(f"needs exactly one of {', '.join(TRIGGERS)}")
        if self.where is not None and self.event is None:
            raise ValueError("`where` asks about the properties of an `event`, and goes with one")
        if (self.from_ or self.to) and self.attribute_changed is None:
            raise ValueError("`from` and `to` go with `attribute_changed`")
        if any(name in self.model_fields_set and getattr(self, name) is None for name in _ENDS):
            raise ValueError("that there was or is no value is written {exists: false}")
        if self.event in OURS:
            raise ValueError(f"{self.event} is written {self.event}: NAME, without `event`")
        return self


class Cancel(Trigger):
    """What takes back a message that still waits. What people say does not: it starts things."""

    @model_validator(mode="after")
    def _nothing_said(self) -> "Cancel":
        if self.intent is not None or self.button is not None:
            raise ValueError("takes an event, a segment or an attribute, and nothing that is said")
        return self


class Cooldown(Strict):
    cooldown: Seconds


def _percent(value: Any) -> Any:
    if isinstance(value, str) and (found := re.fullmatch(r"([1-9]\d?|100) ?%", value.strip())):
        return int(found[1]) / 100
    raise UnfitError(f"expected a share such as 25%, got {shown(value)}")


Percent = Annotated[
    float,
    BeforeValidator(_percent),
    WithJsonSchema({"type": "string", "description": "such as 25%"}),
]


class Goal(Strict):
    event: Name
    within: Seconds


class Limits(Strict):
    """rate_per_s: messages of this campaign a second, at most. stop_if_failing: the share of a
    batch whose failing pauses the campaign, from 0 to 1; written as `25%`."""

    rate_per_s: Annotated[int, Field(ge=1, le=1000)] | None = None
    stop_if_failing: Percent | None = 0.25
    when_capped: Literal["drop", "wait"] = "drop"
    at_night: Literal["wait", "drop"] = "wait"
    over_limit: Literal["wait", "drop"] = "wait"
    ignore_quiet_hours: bool = False
    ignore_frequency_cap: bool = False


class Definition(Strict):
    """What campaigns of every type say. priority: of two that compete for the same moment or the
    same person, the higher goes first."""

    campaign: Name
    type: str
    category: Literal["marketing", "utility", "authentication", "service"] | None = None
    priority: Annotated[int, Field(ge=0, le=100)] = 0
    audience: Audience = Audience()
    limits: Limits = Limits()
    reply_window: Seconds = 72 * 3600
    goal: Goal | None = None

    def messages(self) -> list[tuple[str, CampaignMessage]]:
        """Everything it may send, each with its path in the document."""
        return []

    def begun_by(self) -> "Trigger | None":
        """What starts it for a person, or enrols them, by itself."""
        return None

    def taken_back_by(self) -> "Trigger | None":
        """What takes back a message of it that still waits."""
        return None


class CampaignDocument(Definition):
    """A campaign of one message."""

    message: CampaignMessage

    def messages(self) -> list[tuple[str, CampaignMessage]]:
        return [("message", self.message)]


class TriggeredCampaign(CampaignDocument):
    """It starts for one person, by what they wrote or did."""

    type: Literal["triggered"]
    trigger: Trigger | None = None
    delay: Seconds | None = None
    cancel_if: Cancel | None = None
    active_hours: ActiveHours | None = None
    reentry: Literal["once", "always"] | Cooldown = "always"

    def begun_by(self) -> Trigger | None:
        return self.trigger

    def taken_back_by(self) -> Trigger | None:
        return self.cancel_if


class AudienceCampaign(CampaignDocument):
    """It goes out by itself, to everybody in its audience."""

    audience: NamedAudience


class OneTimeCampaign(AudienceCampaign):
    """It goes out once. schedule: absent means at once."""

    type: Literal["one_time"]
    schedule: Schedule | None = None


class RecurringCampaign(AudienceCampaign):
    """It goes out again and again, to whoever is in its audience each time.

    not_again_within: whoever had it from an occasion less than this before is left out.
    """

    type: Literal["recurring"]
    schedule: Recurrence
    not_again_within: Seconds | None = None


class Enrol(Trigger):
    """What enrols a person by itself; one of these. segment: whoever is in it at the start, and
    whoever enters it later; with segment_entered these alone."""

    segment: Name | None = None

    @model_validator(mode="before")
    @classmethod
    def _enters(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("segment") is not None:
            if "segment_entered" in value:
                raise ValueError("has both segment and segment_entered; segment is both")
            return {**value, "segment_entered": value["segment"]}
        return value


class DripCampaign(Definition):
    """Messages in steps, to each person from when they were enrolled.

    enrol: absent where only rules, the API and people enrol. stop_when: what ends it for a person.
    missed: what becomes of steps whose time passed while nothing ran. conflict: what becomes of
    somebody who is in another drip.
    """

    type: Literal["drip"]
    enrol: Enrol | None = None
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=MOST_STEPS)]
    stop_when: tuple[Literal["replied", "clicked"] | Stop, ...] = ()
    reentry: Literal["once", "always"] | Cooldown = "once"
    missed: Literal["skip", "once", "catch_up"] = "catch_up"
    conflict: Literal["both", "stay_out", "take_over"] = "both"

    def begun_by(self) -> Trigger | None:
        return self.enrol

    def messages(self) -> list[tuple[str, CampaignMessage]]:
        return [
            (f"steps.{place}.message", step.message)
            for place, step in enumerate(self.steps)
            if step.message is not None
        ]

    def at_step(self, message: CampaignMessage) -> CampaignDocument:
        """One of its messages as a campaign of that message alone."""
        return CampaignDocument(
            campaign=self.campaign,
            type=self.type,
            category=self.category,
            message=message,
            priority=self.priority,
            audience=self.audience,
            limits=self.limits,
        )


class AnyCampaign(
    RootModel[TriggeredCampaign | OneTimeCampaign | RecurringCampaign | DripCampaign]
):
    """A campaign of any type that can be run."""


_TYPES: dict[str, type[Definition]] = {
    "triggered": TriggeredCampaign,
    "one_time": OneTimeCampaign,
    "recurring": RecurringCampaign,
    "drip": DripCampaign,
}


def read(document: Mapping[str, Any]) -> Definition:
    """The document, checked. Raises InvalidCampaignError."""
    kind = document.get("type")
    model = _TYPES.get(kind) if isinstance(kind, str) else None
    if model is None:
        said = "is missing" if kind is None else f"{shown(kind)} is none"
        raise InvalidCampaignError([Problem("type", f"{said}; it is {' or '.join(_TYPES)}")])
    try:
        checked = model.model_validate(dict(document))
    except ValidationError as error:
        raise InvalidCampaignError(_problems(error)) from None
    if isinstance(checked, DripCampaign) and (found := list(faults(checked.steps))):
        raise InvalidCampaignError([Problem(f"steps.{path}", text) for path, text in found])
    return checked


def _problems(error: ValidationError) -> list[Problem]:
    """Each fault once. Where a value may have several shapes, pydantic tells of every one that it
    is not; the shape in which a fault lies deeper is the one that was meant."""
    told = error.errors(include_url=False, include_input=True)
    found: dict[str, str] = {}
    for one in sorted(told, key=lambda one: one["type"] in _SHAPES):  # what says more goes first
        found.setdefault(_path(one["loc"]), _sentence(one))
    shapes = {_path(one["loc"]) for one in told if one["type"] in _SHAPES}
    return [
        Problem(path, found[path])
        for path in dict.fromkeys(_path(one["loc"]) for one in told)
        if path not in shapes or not any(other.startswith(f"{path}.") for other in found)
    ]


def _path(location: tuple[int | str, ...]) -> str:
    # pydantic names the branch of a union it tried; a reader of the document never wrote that.
    written = [str(part) for part in location if not _BRANCH.match(str(part))]
    return ".".join(written) or "campaign"


def _sentence(problem: Any) -> str:
    kind, limits = problem["type"], problem.get("ctx") or {}
    if kind == "extra_forbidden":
        return "is no key of a campaign"
    if kind == "too_long" and isinstance(problem["input"], str | int):
        return f"is longer than {limits['max_length']} characters"
    return _SHAPES.get(kind) or str(problem["msg"]).removeprefix("Value error, ")
