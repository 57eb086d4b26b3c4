"""The JSON API for other systems, at /api/v1: translate, call one service, answer."""

from api import (
    campaigns,
    contacts,
    dead_letters,
    description,
    docs,
    enrolments,
    events,
    imports,
    rule_questions,
    rules,
    segments,
    subscriptions,
    suppressions,
    templates,
)
from api.routing import blueprint

# Each of these registers its routes when it is imported.
__all__ = [
    "blueprint", "campaigns", "contacts", "dead_letters", "description", "docs", "enrolments",
    "events", "imports", "rule_questions", "rules", "segments",
    "subscriptions", "suppressions", "templates",
]  # fmt: skip
