"""The bodies `POST /{phone_number_id}/messages` takes, as typed models; `parse` picks the one."""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from simulator.bodies.base import Filled, Message, Strict, Text4096
from simulator.bodies.interactive import InteractiveMessage
from simulator.bodies.media import (
    AudioMessage,
    ContactsMessage,
    DocumentMessage,
    ImageMessage,
    LocationMessage,
    StickerMessage,
    VideoMessage,
)
from simulator.bodies.template import TemplateMessage
from simulator.errors import GraphError


class Text(Strict):
    body: Text4096
    preview_url: bool = False


class TextMessage(Message):
    type: Literal["text"]
    text: Text


class Reaction(Strict):
    """An empty `emoji` takes the reaction back."""

    message_id: Filled
    emoji: str


class ReactionMessage(Message):
    type: Literal["reaction"]
    reaction: Reaction


class Typing(Strict):
    type: Literal["text"]


class MarkAsRead(Strict):
    """Not a message: tells the person that the business has read hers, and may show it typing."""

    messaging_product: Literal["whatsapp"]
    status: Literal["read"]
    message_id: Filled
    typing_indicator: Typing | None = None


AnyMessage = (
    TextMessage
    | ImageMessage
    | VideoMessage
    | AudioMessage
    | DocumentMessage
    | StickerMessage
    | LocationMessage
    | ContactsMessage
    | ReactionMessage
    | InteractiveMessage
    | TemplateMessage
)
_MESSAGES: TypeAdapter[AnyMessage] = TypeAdapter(Annotated[AnyMessage, Field(discriminator="type")])


def parse(body: Any) -> AnyMessage | MarkAsRead:
    """Check one body. Raises GraphError with the code Meta gives: 100, 131008, 131009 or 131051."""
    if not isinstance(body, dict):
        raise GraphError(100, "The parameter messaging_product is required.")
    try:
        if "status" in body:
            return MarkAsRead.model_validate(body)
        # Meta's own example of a text with a link leaves the type out.
        return _MESSAGES.validate_python(body if "type" in body else {**body, "type": "text"})
    except ValidationError as error:
        raise _refusal(error) from None


def _refusal(error: ValidationError) -> GraphError:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(step) for step in first["loc"]) or "body"
    kind = first["type"]
    details = f"{where}: {first['msg']}"
    if kind == "missing":
        return GraphError(131008, details)
    if kind == "extra_forbidden":
        return GraphError(100, f"Unexpected key: {details}")
    if kind == "union_tag_invalid" and not first["loc"]:
        return GraphError(131051, details)
    return GraphError(131009, details)
