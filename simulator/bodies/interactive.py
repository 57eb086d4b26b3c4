"""Interactive bodies: reply buttons, lists, links, flows, products. Meta's limits are the types."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from simulator.bodies.base import (
    Filled,
    Message,
    Strict,
    Text20,
    Text24,
    Text60,
    Text1024,
    Text4096,
)
from simulator.bodies.media import Captioned, Document, Media


class Header(Strict):
    """The line or picture on top; the key named by `type` must be there."""

    type: Literal["text", "image", "video", "document"]
    text: Text60 | None = None
    sub_text: Text60 | None = None
    image: Media | None = None
    video: Captioned | None = None
    document: Document | None = None

    @model_validator(mode="after")
    def holds_what_it_names(self) -> Self:
        if getattr(self, self.type) is None:
            raise PydanticCustomError("missing", "{key} is required", {"key": self.type})
        return self


class Body(Strict):
    text: Text1024


class ListBody(Strict):
    text: Text4096


class Footer(Strict):
    text: Text60


class Reply(Strict):
    id: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    title: Text20


class ReplyButton(Strict):
    type: Literal["reply"]
    reply: Reply


class ButtonAction(Strict):
    buttons: list[ReplyButton] = Field(min_length=1, max_length=3)


class Row(Strict):
    id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    title: Text24
    description: Annotated[str, StringConstraints(max_length=72)] | None = None


class ListSection(Strict):
    title: Text24 | None = None
    rows: list[Row] = Field(min_length=1, max_length=10)


class ListAction(Strict):
    button: Text20
    sections: list[ListSection] = Field(min_length=1, max_length=10)

    @model_validator(mode="after")
    def ten_rows_in_all(self) -> Self:
        rows = sum(len(section.rows) for section in self.sections)
        if rows > 10:
            raise PydanticCustomError("too_long", "10 rows in all, not {rows}", {"rows": rows})
        return self


class LinkParameters(Strict):
    display_text: Text20
    url: Filled


class LinkAction(Strict):
    name: Literal["cta_url"]
    parameters: LinkParameters


class FlowParameters(Strict):
    flow_message_version: Literal["3"]
    flow_cta: Annotated[str, StringConstraints(min_length=1, max_length=30)]
    flow_id: str | None = None
    flow_name: str | None = None
    mode: Literal["draft", "published"] = "published"
    flow_token: str | None = None
    flow_action: Literal["navigate", "data_exchange"] = "navigate"
    flow_action_payload: dict[str, Any] | None = None

    @model_validator(mode="after")
    def one_flow(self) -> Self:
        if (self.flow_id is None) == (self.flow_name is None):
            raise PydanticCustomError("missing", "exactly one of flow_id and flow_name is required")
        screen = (self.flow_action_payload or {}).get("screen", "")
        data = (self.flow_action_payload or {}).get("data", {})
        if not isinstance(screen, str) or not isinstance(data, dict):
            raise PydanticCustomError("type", "screen is a string and data an object")
        return self


class FlowAction(Strict):
    name: Literal["flow"]
    parameters: FlowParameters


class Product(Strict):
    product_retailer_id: Filled


class ProductSection(Strict):
    title: Text24 | None = None
    product_items: list[Product] = Field(min_length=1, max_length=30)


class ProductAction(Strict):
    catalog_id: Filled
    product_retailer_id: Filled


class ProductListAction(Strict):
    catalog_id: Filled
    sections: list[ProductSection] = Field(min_length=1, max_length=10)


class CatalogParameters(Strict):
    thumbnail_product_retailer_id: Filled


class CatalogAction(Strict):
    name: Literal["catalog_message"]
    parameters: CatalogParameters


class PayAction(Strict):
    """Orders have a large schema of their own, which Meta's file leaves out; it is not checked."""

    name: Literal["review_and_pay", "review_order"]
    parameters: dict[str, Any]


class NamedAction(Strict):
    name: Literal["call_permission_request", "request_contact_info", "send_location"]


class Part(Strict):
    header: Header | None = None
    footer: Footer | None = None


class Buttons(Part):
    type: Literal["button"]
    body: Body
    action: ButtonAction


class List(Part):
    type: Literal["list"]
    body: ListBody
    action: ListAction


class Link(Part):
    type: Literal["cta_url"]
    body: Body
    action: LinkAction


class Flow(Part):
    type: Literal["flow"]
    body: Body
    action: FlowAction


class SingleProduct(Part):
    type: Literal["product"]
    body: Body | None = None
    action: ProductAction


class ProductList(Part):
    type: Literal["product_list"]
    header: Header
    body: Body
    action: ProductListAction


class Catalog(Part):
    type: Literal["catalog_message"]
    body: Body
    action: CatalogAction


class Order(Part):
    type: Literal["order_details", "order_status"]
    body: Body
    action: PayAction


class Ask(Part):
    type: Literal["call_permission_request", "request_contact_info", "location_request_message"]
    body: Body | None = None
    action: NamedAction


Interactive = Annotated[
    Buttons | List | Link | Flow | SingleProduct | ProductList | Catalog | Order | Ask,
    Field(discriminator="type"),
]


class InteractiveMessage(Message):
    type: Literal["interactive"]
    interactive: Interactive
