"""The links of a campaign's message, led through ours so that a tap is heard of. Pure.

A delivery keeps where its links lead; ours are put in their place as the message leaves. Each is
called `link:1`, `link:2` and so on, in the order in which it stands there, since an address of its
own for each person would make a count of its own, too.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bson import ObjectId

from config.settings import Settings
from deliveries import link_tokens
from deliveries.link_tokens import MOST, Named
from store.documents.delivery import Delivery, Purpose
from whatsapp import messages

PATH = "/r/"
LANDING = (
    "landing"  # in a delivery's message: the places of template buttons that are links of ours
)
_NAME = "link:"
_OURS = (Purpose.CAMPAIGN, Purpose.ANSWER, Purpose.TEST)
_LINK = re.compile(r"https?://[^\s<>\"\x00-\x1f\x7f]+", re.IGNORECASE)
_STOPS = ".,;:!?'…।。、"
_CLOSING = {")": "(", "]": "[", "}": "{"}
_MARKS = "*_~`"  # WhatsApp's bold, italic and so on stand at both ends


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and reads links of ours. base: the server's public address, without a slash."""

    base: str
    key: bytes

    def placed(self, delivery: Delivery, content: Mapping[str, Any]) -> dict[str, Any]:
        """`content`, what is POSTed of this delivery's message, with ours for its links.

        Only in what campaigns send. A text that would grow beyond Meta's limit has shorter ones,
        or keeps its own.
        """
        if not delivery["campaign"] or delivery["purpose"] not in _OURS:
            return dict(content)
        found = targets(delivery["message"])[:MOST]
        if not found:
            return dict(content)
        ways = (
            {target: self._to(delivery["_id"], i, target, full) for i, target in enumerate(found)}
            for full in (True, False)
        )
        if content["type"] == "template":
            return {**content, "template": _buttons_led(content, next(ways), self.base + PATH)}
        text, most = _text(content)
        led = (_led(text, way) for way in ways)
        return _with_text(content, next((one for one in led if len(one) <= most), text))

    def _to(self, delivery_id: ObjectId, place: int, target: str, full: bool) -> str:
        named = Named(delivery_id, place, target if full else None)
        return f"{self.base}{PATH}{link_tokens.made(self.key, named)}"

    def read(self, token: str) -> Named | None:
        """What a token of ours names; None where it is none."""
        return link_tokens.read(self.key, token)


def of(settings: Settings) -> Links | None:
    """None where LINKS_URL is not set: then links stay as they are."""
    if settings.links_url is None:
        return None
    key = link_tokens.key(settings.secret_key.get_secret_value())
    return Links(settings.links_url, key)


def targets(message: Mapping[str, Any]) -> list[str]:
    """Where a frozen message's links lead, each once, in the order in which they stand.

    >>> targets({"type": "text", "text": {"body": "See https://a.example, or (https://b.example)."}})
    ['https://a.example', 'https://b.example']
    """
    if message.get("type") == "template":
        found = [_suffix(button) for button in _landing(message)]
    else:
        found = [link for link, _ in _links_in(_text(message)[0])]
    return list(dict.fromkeys(found))


def name_of(place: int) -> str:
    """What a link is called in counts, from its place, from 0.

    >>> name_of(0)
    'link:1'
    """
    return f"{_NAME}{place + 1}"


def is_name(button: str) -> bool:
    """Whether one of a delivery's `clicks` was a link, not a button."""
    return button.startswith(_NAME) and button.removeprefix(_NAME).isdecimal()


def called(message: Mapping[str, Any], name: str) -> frozenset[str]:
    """All that rules may call the message's link `name`: so, and the forms of where it leads."""
    place, found = int(name.removeprefix(_NAME)) - 1, targets(message)
    if place not in range(len(found)):  # an erased message's
        return frozenset({name})
    return forms(found[place]) | {name}


def forms(target: str) -> frozenset[str]:
    """The target, and what stands before a `?` or a `#`: the rest is often each person's own.

    >>> sorted(forms("https://a.example/x?for=Asha"))
    ['https://a.example/x', 'https://a.example/x?for=Asha']
    """
    return frozenset({target, re.split(r"[?#]", target, maxsplit=1)[0]})


def is_address(text: str) -> bool:
    """Whether it is a web address, whole."""
    return [link for link, _ in _links_in(text)] == [text]


def _links_in(text: str) -> Iterator[tuple[str, int]]:
    """(link, where it begins)."""
    for match in _LINK.finditer(text):
        link = _trimmed(match[0], text[match.start() - 1 : match.start()])
        if _has_host(link):
            yield link, match.start()


def _trimmed(link: str, before: str) -> str:
    """Without what belongs to the sentence around it, as phones see it."""
    while link:
        last = link[-1]
        opening = _CLOSING.get(last)
        unopened = opening is not None and link.count(last) > link.count(opening)
        if not (last in _STOPS or unopened or (last in _MARKS and last == before)):
            break
        link = link[:-1]
    return link


def _has_host(link: str) -> bool:
    try:
        return bool(urlsplit(link).hostname)
    except ValueError:
        return False


def _led(text: str, way: Mapping[str, str]) -> str:
    parts, end = [], 0
    for link, begin in _links_in(text):
        parts += [text[end:begin], way.get(link, link)]
        end = begin + len(link)
    return "".join([*parts, text[end:]])


def _text(message: Mapping[str, Any]) -> tuple[str, int]:
    """The text of a free-form message, and how long Meta lets it be."""
    if message.get("type") == "text":
        return str(message["text"]["body"]), messages.TEXT_MAX
    if message.get("type") == "interactive":
        return str(message["interactive"]["body"]["text"]), messages.INTERACTIVE_MAX
    return "", 0


def _with_text(content: Mapping[str, Any], text: str) -> dict[str, Any]:
    if content["type"] == "text":
        return {**content, "text": {**content["text"], "body": text}}
    return {**content, "interactive": {**content["interactive"], "body": {"text": text}}}


def _landing(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    ours = {str(place) for place in message.get(LANDING, ())}
    parts = message["template"].get("components", ())
    return [one for one in parts if one["type"] == "button" and one["index"] in ours]


def _suffix(button: Mapping[str, Any]) -> str:
    return str(button["parameters"][0]["text"])


def _buttons_led(
    content: Mapping[str, Any], way: Mapping[str, str], address: str
) -> dict[str, Any]:
    """The template, with the end of our address in each button that is a link of ours."""
    ours = _landing(content)
    parts = [
        messages.url_suffix(int(one["index"]), way[_suffix(one)].removeprefix(address))
        if one in ours and _suffix(one) in way
        else one
        for one in content["template"]["components"]
    ]
    return {**content["template"], "components": parts}
