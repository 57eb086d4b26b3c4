"""A free-form message: a text, up to three buttons, or a list, within Meta's limits.

Source: https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-list-messages
and https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-reply-buttons-messages
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from config.strict import Strict, Text
from contacts import texts
from whatsapp import messages

TEXT_CHARS = 4096
INTERACTIVE_TEXT_CHARS = 1024


def _template(text: str) -> str:
    if reason := texts.fault(text):
        raise ValueError(reason)
    return text


Template = Annotated[Text, Field(max_length=TEXT_CHARS), AfterValidator(_template)]


class Button(Strict):
    """`id` comes back to us as the event's `button` when it is tapped."""

    id: Annotated[Text, Field(max_length=256)]
    title: Annotated[Text, Field(max_length=20)]


class Row(Strict):
    id: Annotated[Text, Field(max_length=200)]
    title: Annotated[Text, Field(max_length=24)]
    description: Annotated[Text, Field(max_length=72)] | None = None


class Section(Strict):
    """A heading and its rows. The heading may be left out where there is one section."""

    title: Annotated[Text, Field(max_length=24)] | None = None
    rows: Annotated[tuple[Row, ...], Field(min_length=1, max_length=10)]


class ListMenu(Strict):
    """A menu behind one button. `rows` alone is short for one section."""

    button: Annotated[Text, Field(max_length=20)]
    sections: Annotated[tuple[Section, ...], Field(min_length=1, max_length=10)]

    @model_validator(mode="before")
    @classmethod
    def _rows_are_one_section(cls, value: Any) -> Any:
        if isinstance(value, dict) and "rows" in value and "sections" not in value:
            rest = {key: part for key, part in value.items() if key != "rows"}
            return {**rest, "sections": [{"rows": value["rows"]}]}
        return value

    @model_validator(mode="after")
    def _fits_a_phone(self) -> "ListMenu":
        rows = [row for section in self.sections for row in section.rows]
        if len(rows) > 10:
            raise ValueError(f"has {len(rows)} rows; Meta shows at most 10 over all sections")
        if len(self.sections) > 1 and not all(section.title for section in self.sections):
            raise ValueError("each of several sections needs a title")
        _once("row id", (row.id for row in rows))
        return self


class Reply(Strict):
    """An answer inside the person's 24-hour window. A bare text is short for `text:`."""

    text: Template
    buttons: Annotated[tuple[Button, ...], Field(min_length=1, max_length=3)] | None = None
    list_: ListMenu | None = Field(None, alias="list")

    @model_validator(mode="before")
    @classmethod
    def _bare_text(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"text": value}

    @model_validator(mode="after")
    def _fits_a_message(self) -> "Reply":
        if self.buttons and self.list_:
            raise ValueError("has buttons and a list; Meta takes one or the other")
        interactive = self.buttons or self.list_
        if interactive and texts.is_plain(self.text) and len(self.text) > INTERACTIVE_TEXT_CHARS:
            raise ValueError(
                f"a text above buttons or a list has at most {INTERACTIVE_TEXT_CHARS} characters"
            )
        _once("button id", (button.id for button in self.buttons or ()))
        _once("button title", (button.title for button in self.buttons or ()))
        return self


def _once(what: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{what} {value!r} stands twice")
        seen.add(value)


def content(reply: Reply, context: Mapping[str, Any]) -> dict[str, Any]:
    """The part of Meta's body that carries `reply`, its text filled in from `context`.

    Raises contacts.texts.TextError.
    """
    text = texts.fill(reply.text, context).strip()
    if not text:
        raise texts.TextError("the text is empty for this person")
    if reply.buttons:
        return messages.buttons(text, [(button.id, button.title) for button in reply.buttons])
    if reply.list_:
        sections = [
            (section.title, [(row.id, row.title, row.description) for row in section.rows])
            for section in reply.list_.sections
        ]
        return messages.list_of(text, reply.list_.button, sections)
    return messages.text(text, preview_url="https://" in text)
