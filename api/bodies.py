"""What the API takes: each body as a model that checks it and describes it."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)

from campaigns.trying import MOST_TESTERS
from config.strict import Name
from contacts import fields
from contacts.filters.read import Where
from store.documents.attribute import AttributeKind
from store.documents.segment import SegmentKind
from store.documents.suppression import Scope

MAX_PROPERTIES = 100
MAX_MEMBERS = 10_000

PersonName = Annotated[str, AfterValidator(fields.name)]
Language = Annotated[str, AfterValidator(fields.language)]
Timezone = Annotated[str, AfterValidator(fields.timezone)]
Segment = Annotated[str, AfterValidator(fields.segment)]
AttributeName = Annotated[str, AfterValidator(fields.attribute_name)]


def _attribute(value: Any) -> Any:
    return None if value is None else fields.attribute(value)


# One validator and not a union of types, which would complain once for each of them.
Attribute = Annotated[
    Any,
    AfterValidator(_attribute),
    WithJsonSchema({"type": ["string", "number", "boolean", "null"]}),
]


class Body(BaseModel):
    """Nothing that is not known, and nothing made to fit."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ContactPatch(Body):
    """A JSON merge patch (RFC 7396): what is left out stays, `null` removes."""

    name: PersonName | None = None
    language: Language | None = Field(None, description="BCP 47, such as hi or pt_BR")
    timezone: Timezone | None = Field(None, description="IANA, such as Asia/Kolkata")
    segments: Annotated[list[Segment], Field(max_length=fields.MAX_SEGMENTS)] | None = None
    opted_in: bool | None = Field(None, description="null: it is not known")
    attributes: (
        Annotated[dict[AttributeName, Attribute], Field(max_length=fields.MAX_ATTRIBUTES)] | None
    ) = None


def _iso(value: Any) -> Any:
    """Times are ISO 8601 texts, in Python's strict sense too."""
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("not an ISO 8601 time such as 2026-12-31T18:30:00Z") from None


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


Moment = Annotated[AwareDatetime, BeforeValidator(_iso), AfterValidator(_utc)]


def _one_of(kind: type[StrEnum]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        return kind(value) if isinstance(value, str) and value in list(kind) else value

    return read


class SuppressionBody(Body):
    """Whom not to disturb, with what, and until when."""

    scope: Annotated[Scope, BeforeValidator(_one_of(Scope))]
    until: Moment | None = Field(None, description="null: until it is lifted")
    reason: Annotated[str, Field(max_length=500)] | None = None


class EventBody(Body):
    """Something that happened in another system, to one person."""

    id: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
    event: Name
    phone: Annotated[str, Field(min_length=1, max_length=140)]
    properties: Annotated[dict[AttributeName, Attribute], Field(max_length=MAX_PROPERTIES)] = Field(
        default_factory=dict, description="Flat: texts, numbers, true, false or null"
    )


class TestBody(Body):
    """Who looks at a campaign's message before it goes out."""

    phones: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=140)]],
        Field(min_length=1, max_length=MOST_TESTERS),
    ]


class EnrolBody(Body):
    """People by their phone numbers, or BSUIDs. id: of this request; the same one again enrols
    nobody twice."""

    phones: Annotated[list[str], Field(min_length=1, max_length=MAX_MEMBERS)]
    id: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")] | None = None


class DuplicateBody(Body):
    """The name of the copy."""

    campaign: Name


class SegmentBody(Body):
    """`{"kind": "static"}`, or `{"kind": "live", "where": {…}}`."""

    kind: Annotated[SegmentKind, BeforeValidator(_one_of(SegmentKind))]
    where: Where | None = None


class AttributeBody(Body):
    """Of which kind an attribute's values are."""

    kind: Annotated[AttributeKind, BeforeValidator(_one_of(AttributeKind))]


class MembersBody(Body):
    """People by their phone numbers, or BSUIDs."""

    phones: Annotated[list[str], Field(min_length=1, max_length=MAX_MEMBERS)]
