"""A conversation's lines in plain words: what was decided of theirs, what became of ours. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from admin import plain
from store.documents.contact import Contact
from store.documents.delivery import Delivery
from store.documents.event import EventRecord

_WITHOUT_WORDS = {
    "image": "A picture", "video": "A video", "audio": "A voice message or a sound",
    "voice": "A voice message", "document": "A document", "sticker": "A sticker",
    "location": "A place", "contacts": "A contact card", "reaction": "A reaction",
}  # fmt: skip
_HANDLED = {
    "stop": "Honoured as STOP, before any rule",
    "start": "Honoured as START, before any rule",
    "handed_over": "Left to an agent: the rules were not asked",
    "no rules": "No rules are published",
}
_OUTCOMES = {"done": "done", "failed": "failed", "again": "failed, and is tried again"}


def said(event: Mapping[str, Any] | None) -> str:
    """Their words; where there are none, what it was.

    >>> said({"text": None, "message_type": "image", "properties": {}})
    'A picture'
    """
    if event is None:
        return ""
    if event["text"]:
        return str(event["text"])
    kind = event["message_type"] or "text"
    if kind == "reaction":
        return str(event["properties"].get("reaction") or "A reaction taken back")
    if kind in ("text", "button", "interactive"):
        return str(event["button"] or "(The text is not kept any more.)")
    return _WITHOUT_WORDS.get(kind, f"Something of the kind {kind}, which is not shown here")


def why(event: EventRecord) -> list[str]:
    """What came of their message, and why: a line each."""
    if handled := event["handled"]:
        return [_HANDLED.get(handled, f"Handled as {plain.words(handled)}")]
    decision = event["decision"]
    if decision is None:
        return []
    found = [str(one["name"]) for one in decision.get("intents", [])]
    lines = [f"Intent {', '.join(found)}"] if found else []
    held = decision.get("rules", [])
    rules = f"Rule {', '.join(held)}" if held else "No rule held"
    lines.append(f"{rules} (version {decision.get('rule_version')})")
    for act in event["actions"]:
        done = f"{plain.said(act['action'])}: {_OUTCOMES.get(act['outcome'], act['outcome'])}"
        lines.append(f"{done} ({act['detail']})" if act["detail"] else done)
    return lines


def origin(delivery: Delivery) -> str:
    """Who or what wrote our message.

    >>> origin({"triggered_by": {"by": "Asha"}, "campaign": None, "purpose": "reply"})
    'Asha'
    """
    by = delivery["triggered_by"]
    if by.get("by"):
        return str(by["by"])
    if delivery["campaign"]:
        return f"Campaign {delivery['campaign']}" + (f", by {by['rule']}" if by.get("rule") else "")
    return f"Rule {by['rule']}" if by.get("rule") else plain.words(delivery["purpose"]).capitalize()


def fate(delivery: Delivery) -> str:
    """What became of our message, with the reason where there is one."""
    status = {"skipped": "not sent", "pending": "waits", "sending": "is being sent"}
    told = status.get(delivery["status"], str(delivery["status"]))
    if error := delivery["error"]:
        return f"{told}: {error['title']}"
    return f"{told}: {plain.words(delivery['reason'])}" if delivery["reason"] else told


def agent(contact: Contact, now: datetime) -> dict[str, Any] | None:
    """Who answers in the rules' place now: by, note, until; None where the rules do."""
    handed = contact.get("handed_over")
    if handed is None or handed["until"] <= now:
        return None
    by = handed.get("by") or f"an agent, by rule {handed['rule']}"
    return {"by": by, "note": handed["note"], "until": handed["until"]}


def title(contact: Contact) -> str:
    """What somebody is called on a page."""
    number = f"+{contact['wa_id']}" if contact["wa_id"] else None
    return str(contact["name"] or contact["username"] or number or contact["bsuid"])
