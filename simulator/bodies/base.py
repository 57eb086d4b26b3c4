"""What every body of `POST /{phone_number_id}/messages` has in common.

The models refuse at least what Meta's OpenAPI file refuses, and keys it does not know: a
misspelt key must fail here, not be ignored until a campaign goes out without its button.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

CallbackData = Annotated[str, StringConstraints(max_length=512)]
Text20 = Annotated[str, StringConstraints(min_length=1, max_length=20)]
Text24 = Annotated[str, StringConstraints(min_length=1, max_length=24)]
Text60 = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Text1024 = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Text4096 = Annotated[str, StringConstraints(min_length=1, max_length=4096)]
Filled = Annotated[str, StringConstraints(min_length=1)]


class Strict(BaseModel):
    """No unknown key, no conversion of types, and no null: Meta's JSON leaves a key out instead."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def refuse_nulls(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for key, value in data.items():
                if value is None:
                    raise PydanticCustomError("null", "{key} must not be null", {"key": str(key)})
        return data


class Context(Strict):
    """The message this one answers."""

    message_id: Filled


class Message(Strict):
    """The envelope. A person is named by `to` (a phone number) or `recipient` (a BSUID)."""

    messaging_product: Literal["whatsapp"]
    recipient_type: Literal["individual", "group"] = "individual"
    to: Filled | None = None
    recipient: Filled | None = None
    context: Context | None = None
    biz_opaque_callback_data: CallbackData | None = None

    @model_validator(mode="after")
    def somebody_is_named(self) -> Self:
        if self.to is None and self.recipient is None:
            raise PydanticCustomError("missing", "to or recipient is required")
        return self
