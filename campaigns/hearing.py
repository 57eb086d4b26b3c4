"""Campaigns that wait for what never comes: an intent that no published rule file defines, people
whom their audience asks for by a name that nobody has."""

import difflib

from campaigns.documents import Definition
from contacts import unknown
from store import mongo, rule_versions


def warnings(db: mongo.Db, document: Definition) -> list[str]:
    """Why nobody might ever get it, a sentence each: for whoever defines, looks at or starts it.

    Index: _id of rule_versions, and those of contacts.unknown.
    """
    return [*_intent(db, document), *_audience(db, document)]


def _audience(db: mongo.Db, document: Definition) -> list[str]:
    if document.audience.is_everybody():
        return []
    found = unknown.warnings(db, document.audience.people().tree())
    return [f"Its audience: {sentence}." for sentence in found]


def _intent(db: mongo.Db, document: Definition) -> list[str]:
    trigger = document.begun_by()
    intent = trigger.intent if trigger else None
    if intent is None or (reason := _unheard(db, intent)) is None:
        return []
    return [f"It waits for an intent, but {reason}."]


def _unheard(db: mongo.Db, intent: str) -> str | None:
    published = rule_versions.intents(db)
    if published is None:
        return f"no rules are published, so nobody finds {intent!r}"
    number, defined = published
    if defined is None or intent in defined:
        return None
    near = difflib.get_close_matches(intent, defined, n=1)
    meant = f"; did you mean {near[0]!r}?" if near else ""
    return f"version {number} of the rules defines no {intent!r}{meant}"
