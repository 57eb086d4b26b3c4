"""A campaign document, as it stands in a file or comes through the API. Pure.

What this version cannot do yet is refused with a sentence, never taken and ignored.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from config.strict import Name, Seconds, Strict, Text
from contacts import texts
from deliveries.replies import Button, ListMenu, Reply


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a document. path: where, as `message.parameters.first_name`."""

    path: str
    message: str


_BRANCH = re.compile(r"(dict|list|tuple|literal)\[|Cooldown$|\[key\]$")
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


def _filled(text: str) -> str:
    if reason := texts.fault(text):
        raise ValueError(reason)
    return text


Filled = Annotated[Text, Field(max_length=1024), AfterValidator(_filled)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$")]


class MediaHeader(Strict):
    """The picture, film or file above a template's text: a link, or Meta's id of an upload."""

    link: Annotated[str, Field(pattern=r"^https?://\S+$", max_length=2048)] | None = None
    id: Annotated[str, Field(pattern=r"^\d+$")] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "MediaHeader":
        if (self.link is None) == (self.id is None):
            raise ValueError("needs a link or an id, one of the two")
        return self


class Header(Strict):
    """What stands above a template's text; one of these."""

    text: Filled | None = None
    image: MediaHeader | None = None
    video: MediaHeader | None = None
    document: MediaHeader | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "Header":
        if (
            sum(part is not None for part in (self.text, self.image, self.video, self.document))
            != 1
        ):
            raise ValueError("needs exactly one of text, image, video, document")
        return self


class TemplateButton(Strict):
    """What a template's button carries: a quick reply's `payload`, a `url`'s end, a `code`."""

    payload: Annotated[Text, Field(max_length=256)] | None = None
    url: Filled | None = None
    code: Annotated[Text, Field(max_length=15)] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "TemplateButton":
        if sum(part is not None for part in (self.payload, self.url, self.code)) != 1:
            raise ValueError("needs exactly one of payload, url, code")
        return self


class CampaignMessage(Strict):
    """A template with its parameters, or a free-form text that reaches people in their window.

    parameters: {name: text}, or a list where the template counts {{1}}, {{2}}. buttons: of a
    template, {place from 0: what it carries}; of a text, up to three to tap.
    """

    template: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,512}$")] | None = None
    language: Language | None = None
    parameters: dict[str, Filled] | list[Filled] = Field(default_factory=dict)
    header: Header | None = None
    text: Text | None = None
    buttons: dict[int, TemplateButton] | tuple[Button, ...] | None = None
    list_: ListMenu | None = Field(None, alias="list")

    @model_validator(mode="after")
    def _one_kind(self) -> "CampaignMessage":
        if (self.template is None) == (self.text is None):
            raise ValueError("needs a template or a text, one of the two")
        if self.template is not None:
            if self.language is None:
                raise ValueError("a template needs its language, such as en")
            if self.list_ or isinstance(self.buttons, tuple):
                raise ValueError("a template's buttons are {0: {payload: …}}, by their place")
        else:
            self.free_form()
        return self

    def free_form(self) -> Reply:
        """The text with its buttons or list. Raises ValueError where it breaks Meta's limits."""
        if isinstance(self.buttons, dict) or self.parameters or self.header or self.language:
            raise ValueError("parameters, header, language and placed buttons belong to a template")
        parts: dict[str, Any] = {"text": self.text, "buttons": self.buttons, "list": self.list_}
        return Reply.model_validate({key: part for key, part in parts.items() if part})


class Audience(Strict):
    """Who may get it, beyond having done what starts it."""

    segments: tuple[Name, ...] = ()
    exclude_segments: tuple[Name, ...] = ()

    def holds(self, segments: frozenset[str]) -> bool:
        """Whether somebody in these segments is meant."""
        if self.segments and not segments & set(self.segments):
            return False
        return not segments & set(self.exclude_segments)


class Trigger(Strict):
    """What starts it for a person; one of these."""

    intent: Name | None = None
    event: Name | None = None
    button: Annotated[Text, Field(max_length=256)] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "Trigger":
        if sum(part is not None for part in (self.intent, self.event, self.button)) != 1:
            raise ValueError("needs exactly one of intent, event, button")
        return self


class Cooldown(Strict):
    cooldown: Seconds


class CustomEvent(Strict):
    event: Name


class Goal(Strict):
    event: Name
    within: Seconds


class Limits(Strict):
    ignore_quiet_hours: bool = False
    ignore_frequency_cap: bool = False


class CampaignDocument(Strict):
    """A triggered campaign. The other types have documents of their own, once they can be run."""

    campaign: Name
    type: Literal["triggered"]
    category: Literal["marketing", "utility", "authentication", "service"] | None = None
    message: CampaignMessage
    audience: Audience = Audience()
    trigger: Trigger | None = None
    delay: Seconds | None = None
    cancel_if: CustomEvent | None = None
    reentry: Literal["once", "always"] | Cooldown = "always"
    limits: Limits = Limits()
    reply_window: Seconds = 72 * 3600
    goal: Goal | None = None


def read(document: Mapping[str, Any]) -> CampaignDocument:
    """The document, checked. Raises InvalidCampaignError."""
    kind = document.get("type")
    if kind in ("one_time", "recurring", "drip"):
        raise InvalidCampaignError(
            [Problem("type", f"{kind} campaigns cannot be run by this version; triggered ones can")]
        )
    try:
        return CampaignDocument.model_validate(dict(document))
    except ValidationError as error:
        raise InvalidCampaignError(_problems(error)) from None


def _problems(error: ValidationError) -> list[Problem]:
    """Each fault once. Where a value may have several shapes, pydantic tells of every one that it
    is not; the shape in which a fault lies deeper is the one that was meant."""
    told = error.errors(include_url=False, include_input=True)
    found = {_path(one["loc"]): _sentence(one) for one in reversed(told)}
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
