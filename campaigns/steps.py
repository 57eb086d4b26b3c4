"""The steps of a drip as a document says them: when, to whom, what, and what follows. Pure."""

from collections.abc import Iterator, Sequence
from datetime import time
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from campaigns.messages import CampaignMessage
from config.strict import Attribute, Name, Seconds, Strict, Text, UnfitError, shown
from config.values import parse_duration
from contacts.filters.read import Where

END = "end"
MOST_STEPS = 100
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Outcome = Literal[
    "accepted", "sent", "delivered", "read", "replied", "clicked", "failed", "skipped",
    "not_delivered", "not_read", "not_replied", "not_clicked",
]  # fmt: skip


def _delay_s(value: Any) -> Any:
    if not isinstance(value, str):
        raise UnfitError(f"expected a duration such as 0m, 48h or 2 days, got {shown(value)}")
    return int(parse_duration(value).total_seconds())


def _hour(value: Any) -> Any:
    try:
        if isinstance(value, str) and len(value) == len("10:00"):
            return time.fromisoformat(value)
    except ValueError:
        pass
    raise UnfitError(f'expected a time of day such as "10:00", got {shown(value)}')


_AS_DELAY = WithJsonSchema({"type": "string", "description": "A duration, 0m among them: 2 days."})
_AS_HOUR = WithJsonSchema({"type": "string", "description": "A time of day: 10:00."})
Delay = Annotated[int, BeforeValidator(_delay_s), _AS_DELAY]
Hour = Annotated[time, BeforeValidator(_hour), _AS_HOUR]


class DateAttribute(Strict):
    """A date that stands with the contact, such as `renewal_date`."""

    attribute: Attribute


class Condition(Strict):
    """All that is said must hold when the step's time has come.

    previous: what became of the last message that this person got of the drip; of: of that of the
    step with this name. button: one that was tapped under it. where: a filter over the contact.
    """

    previous: Outcome | None = None
    button: Annotated[Text, Field(max_length=256)] | None = None
    of: Name | None = None
    where: Where | None = None

    @model_validator(mode="after")
    def _asks(self) -> "Condition":
        if self.previous is None and self.button is None and self.where is None:
            raise ValueError("needs previous, button or where")
        return self

    @property
    def looks_back(self) -> bool:
        """Whether it asks what became of an earlier message."""
        return self.previous is not None or self.button is not None


class Branch(Strict):
    """Where to go on if its condition holds: a later step by its name, or `end`."""

    only_if: Condition
    go_to: Name


class Step(Strict):
    """One message, or a fork of the way; at its time.

    after: from when it counts: `enrolment`, the `previous` step, or a date of the contact's; before
    counts backwards from such a date. between, on: hours and weekdays on the person's own clock.
    branches: the first that holds tells where to go on. then: which step follows, by name, where it
    is not the next one.
    """

    step: Name | None = None
    after: Delay = 0
    before: Seconds | None = None
    from_: Literal["enrolment", "previous"] | DateAttribute = Field("enrolment", alias="from")
    between: tuple[Hour, Hour] | None = None
    on: Annotated[tuple[Weekday, ...], Field(min_length=1)] | None = None
    only_if: Condition | None = None
    message: CampaignMessage | None = None
    branches: tuple[Branch, ...] = ()
    then: Name | None = None

    @model_validator(mode="after")
    def _whole(self) -> "Step":
        if (self.message is None) == (not self.branches):
            raise ValueError("needs a message, or branches; one of the two")
        if self.before is not None and not isinstance(self.from_, DateAttribute):
            raise ValueError("before counts from a date: from: {attribute: renewal_date}")
        if self.before is not None and self.after:
            raise ValueError("has both after and before")
        if self.between is not None and self.between[0] >= self.between[1]:
            raise ValueError("between begins before it ends, on one day")
        if self.step == END:
            raise ValueError(f"no step may be called {END}: it is where a drip ends")
        return self


class Stop(Strict):
    """What ends the drip for a person; one of these."""

    event: Name | None = None
    segment: Name | None = None
    where: Where | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "Stop":
        if sum(part is not None for part in (self.event, self.segment, self.where)) != 1:
            raise ValueError("needs exactly one of event, segment, where")
        return self


def faults(steps: Sequence[Step]) -> Iterator[tuple[str, str]]:
    """(path, sentence) of what is wrong between steps. Ways lead forward: so each one ends."""
    places: dict[str, int] = {}
    for place, step in enumerate(steps):
        if step.step is not None and step.step in places:
            yield f"{place}.step", f"{step.step!r} is the name of an earlier step too"
        elif step.step is not None:
            places[step.step] = place
    for place, step in enumerate(steps):
        ways = [(f"branches.{n}.go_to", branch.go_to) for n, branch in enumerate(step.branches)]
        ways += [("then", step.then)] if step.then is not None else []
        for path, name in ways:
            if name != END and places.get(name, -1) <= place:
                yield f"{place}.{path}", f"{name!r} is no later step, and not {END}"
        for path, condition in _conditions(step):
            if condition.looks_back and place == 0:
                yield f"{place}.{path}", "looks back, and nothing comes before the first step"
            if condition.of is not None and places.get(condition.of, place) >= place:
                yield f"{place}.{path}.of", f"{condition.of!r} is no earlier step"


def _conditions(step: Step) -> Iterator[tuple[str, Condition]]:
    if step.only_if is not None:
        yield "only_if", step.only_if
    for n, branch in enumerate(step.branches):
        yield f"branches.{n}.only_if", branch.only_if


def place_of(steps: Sequence[Step], name: str) -> int:
    """Where the step of this name stands; behind the last one for `end`, and for none."""
    return next((n for n, step in enumerate(steps) if step.step == name), len(steps))


def following(steps: Sequence[Step], place: int) -> int:
    """The place of the step that follows, where no branch says otherwise; `len(steps)`: none."""
    then = steps[place].then
    return place + 1 if then is None else place_of(steps, then)
