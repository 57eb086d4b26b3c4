"""Templates: kept in step with Meta, and held against the campaigns that fill them in."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.documents import Problem
from campaigns.messages import (
    CODE_MAX,
    CampaignMessage,
    Flow,
    Header,
    LocationHeader,
    TemplateButton,
)
from contacts import texts
from deliveries import links
from runtime import Runtime
from store import templates
from store.documents.template import Template
from whatsapp import messages

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_ADDRESS = ("https://", "http://", "{{")
_OURS = re.compile(r"\{\{\s*1\s*\}\}")
_MEDIA = ("IMAGE", "VIDEO", "DOCUMENT")
_FOREIGN = ("CAROUSEL", "LIMITED_TIME_OFFER")


def sync(rt: Runtime, now: datetime) -> int:
    """Fetch every template from Meta and keep exactly those; return how many there are.

    Nothing changes unless every page came. Raises whatsapp.client.GraphError. Safe to repeat.
    """
    ours = rt.settings.links_url
    fetched = [_document(row, now, ours) for row in rt.whatsapp.templates()]
    return templates.replace_all(rt.db, fetched)


def _document(row: Mapping[str, Any], now: datetime, links_url: str | None = None) -> Template:
    name, language = str(row.get("name", "")), normal_language(str(row.get("language", "")))
    quality = row.get("quality_score")
    components = row.get("components")
    components = components if isinstance(components, list) else []
    document: Template = {
        "_id": f"{name}:{language}",
        "meta_id": str(row["id"]) if row.get("id") else None,
        "name": name,
        "language": language,
        "category": str(row.get("category", "")).upper(),
        "status": str(row.get("status", "")).upper(),
        "parameter_format": str(row.get("parameter_format") or "POSITIONAL").upper(),
        "components": components,
        "quality": str(quality.get("score")) if isinstance(quality, dict) else None,
        "reason": None,
        "synced_at": now,
    }
    if led := _led(components, links_url):
        document["links"] = led
    return document


def _led(components: Iterable[Mapping[str, Any]], links_url: str | None) -> list[int]:
    """The places of buttons that lead to a link of ours, whatever it will be."""
    if links_url is None:
        return []
    begin = f"{links_url}{links.PATH}"
    return [
        place
        for component in components
        if str(component.get("type", "")).upper() == "BUTTONS"
        for place, button in enumerate(component.get("buttons") or [])
        if _OURS.fullmatch(str(button.get("url") or "").removeprefix(begin))
        and str(button["url"]).startswith(begin)
    ]


def normal_language(code: str) -> str:
    """Meta writes a language as `en_US`, and in webhooks also as `en-US`."""
    return code.replace("-", "_")


@dataclass(frozen=True, slots=True)
class Slots:
    """What a template wants filled in. names: of the body's variables, in order.

    header_name: of the variable in a header's text. place: whether its header is a place.
    foreign: what campaigns cannot fill in.
    """

    names: tuple[str, ...]
    named: bool
    header_text: bool
    header_media: str | None  # image, video or document
    buttons: tuple[tuple[str, bool], ...]  # (type, whether its URL ends in a variable)
    header_name: str | None = None
    foreign: tuple[str, ...] = ()
    place: bool = False
    links: tuple[int, ...] = ()  # buttons that lead to a link of ours


def slots(template: Template) -> Slots:
    """Read a template's components. Pure."""
    named = template["parameter_format"] == "NAMED"
    names: tuple[str, ...] = ()
    header_text, header_media = False, None
    header_name: str | None = None
    place = False
    buttons: list[tuple[str, bool]] = []
    foreign: list[str] = []
    for component in template["components"]:
        kind, text = str(component.get("type", "")).upper(), str(component.get("text") or "")
        if kind == "BODY":
            names = tuple(dict.fromkeys(_VARIABLE.findall(text)))
        elif kind == "HEADER":
            shape = str(component.get("format", "TEXT")).upper()
            found = _VARIABLE.search(text) if shape == "TEXT" else None
            header_text = found is not None
            header_name = found[1] if found and named else None
            header_media = shape.lower() if shape in _MEDIA else None
            place = shape == "LOCATION"
            if shape not in ("TEXT", "LOCATION", *_MEDIA):
                foreign.append(f"a {shape.lower()} header")
        elif kind == "BUTTONS":
            for button in component.get("buttons") or []:
                variable = bool(_VARIABLE.search(str(button.get("url") or "")))
                buttons.append((str(button.get("type", "")).upper(), variable))
        elif kind in _FOREIGN:
            foreign.append(f"a {kind.lower().replace('_', ' ')}")
    return Slots(
        names=names,
        named=named,
        header_text=header_text,
        header_media=header_media,
        buttons=tuple(buttons),
        header_name=header_name,
        foreign=tuple(foreign),
        place=place,
        links=tuple(template.get("links", ())),
    )


def misfits(message: CampaignMessage, template: Template) -> list[Problem]:
    """Where what a campaign fills in does not fit its template, every fault at once. Pure."""
    wanted = slots(template)
    return [
        *(
            Problem("message.template", f"has {what}, which campaigns cannot fill in")
            for what in wanted.foreign
        ),
        *_parameter_misfits(message, wanted),
        *_header_misfits(message.header, wanted),
        *_button_misfits(message.buttons, wanted),
    ]


def _parameter_misfits(message: CampaignMessage, wanted: Slots) -> Iterator[Problem]:
    given = message.parameters
    path = "message.parameters"
    if isinstance(given, list):
        if wanted.named and wanted.names:
            yield Problem(path, f"the template names them: {', '.join(wanted.names)}")
        elif len(given) != len(wanted.names):
            yield Problem(path, f"the template has {len(wanted.names)}, {len(given)} are given")
        return
    for name in wanted.names:
        if name not in given:
            yield Problem(f"{path}.{name}", "the template wants it, and it is missing")
    for name in given:
        if name not in wanted.names:
            yield Problem(f"{path}.{name}", "the template has no such parameter")


def _header_misfits(header: Header | None, wanted: Slots) -> Iterator[Problem]:
    path = "message.header"
    if wanted.header_media:
        if header is None or getattr(header, wanted.header_media) is None:
            yield Problem(path, f"the template wants its {wanted.header_media} here")
    elif wanted.place:
        if header is None or header.location is None:
            yield Problem(path, "the template wants its location here")
    elif wanted.header_text:
        if header is None or header.text is None:
            yield Problem(path, "the template's header wants its text here")
    elif header is not None:
        yield Problem(path, "the template's header takes nothing")


def _button_misfits(buttons: object, wanted: Slots) -> Iterator[Problem]:
    given: dict[int, TemplateButton] = buttons if isinstance(buttons, dict) else {}
    for place, button in given.items():
        path = f"message.buttons.{place}"
        if place not in range(len(wanted.buttons)):
            yield Problem(path, f"the template has {len(wanted.buttons)} buttons, from 0")
            continue
        kind, variable = wanted.buttons[place]
        takes = {
            "QUICK_REPLY": "payload",
            "URL": "url" if variable else "nothing",
            "COPY_CODE": "code",
            "FLOW": "flow",
        }.get(kind, "nothing")
        if takes == "nothing" or getattr(button, takes) is None:
            yield Problem(path, f"is a {kind} button, which takes {takes}")
        elif place in wanted.links and not str(button.url).lower().startswith(_ADDRESS):
            yield Problem(path, "leads through a link of ours: url is the whole https:// address")
    for place, (kind, variable) in enumerate(wanted.buttons):
        if place not in given and (kind == "COPY_CODE" or (kind == "URL" and variable)):
            takes = "code" if kind == "COPY_CODE" else "url"
            yield Problem(f"message.buttons.{place}", f"the template wants its {takes} here")


def content(
    message: CampaignMessage, context: Mapping[str, Any], template: Template | None = None
) -> dict[str, Any]:
    """The part of Meta's body that sends a template, filled in from `context`.

    template: as it was synced; it alone knows what its header calls its variable. A parameter that
    comes out empty would be refused by Meta. Raises contacts.texts.TextError.
    """
    if message.template is None or message.language is None:
        raise ValueError("not a template message")
    components = []
    if message.header is not None:
        name = slots(template).header_name if template else None
        components.append(_header(message.header, context, name))
    filled = _parameters(message, context)
    if filled:
        components.append(messages.body(filled))
    if isinstance(message.buttons, dict):
        components += [_button(i, b, context) for i, b in sorted(message.buttons.items())]
    content = messages.template(message.template, message.language, components)
    if led := _landing(message, context, template):
        content[links.LANDING] = led
    return content


def _landing(
    message: CampaignMessage, context: Mapping[str, Any], template: Template | None
) -> list[int]:
    """The buttons whose address goes through a link of ours. Raises contacts.texts.TextError."""
    given = message.buttons if isinstance(message.buttons, dict) else {}
    ours = slots(template).links if template else ()
    led = [place for place in ours if place in given]
    for place in led:
        if not links.is_address(_some(given[place].url or "", context)):
            raise texts.TextError("the link behind a button is no web address for this person")
    return led


def _parameters(
    message: CampaignMessage, context: Mapping[str, Any]
) -> list[tuple[str | None, str]]:
    given = message.parameters
    if isinstance(given, list):
        return [(None, _some(text, context)) for text in given]
    if all(name.isdecimal() for name in given):  # {{1}}, {{2}}: their place is all Meta sees
        return [(None, _some(given[name], context)) for name in sorted(given, key=int)]
    return [(name, _some(text, context)) for name, text in given.items()]


def _header(header: Header, context: Mapping[str, Any], name: str | None) -> dict[str, Any]:
    if header.text is not None:
        named = {"parameter_name": name} if name else {}
        return messages.header("text", **named, text=_some(header.text, context))
    if header.location is not None:
        return messages.header("location", **_location(header.location, context))
    for kind in ("image", "video", "document"):
        media = getattr(header, kind)
        if media is not None:
            return messages.header(kind, **media.model_dump(exclude_none=True))
    raise ValueError("an empty header")


def _location(place: LocationHeader, context: Mapping[str, Any]) -> dict[str, str]:
    named = {
        key: _some(text, context)
        for key, text in (("name", place.name), ("address", place.address))
        if text is not None
    }
    # Meta wants degrees as text.
    return {"latitude": f"{place.latitude:.6f}", "longitude": f"{place.longitude:.6f}", **named}


def _flow(place: int, flow: Flow, context: Mapping[str, Any]) -> dict[str, Any]:
    data = {
        key: _some(value, context) if isinstance(value, str) else value
        for key, value in flow.data.items()
    }
    return messages.flow(place, _some(flow.token, context), data)


def _code(text: str, context: Mapping[str, Any]) -> str:
    code = _some(text, context)
    if len(code) > CODE_MAX:
        raise texts.TextError(f"the code is longer than {CODE_MAX} characters for this person")
    return code


def _button(place: int, button: TemplateButton, context: Mapping[str, Any]) -> dict[str, Any]:
    if button.payload is not None:
        return messages.quick_reply(place, button.payload)
    if button.url is not None:
        return messages.url_suffix(place, _some(button.url, context))
    if button.flow is not None:
        return _flow(place, button.flow, context)
    return messages.coupon(place, _code(button.code or "", context))


def _some(text: str, context: Mapping[str, Any]) -> str:
    # Meta refuses line ends, tabs and long runs of spaces in a parameter (132018).
    filled = " ".join(texts.fill(text, context).split())
    if not filled:
        raise texts.TextError("a parameter is empty for this person; give it a default")
    return filled
