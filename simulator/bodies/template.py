"""Template bodies: a name, a language and the parameters that fill it.

Whether the parameters fit the template is another question; `simulator.parameters` answers it.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from simulator.bodies.base import Filled, Message, Strict
from simulator.bodies.media import Captioned, Document, Location, Media

Index = Annotated[str, StringConstraints(pattern=r"^[0-9]$")]


class Language(Strict):
    code: Filled
    policy: Literal["deterministic"] = "deterministic"


class Currency(Strict):
    fallback_value: str
    code: str
    amount_1000: Annotated[int, Field(ge=-(2**31), lt=2**31)]


class DateTime(Strict):
    """Only `fallback_value` counts: Meta shows it and ignores the parts it also lists."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    fallback_value: str


class Named(Strict):
    """`parameter_name` is given for named templates and left out for positional ones."""

    parameter_name: Filled | None = None


class TextParameter(Named):
    type: Literal["text"]
    text: Annotated[str, StringConstraints(min_length=1, max_length=32768)]


class CurrencyParameter(Named):
    type: Literal["currency"]
    currency: Currency


class DateTimeParameter(Named):
    type: Literal["date_time"]
    date_time: DateTime


class ImageParameter(Named):
    type: Literal["image"]
    image: Media


class VideoParameter(Named):
    type: Literal["video"]
    video: Captioned


class DocumentParameter(Named):
    type: Literal["document"]
    document: Document


class LocationParameter(Named):
    type: Literal["location"]
    location: Location


BodyParameter = Annotated[
    TextParameter | CurrencyParameter | DateTimeParameter, Field(discriminator="type")
]
HeaderParameter = Annotated[
    TextParameter
    | CurrencyParameter
    | DateTimeParameter
    | ImageParameter
    | VideoParameter
    | DocumentParameter
    | LocationParameter,
    Field(discriminator="type"),
]


class PayloadParameter(Strict):
    type: Literal["payload"]
    payload: Annotated[str, StringConstraints(max_length=256)]


class SuffixParameter(Strict):
    type: Literal["text"]
    text: Filled


class CouponParameter(Strict):
    type: Literal["coupon_code"]
    coupon_code: Annotated[str, StringConstraints(min_length=1, max_length=15)]


class ActionParameter(Strict):
    type: Literal["action"]
    action: dict[str, Any]


ButtonParameter = Annotated[
    PayloadParameter | SuffixParameter | CouponParameter | ActionParameter,
    Field(discriminator="type"),
]
PARAMETER_OF_BUTTON = {
    "quick_reply": "payload",
    "url": "text",
    "copy_code": "coupon_code",
    "catalog": "action",
    "flow": "action",
}


class HeaderComponent(Strict):
    type: Literal["header"]
    parameters: list[HeaderParameter] = Field(min_length=1)


class BodyComponent(Strict):
    type: Literal["body"]
    parameters: list[BodyParameter] = Field(default_factory=list)


class ButtonComponent(Strict):
    """`index` counts from "0"; Meta's examples also write it as a number."""

    type: Literal["button"]
    sub_type: Literal["quick_reply", "url", "catalog", "flow", "copy_code"]
    index: Index
    parameters: list[ButtonParameter] = Field(min_length=1)

    @field_validator("sub_type", mode="before")
    @classmethod
    def any_case(cls, value: Any) -> Any:
        # Meta's own examples write both `quick_reply` and `CATALOG`, never a mixture.
        return value.lower() if isinstance(value, str) and value.isupper() else value

    @field_validator("index", mode="before")
    @classmethod
    def number_or_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @model_validator(mode="after")
    def parameter_suits_button(self) -> Self:
        wanted = PARAMETER_OF_BUTTON[self.sub_type]
        if any(parameter.type != wanted for parameter in self.parameters):
            raise PydanticCustomError(
                "button",
                "a {kind} button takes {wanted}",
                {"kind": self.sub_type, "wanted": wanted},
            )
        return self


Component = Annotated[
    HeaderComponent | BodyComponent | ButtonComponent, Field(discriminator="type")
]


class Template(Strict):
    name: Filled
    language: Language
    components: list[Component] = Field(default_factory=list)


class TemplateMessage(Message):
    type: Literal["template"]
    template: Template
