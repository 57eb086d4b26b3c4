"""Attributes have a kind that is held; those that contacts have already get the one most of their
values are of.

Values of another kind stay as they are until somebody brings that contact's value again.
"""

from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import Any

from config.settings import Settings
from store import attributes, mongo
from store.documents.attribute import AttributeKind

COLLECTIONS = ("attributes", "imports", "import_rejections")
_DATE = r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?$"
_KINDS = {
    "string": AttributeKind.TEXT, "date": AttributeKind.DATE, "bool": AttributeKind.BOOLEAN,
    "array": AttributeKind.LIST,
}  # fmt: skip


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Make the collections, and say of which kind each attribute is. Safe to repeat."""
    mongo.make_collections(db, COLLECTIONS)
    for name, counted in _counted(db).items():
        [(kind, _)] = counted.most_common(1)
        attributes.define(db, name, kind, "migration", datetime.now(UTC))


def _counted(db: mongo.Db) -> dict[str, Counter[AttributeKind]]:
    """{attribute: {kind: contacts}}, in one pass."""
    is_text = {"$eq": [{"$type": "$a.v"}, "string"]}
    text = {"$cond": [is_text, "$a.v", ""]}
    is_date = {"$regexMatch": {"input": text, "regex": _DATE}}
    stages: list[dict[str, Any]] = [
        {"$match": {"attributes": {"$ne": {}}}},
        {"$project": {"a": {"$objectToArray": "$attributes"}}},
        {"$unwind": "$a"},
        {"$group": {
            "_id": {
                "name": "$a.k",
                "type": {"$cond": [is_date, "date", {"$type": "$a.v"}]},
            },
            "contacts": {"$sum": 1},
        }},
    ]  # fmt: skip
    counted: dict[str, Counter[AttributeKind]] = defaultdict(Counter)
    for row in db.contacts.aggregate(stages):
        kind = _KINDS.get(row["_id"]["type"], AttributeKind.NUMBER)
        counted[row["_id"]["name"]][kind] += row["contacts"]
    return counted
