"""What people do with their phones: write, tap, choose, react, change a preference.

Each function answers what it caused; `PhoneError` says why a person cannot do it.
"""

import json
from typing import Any

from simulator import envelopes, life
from simulator.machine import Machine
from simulator.messages import Message, new_wamid
from simulator.people import Person

Content = dict[str, Any]
SPEAKING = ("quick_reply", "reply", "flow")


class PhoneError(Exception):
    """The person cannot do this: there is no such button, or the phone is off."""


def act(machine: Machine, person: Person, wish: dict[str, Any]) -> dict[str, Any]:
    """Do what `wish` names: text, tap, list_row, image, reaction or message.

    Answers `{"wamids": […]}`, and `{"url": …}` where a tap opened a page. Raises PhoneError.
    """
    if not person.online or not person.has_whatsapp:
        raise PhoneError("The phone is off, or has no WhatsApp.")
    of = wish.get("of")
    if "text" in wish:
        content: Content = {"type": "text", "text": {"body": str(wish["text"])}}
        return write(machine, person, content, of)
    if "tap" in wish:
        return tap(machine, person, str(wish["tap"]), of)
    if "list_row" in wish:
        return choose(machine, person, str(wish["list_row"]), of)
    if "image" in wish:
        return write(machine, person, {"type": "image", "image": _image(wish["image"])}, of)
    if "reaction" in wish:
        return react(machine, person, str(wish["reaction"]), of)
    if isinstance(wish.get("message"), dict) and "type" in wish["message"]:
        return write(machine, person, wish["message"], of)
    raise PhoneError("One of text, tap, list_row, image, reaction or message is needed.")


def write(
    machine: Machine, person: Person, content: Content, of: str | None = None
) -> dict[str, Any]:
    """Send `content` (Meta's shape, without id and sender) to the business."""
    life.open_chat(machine, person.wa_id)
    now = machine.now()
    context = {"context": {"from": machine.config.display_phone_number, "id": of}} if of else {}
    wamid = str(content.get("id") or new_wamid(person.wa_id, inbound=True))
    whole = {"id": wamid, "timestamp": str(int(now)), **context, **content}
    message = Message(
        wamid=wamid,
        wa_id=person.wa_id,
        direction="in",
        type=str(whole["type"]),
        at=now,
        body_json=json.dumps(whole),
        shown_json=json.dumps(_shown(whole)),
        status="sent",
        seen=True,
    )
    with machine.world.lock:
        person.last_inbound_at = now
        person.listed = True
        machine.world.remember(message)
    machine.report(envelopes.inbound(machine.config, person, whole))
    return {"wamids": [wamid]}


def tap(machine: Machine, person: Person, wanted: str, of: str | None) -> dict[str, Any]:
    """Tap the button with this title or payload, of `of` or of the last message that has it."""
    for message in _candidates(machine, person, of):
        for button in message.shown.get("buttons", []):
            if wanted.casefold() in (
                str(button["title"]).casefold(),
                str(button.get("payload", "")).casefold(),
            ):
                return _tapped(machine, person, message, button)
    raise PhoneError(f"No message here has a button {wanted!r}.")


def _tapped(
    machine: Machine, person: Person, message: Message, button: dict[str, Any]
) -> dict[str, Any]:
    if button["kind"] not in SPEAKING:
        life.open_chat(machine, person.wa_id)
        return {"wamids": [], "url": button.get("url", "")}
    title, payload = button["title"], button.get("payload", "")
    if button["kind"] == "quick_reply":
        content: Content = {"type": "button", "button": {"payload": payload, "text": title}}
    elif button["kind"] == "reply":
        reply = {"type": "button_reply", "button_reply": {"id": payload, "title": title}}
        content = {"type": "interactive", "interactive": reply}
    else:
        filled = json.dumps({"flow_token": payload})
        nfm = {"name": "flow", "body": "Sent", "response_json": filled}
        content = {"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": nfm}}
    return write(machine, person, content, message.wamid)


def choose(machine: Machine, person: Person, wanted: str, of: str | None) -> dict[str, Any]:
    """Choose the row with this id or title out of the last list."""
    for message in _candidates(machine, person, of):
        for section in message.shown.get("list", {}).get("sections", []):
            for row in section["rows"]:
                if wanted in (row["id"], row["title"]):
                    reply = {"type": "list_reply", "list_reply": dict(row)}
                    content = {"type": "interactive", "interactive": reply}
                    return write(machine, person, content, message.wamid)
    raise PhoneError(f"No list here has a row {wanted!r}.")


def react(machine: Machine, person: Person, emoji: str, of: str | None) -> dict[str, Any]:
    """React to `of` or to the business's last message; an empty emoji takes it back."""
    target = next(iter(_candidates(machine, person, of)), None)
    if target is None:
        raise PhoneError("There is no message to react to.")
    reaction = {"message_id": target.wamid, **({"emoji": emoji} if emoji else {})}
    target.reaction = emoji
    return write(machine, person, {"type": "reaction", "reaction": reaction})


def prefer(machine: Machine, person: Person, value: str) -> None:
    """Stop or resume marketing in the app's settings. Raises PhoneError."""
    if value not in ("stop", "resume"):
        raise PhoneError("value is stop or resume.")
    with machine.world.lock:
        person.stopped_marketing = value == "stop"
        person.listed = True
        machine.world.touch(person.wa_id)
    machine.report(envelopes.preference(machine.config, person, value, machine.now()))


def _candidates(machine: Machine, person: Person, of: str | None) -> list[Message]:
    """What the business sent and the phone has, newest first."""
    return [
        message
        for message in reversed(machine.world.conversation(person.wa_id))
        if message.direction == "out"
        and message.status in ("delivered", "read")
        and of in (None, message.wamid)
    ]


def _image(given: Any) -> Content:
    described = dict(given) if isinstance(given, dict) else {"caption": str(given)}
    return {
        "id": "1000000000000001",
        "mime_type": "image/png",
        "sha256": "3q2+7w==",
        **{key: value for key, value in described.items() if value},
    }


def _shown(message: Content) -> dict[str, Any]:
    """Her own message, as her phone shows it."""
    kind = message["type"]
    content = message.get(kind)
    if not isinstance(content, dict):
        return {"header": {"kind": kind}, "body": ""}
    reply = content.get("button_reply") or content.get("list_reply") or content.get("nfm_reply")
    words = (reply or {}).get("title") or (reply or {}).get("body") or content.get("emoji")
    words = words or content.get("body") or content.get("text") or content.get("caption") or ""
    if kind in ("text", "button", "interactive", "reaction"):
        return {"body": str(words)}
    return {"header": {"kind": kind}, "body": str(words)}
