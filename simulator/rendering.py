"""A message as the phone shows it: `{header, body, footer, buttons, list}`. Pure.

A button is `{title, kind, payload?, url?}`; kind is quick_reply, reply, url, phone_number,
copy_code, flow or catalog. Tapping all but the first two tells the business nothing by webhook.
"""

from typing import Any

from simulator import parameters
from simulator.bodies import AnyMessage, ReactionMessage, TextMessage
from simulator.bodies.interactive import Buttons, Flow, InteractiveMessage, Link
from simulator.bodies.interactive import List as Menu
from simulator.bodies.media import ContactsMessage, LocationMessage
from simulator.bodies.template import ButtonComponent, HeaderComponent, TemplateMessage
from simulator.templates import Template, buttons, component

Shown = dict[str, Any]


def shown(message: AnyMessage, template: Template | None) -> Shown:
    """What a person sees. Raises GraphError where the parameters do not fit `template`."""
    if isinstance(message, TextMessage):
        return {"body": message.text.body}
    if isinstance(message, TemplateMessage):
        return from_template(message, template or {})
    if isinstance(message, InteractiveMessage):
        return from_interactive(message)
    if isinstance(message, ReactionMessage):
        return {"body": message.reaction.emoji or "reaction removed"}
    if isinstance(message, LocationMessage):
        place = message.location
        return {"header": {"kind": "location"}, "body": place.name or place.address or "Location"}
    if isinstance(message, ContactsMessage):
        names = ", ".join(card.name.formatted_name for card in message.contacts)
        return {"header": {"kind": "contacts"}, "body": names}
    media = getattr(message, message.type)
    return {"header": _media(message.type, media), "body": getattr(media, "caption", None) or ""}


def from_template(message: TemplateMessage, template: Template) -> Shown:
    sent = message.template
    named = parameters.is_named(template)
    header_values = parameters.check_header(template, sent, named)
    body_values = parameters.check_body(template, sent, named)
    given = parameters.check_buttons(template, sent)
    header, body = component(template, "HEADER"), component(template, "BODY")
    footer = component(template, "FOOTER")
    view: Shown = {"body": parameters.fill(str((body or {}).get("text", "")), body_values)}
    if header and header.get("format", "TEXT") == "TEXT":
        view["header"] = {
            "kind": "text",
            "text": parameters.fill(str(header.get("text", "")), header_values),
        }
    elif header:
        filled = next(each for each in sent.components if isinstance(each, HeaderComponent))
        kind = str(header["format"]).lower()
        view["header"] = _media(kind, getattr(filled.parameters[0], kind))
    if footer:
        view["footer"] = str(footer.get("text", ""))
    if known := buttons(template):
        view["buttons"] = [_button(button, given.get(index)) for index, button in enumerate(known)]
    return view


def from_interactive(message: InteractiveMessage) -> Shown:
    content = message.interactive
    view: Shown = {"body": content.body.text if content.body else ""}
    if content.header:
        view["header"] = (
            {"kind": "text", "text": content.header.text}
            if content.header.type == "text"
            else _media(content.header.type, getattr(content.header, content.header.type))
        )
    if content.footer:
        view["footer"] = content.footer.text
    if isinstance(content, Buttons):
        view["buttons"] = [
            {"title": each.reply.title, "kind": "reply", "payload": each.reply.id}
            for each in content.action.buttons
        ]
    elif isinstance(content, Menu):
        view["list"] = content.action.model_dump(mode="json", exclude_none=True)
    elif isinstance(content, Link):
        link = content.action.parameters
        view["buttons"] = [{"title": link.display_text, "kind": "url", "url": link.url}]
    elif isinstance(content, Flow):
        flow = content.action.parameters
        view["buttons"] = [
            {"title": flow.flow_cta, "kind": "flow", "payload": flow.flow_token or "unused"}
        ]
    return view


def _media(kind: str, media: Any) -> dict[str, Any]:
    source = media.model_dump(mode="json", exclude_none=True)
    kept = {key: source[key] for key in ("id", "link", "filename", "name") if key in source}
    return {"kind": kind, **kept}


def _button(button: dict[str, Any], given: ButtonComponent | None) -> dict[str, Any]:
    kind = str(button["type"]).lower()
    title = str(button.get("text", kind))
    view: dict[str, Any] = {"title": title, "kind": kind}
    parameter: Any = given.parameters[0] if given else None
    if kind == "quick_reply":
        # Without a payload of the sender's, Meta sends the button's own words.
        view["payload"] = parameter.payload if parameter else title
    elif kind == "url":
        suffix = parameter.text if parameter else ""
        view["url"] = parameters.PLACE.sub(lambda _: suffix, str(button.get("url", "")))
    elif kind == "copy_code":
        view["payload"] = parameter.coupon_code
    elif kind == "flow":
        action = parameter.action if parameter else {}
        view["payload"] = str(action.get("flow_token", "unused"))
    return view
