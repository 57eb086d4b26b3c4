"""The message of a campaign: a template with what fills it in, or a free-form text. Pure."""

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    model_validator,
)

from config.strict import Strict, Text
from contacts import texts
from deliveries.replies import Button, ListMenu, Reply


def _filled(text: str) -> str:
    if reason := texts.fault(text):
        raise ValueError(reason)
    return text


CODE_MAX = 15
Filled = Annotated[Text, Field(max_length=1024), AfterValidator(_filled)]
FlowValue = Annotated[
    StrictBool | StrictInt | StrictFloat | Filled, Field(union_mode="left_to_right")
]
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


class LocationHeader(Strict):
    """A place above a template's text. latitude, longitude: degrees."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    name: Filled | None = None
    address: Filled | None = None


class Header(Strict):
    """What stands above a template's text; one of these."""

    text: Filled | None = None
    location: LocationHeader | None = None
    image: MediaHeader | None = None
    video: MediaHeader | None = None
    document: MediaHeader | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "Header":
        kinds = (self.text, self.location, self.image, self.video, self.document)
        if sum(part is not None for part in kinds) != 1:
            raise ValueError("needs exactly one of text, location, image, video, document")
        return self


class Flow(Strict):
    """What a flow is opened with. token: comes back with its answer. data: its first screen's."""

    token: Filled = "unused"  # noqa: S105  # as Meta calls the one of nobody
    data: dict[str, FlowValue] = Field(default_factory=dict)


class TemplateButton(Strict):
    """What a template's button carries: a quick reply's `payload`, a `url`'s end, a `code` to copy,
    or what a `flow` begins with."""

    payload: Annotated[Text, Field(max_length=256)] | None = None
    url: Filled | None = None
    code: Filled | None = None
    flow: Flow | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "TemplateButton":
        if sum(part is not None for part in (self.payload, self.url, self.code, self.flow)) != 1:
            raise ValueError("needs exactly one of payload, url, code, flow")
        if self.code is not None and "{{" not in self.code and len(self.code) > CODE_MAX:
            raise ValueError(f"code: is longer than {CODE_MAX} characters")
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
