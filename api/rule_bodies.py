"""What the API takes about rules."""

from typing import Annotated, Literal

from pydantic import Field

from api.bodies import MAX_PROPERTIES, Attribute, AttributeName, Body
from config.strict import Name, Seconds
from rules.event import MESSAGE
from rules.files import MAX_FILES
from rules.text import MAX_CHARS

MAX_BYTES = 16_000_000  # as JSON, which writes some characters with six

Files = Annotated[dict[str, str], Field(min_length=1, max_length=MAX_FILES)]
Note = Annotated[str, Field(max_length=500)]
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]


class CheckBody(Body):
    """Rule files to look at: {path below the folder: text}."""

    files: Files


class DraftBody(Body):
    """Rule files to keep as the draft; all of them, since what is left out is gone.

    base: the version they were made from, where it is not the one that decides. publish: make them
    the version that decides at once; note: why, for the history.
    """

    files: Files
    base: Annotated[int, Field(ge=0)] | None = None
    publish: bool = False
    note: Note = ""


class PublishBody(Body):
    """note: why, for the history. files: these; without them the draft, and where there is none
    RULES_DIR. source: `draft` or `folder` asks for that one.

    base: the version the files were made from; where another decides by now, nothing is published.
    """

    note: Note = ""
    files: Files | None = None
    source: Literal["draft", "folder"] | None = None
    base: Annotated[int, Field(ge=0)] | None = None


class RollbackBody(Body):
    """version: whose files are to decide again. note: why, for the history."""

    version: Number
    note: Note = ""


class ExplainBody(Body):
    """Something that might happen. event: `message` where it is left out. campaign: whose message
    it answers, or is about. link: of `clicked`: where it leads, or
    `link:1`. after: of `not_read` and its like, such as `48h`. phone: the person's; without one,
    somebody unknown is meant."""

    text: Annotated[str, Field(max_length=MAX_CHARS)] | None = None
    button: Annotated[str, Field(max_length=256)] | None = None
    event: Name = MESSAGE
    campaign: Name | None = None
    link: Annotated[str, Field(max_length=2000)] | None = None
    error_code: int | None = None
    after: Seconds | None = None
    phone: Annotated[str, Field(min_length=1, max_length=140)] | None = None
    properties: Annotated[dict[AttributeName, Attribute], Field(max_length=MAX_PROPERTIES)] = Field(
        default_factory=dict
    )


class ReplayBody(Body):
    """Rule files to try on the last days; without them the draft, or where there is none RULES_DIR.

    most: look at so many events, the latest.
    """

    files: Files | None = None
    days: Annotated[int, Field(ge=1, le=365)] = 7
    most: Annotated[int, Field(ge=1, le=10_000)] = 2_000
