"""What a rule may do, as written under `then:`. Carrying it out is for `rules.actions`."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from config.strict import Attribute, Name, Number, ScalarValue, Seconds, Strict
from deliveries.replies import Reply, Template

Scope = Literal["marketing", "all"]


class Act(Strict):
    """One thing a rule may have done. Each class says in which short forms it may be written."""

    kind: ClassVar[str]
    short_for: ClassVar[str | None] = None  # the key that a bare value stands for
    always_short: ClassVar[bool] = False  # whether it is never written out
    takes_name: ClassVar[bool] = False  # whether a name alone will do beside the short form

    def document(self) -> Any:
        """What stands behind the action's name in a rule file, as plain data."""
        plain = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return plain[self.short_for] if self.always_short and self.short_for else plain

    @model_validator(mode="before")
    @classmethod
    def _bare_value(cls, value: Any) -> Any:
        if cls.short_for is None or (isinstance(value, dict) and not cls.always_short):
            return value
        return {cls.short_for: value}


def _single(value: Any) -> Any:
    """An attribute's value may also be a list of single values."""
    if isinstance(value, list | tuple):
        if len(value) > 100:
            raise ValueError("a list of more than 100 values")
        return tuple(_checked(item) for item in value)
    return _checked(value)


def _checked(value: Any) -> Any:
    if value is None or isinstance(value, dict | list):
        raise ValueError("expected a text, a number, true, false or a list of those")
    if isinstance(value, str) and (len(value) > 1000 or not value.isprintable()):
        raise ValueError("an attribute's text has at most 1000 characters, on one line")
    return value


class StartCampaign(Act):
    kind: ClassVar[str] = "start_campaign"
    short_for: ClassVar[str | None] = "campaign"
    campaign: Name


class SendReply(Act, Reply):
    kind: ClassVar[str] = "reply"
    short_for: ClassVar[str | None] = "text"


class SetAttributes(Act):
    kind: ClassVar[str] = "set_attributes"
    short_for: ClassVar[str | None] = "values"
    always_short: ClassVar[bool] = True
    values: Annotated[
        dict[Attribute, Annotated[Any, AfterValidator(_single)]], Field(min_length=1, max_length=50)
    ]


class Increment(Act):
    """Add to numbers: `{orders: 1}`, or a bare name to add one."""

    kind: ClassVar[str] = "increment"
    short_for: ClassVar[str | None] = "by"
    always_short: ClassVar[bool] = True
    takes_name: ClassVar[bool] = True
    by: Annotated[dict[Attribute, Number], Field(min_length=1, max_length=50)]

    @model_validator(mode="before")
    @classmethod
    def _bare_value(cls, value: Any) -> Any:
        return {"by": {value: 1} if isinstance(value, str) and value else value}


class UnsetAttributes(Act):
    """Forget attributes: a name or a list of names."""

    kind: ClassVar[str] = "unset_attributes"
    short_for: ClassVar[str | None] = "names"
    always_short: ClassVar[bool] = True
    takes_name: ClassVar[bool] = True
    names: Annotated[tuple[Attribute, ...], Field(min_length=1, max_length=50)]

    @model_validator(mode="before")
    @classmethod
    def _bare_value(cls, value: Any) -> Any:
        return {"names": [value] if isinstance(value, str) else value}


class AddToSegment(Act):
    kind: ClassVar[str] = "add_to_segment"
    short_for: ClassVar[str | None] = "segment"
    segment: Name


class RemoveFromSegment(Act):
    kind: ClassVar[str] = "remove_from_segment"
    short_for: ClassVar[str | None] = "segment"
    segment: Name


class Suppress(Act):
    """Stop sending, to marketing or at all; for ever where `for` is absent."""

    kind: ClassVar[str] = "suppress"
    short_for: ClassVar[str | None] = "scope"
    scope: Scope = "marketing"
    for_s: Seconds | None = Field(None, alias="for")


class Unsuppress(Act):
    kind: ClassVar[str] = "unsuppress"
    short_for: ClassVar[str | None] = "scope"
    scope: Scope = "marketing"


class Enrol(Act):
    """Start a drip for the person."""

    kind: ClassVar[str] = "enrol"
    short_for: ClassVar[str | None] = "campaign"
    campaign: Name


class Withdraw(Act):
    """End a drip for the person."""

    kind: ClassVar[str] = "withdraw"
    short_for: ClassVar[str | None] = "campaign"
    campaign: Name


class Notify(Act):
    """Tell another system: a signed POST to a configured address, by that address's name."""

    kind: ClassVar[str] = "notify"
    short_for: ClassVar[str | None] = "address"
    address: Name
    data: Mapping[Name, ScalarValue] = Field(default_factory=dict)


class HandOver(Act):
    """An agent answers; rules keep quiet for a while."""

    kind: ClassVar[str] = "hand_over"
    short_for: ClassVar[str | None] = "for"
    for_s: Seconds | None = Field(None, alias="for")
    note: Template | None = None


Action = (
    StartCampaign
    | SendReply
    | SetAttributes
    | Increment
    | UnsetAttributes
    | AddToSegment
    | RemoveFromSegment
    | Suppress
    | Unsuppress
    | Enrol
    | Withdraw
    | Notify
    | HandOver
)
