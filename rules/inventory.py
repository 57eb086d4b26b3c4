"""What the database knows by name: campaigns and their triggers, segments, attributes, intents."""

from collections import defaultdict
from dataclasses import replace

from campaigns.content import document_of
from rules.known import Known
from store import attributes, campaigns, mongo, segments
from store.documents.attribute import AttributeKind
from store.documents.segment import SegmentKind

_KINDS = {
    AttributeKind.TEXT: "text",
    AttributeKind.DATE: "text",
    AttributeKind.NUMBER: "number",
    AttributeKind.BOOLEAN: "truth",
    AttributeKind.LIST: "list",
}


def added(known: Known, db: mongo.Db) -> Known:
    """`known`, and what stands in the database. Raises StoreError where it is away.

    Segments and attributes are not known where nobody has any: before the first import.
    """
    described = segments.every(db)
    named = frozenset(one["_id"] for one in described) | frozenset(segments.named(db))
    return replace(
        known,
        campaigns=frozenset(row["_id"] for row in campaigns.all_of_them(db)),
        segments=named or None,
        live=frozenset(one["_id"] for one in described if one["kind"] == SegmentKind.LIVE),
        attributes=_kinds(db) or None,
        triggers=_triggers(db),
    )


def _kinds(db: mongo.Db) -> dict[str, frozenset[str]]:
    return {row["_id"]: frozenset({_KINDS[row["kind"]]}) for row in attributes.every(db)}


def _triggers(db: mongo.Db) -> dict[str, frozenset[str]]:
    """{intent: the campaigns that it starts or enrols in}, of those that were begun."""
    waiting: dict[str, set[str]] = defaultdict(set)
    for row in [*campaigns.begun(db, "triggered"), *campaigns.begun(db, "drip")]:
        trigger = document_of(row).begun_by()
        if trigger is not None and trigger.intent is not None:
            waiting[trigger.intent].add(row["_id"])
    return {intent: frozenset(names) for intent, names in waiting.items()}
