"""The workspace's draft of rule files: kept here so that every web process sees it."""

from datetime import datetime

from store import mongo
from store.documents.rule_draft import RuleDraft

ID = "draft"


def find(db: mongo.Db) -> RuleDraft | None:
    """The draft, where one is kept. Index: _id."""
    return mongo.rule_drafts(db).find_one({"_id": ID})


def put(db: mongo.Db, draft: RuleDraft) -> None:
    """Keep it in place of the one before. Index: _id."""
    mongo.rule_drafts(db).replace_one({"_id": ID}, draft, upsert=True)


def drop(db: mongo.Db) -> bool:
    """Throw it away; say whether there was one. Index: _id."""
    return mongo.rule_drafts(db).delete_one({"_id": ID}).deleted_count == 1


def drop_saved(db: mongo.Db, saved_at: datetime) -> None:
    """Throw it away where nobody saved another meanwhile. Index: _id."""
    mongo.rule_drafts(db).delete_one({"_id": ID, "saved_at": saved_at})
