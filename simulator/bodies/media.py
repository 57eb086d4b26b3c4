"""Media, location and contact cards: the bodies that carry no words of their own."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from simulator.bodies.base import Filled, Message, Strict

Caption = Annotated[str, StringConstraints(max_length=1024)]


class Media(Strict):
    """One uploaded file by `id`, or one address by `link`: never both."""

    id: Filled | None = None
    link: Filled | None = None

    @model_validator(mode="after")
    def one_source(self) -> Self:
        if self.id is None and self.link is None:
            raise PydanticCustomError("missing", "id or link is required")
        if self.id is not None and self.link is not None:
            raise PydanticCustomError("both", "id and link exclude each other")
        return self


class Captioned(Media):
    caption: Caption | None = None


class Document(Captioned):
    filename: Filled | None = None


class Audio(Media):
    voice: bool = False


class ImageMessage(Message):
    type: Literal["image"]
    image: Captioned


class VideoMessage(Message):
    type: Literal["video"]
    video: Captioned


class AudioMessage(Message):
    type: Literal["audio"]
    audio: Audio


class DocumentMessage(Message):
    type: Literal["document"]
    document: Document


class StickerMessage(Message):
    type: Literal["sticker"]
    sticker: Media


class Location(Strict):
    """Meta's file says strings, its own example sends numbers; both are taken."""

    latitude: float | Filled
    longitude: float | Filled
    name: str | None = None
    address: str | None = None


class LocationMessage(Message):
    type: Literal["location"]
    location: Location


Place = Literal["HOME", "WORK"]


class Address(Strict):
    street: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    country_code: str | None = None
    type: Place | None = None


class Email(Strict):
    email: Filled
    type: Place | None = None


class Name(Strict):
    formatted_name: Filled
    first_name: str | None = None
    last_name: str | None = None
    middle_name: str | None = None
    prefix: str | None = None
    suffix: str | None = None


class Organization(Strict):
    company: str | None = None
    department: str | None = None
    title: str | None = None


class Phone(Strict):
    phone: Filled
    type: Literal["HOME", "WORK", "CELL", "MAIN", "IPHONE"] | None = None
    wa_id: str | None = None


class Url(Strict):
    url: Filled
    type: Place | None = None


class ContactCard(Strict):
    name: Name
    addresses: list[Address] = Field(default_factory=list)
    birthday: str | None = None
    emails: list[Email] = Field(default_factory=list)
    org: Organization | None = None
    phones: list[Phone] = Field(default_factory=list)
    urls: list[Url] = Field(default_factory=list)


class ContactsMessage(Message):
    type: Literal["contacts"]
    contacts: list[ContactCard] = Field(min_length=1, max_length=5)
