"""Asha, Bilal and Chen as the rules see them, and short ways to write events and books."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rules.book import RuleBook
from rules.event import ContactFacts, Event

# A Tuesday; 15:30 in India.
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

ASHA = ContactFacts(
    attributes={"city": "Pune", "orders": 3, "vip": True, "likes": ["tawa", "Kadai"], "plan": None},
    segments=frozenset({"vip", "pune"}),
    language="en",
    country="IN",
    timezone="Asia/Kolkata",
)
BILAL = ContactFacts(
    attributes={"city": "Mumbai", "orders": "3"},
    segments=frozenset({"staff"}),
    language="hi",
    country="IN",
    timezone="Asia/Kolkata",
)
CHEN = ContactFacts()


def message(text: str | None = None, **more: Any) -> Event:
    """Somebody wrote `text` or tapped a button."""
    return Event(id="wamid.1", name="message", at=NOW, text=text, **more)


def happened(name: str, **more: Any) -> Event:
    """Anything else that happened."""
    return Event(id=f"{name}:1", name=name, at=NOW, **more)


def fired(book: RuleBook, event: Event, contact: ContactFacts = ASHA) -> list[str]:
    """The rules that act, in their order."""
    return [hit.rule for hit in book.decide(event, contact, NOW).hits]


def one_rule(when: str) -> Mapping[str, str]:
    """A file with the rule `it`, which holds when `when` (YAML in one line) does, and intents."""
    return {"it.yaml": f"{INTENTS}\nrules:\n  - {{rule: it, when: {when}, then: [reply: ok]}}\n"}


INTENTS = """
intents:
  price: {words: [price, कीमत], exact: ["how much"], buttons: [PRICE]}
  greeting: {exact: [hi, hello]}
"""
