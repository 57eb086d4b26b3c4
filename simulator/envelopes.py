"""The webhooks Meta sends, in their shape of 2026. Pure.

A *change* is `{"field", "value"}`; `envelope` packs changes into one body. `contacts` stands on
sent, delivered and read but not on failed; a failed send to a phone number carries no BSUID.
Source: https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components
"""

import json
from typing import Any

from simulator.messages import Message
from simulator.people import Person
from simulator.settings import Config

Change = dict[str, Any]


def envelope(config: Config, changes: list[Change]) -> bytes:
    """The body as Meta writes and signs it: JSON in ASCII, the rest escaped."""
    entry = {"id": config.waba_id, "changes": changes}
    whole = {"object": "whatsapp_business_account", "entry": [entry]}
    return json.dumps(whole, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def status(
    config: Config,
    person: Person,
    message: Message,
    name: str,
    at: float,
    *,
    callback_data: str | None,
    priced: bool,
) -> Change:
    """A `sent`, `delivered`, `read` or `failed` of one message."""
    report: dict[str, Any] = {"id": message.wamid, "status": name, "timestamp": str(int(at))}
    if name == "failed":
        report |= (
            {"recipient_user_id": person.user_id}
            if message.by_user_id
            else {"recipient_id": person.wa_id}
        )
        report["errors"] = [message.error]
        contacts = {}
    else:
        if not person.hide_phone:
            report["recipient_id"] = person.wa_id
        report["recipient_user_id"] = person.user_id
        contacts = {"contacts": [contact(person)]}
    if callback_data is not None:
        report["biz_opaque_callback_data"] = callback_data
    if priced:
        report["pricing"] = pricing(message)
    return _messages(config, {**contacts, "statuses": [report]})


def pricing(message: Message) -> dict[str, Any]:
    """Per-message pricing. Service messages stay inside Meta's monthly allowance here."""
    free = message.category == "service"
    return {
        "billable": not free,
        "pricing_model": "PMP",
        "type": "free_customer_service" if free else "regular",
        "category": message.category,
    }


def inbound(config: Config, person: Person, message: dict[str, Any]) -> Change:
    """What a person wrote; `message` already holds id, timestamp, type and content."""
    sender: dict[str, Any] = {} if person.hide_phone else {"from": person.wa_id}
    whole = {**sender, "from_user_id": person.user_id, **message}
    contacts = {} if message["type"] == "system" else {"contacts": [contact(person)]}
    return _messages(config, {**contacts, "messages": [whole]})


def preference(config: Config, person: Person, value: str, at: float) -> Change:
    """A person stopped or resumed marketing in her app's settings."""
    identity = {} if person.hide_phone else {"wa_id": person.wa_id}
    told = {
        **identity,
        "user_id": person.user_id,
        "detail": f"User requested to {value} marketing messages",
        "category": "marketing_messages",
        "value": value,
        "timestamp": int(at),
    }
    whole = _messages(config, {"contacts": [contact(person)], "user_preferences": [told]})
    return {**whole, "field": "user_preferences"}


def template_status(template: dict[str, Any], event: str, reason: str | None) -> Change:
    return {
        "field": "message_template_status_update",
        "value": {
            "event": event,
            "message_template_id": int(template["id"]),
            "message_template_name": template["name"],
            "message_template_language": template["language"],
            "message_template_category": template.get("category"),
            "reason": reason or "NONE",
        },
    }


def contact(person: Person) -> dict[str, Any]:
    profile = {"name": person.name}
    if person.username:
        profile["username"] = person.username
    phone = {} if person.hide_phone else {"wa_id": person.wa_id}
    return {"profile": profile, **phone, "user_id": person.user_id}


def merged(changes: list[Change]) -> list[Change]:
    """Neighbouring statuses in one `value`; nothing else can be told apart once it is merged."""
    result: list[Change] = []
    for change in changes:
        before = result[-1]["value"] if result else {}
        value = change["value"]
        if "statuses" not in before or "statuses" not in value:
            result.append(change)
            continue
        both = [*before.get("contacts", []), *value.get("contacts", [])]
        unique = list({each["user_id"]: each for each in both}.values())
        whole = {**before, "statuses": [*before["statuses"], *value["statuses"]]}
        result[-1] = {**change, "value": {**whole, **({"contacts": unique} if unique else {})}}
    return result


def _messages(config: Config, content: dict[str, Any]) -> Change:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": config.display_phone_number,
            "phone_number_id": config.phone_number_id,
        },
        **content,
    }
    return {"field": "messages", "value": value}
