"""The draft of rule files that people work on through the web: kept, checked, published.

It stands in MongoDB, so that every web process sees it, and never in the code's folder.
"""

from collections.abc import Mapping
from datetime import datetime

from rules import names, publish
from rules.problems import RuleFilesError
from store import mongo, rule_drafts, rule_versions
from store.documents.rule_draft import RuleDraft
from store.documents.rule_version import RuleVersion


class NoDraftError(Exception):
    """Nobody is working on anything."""


def keep(
    db: mongo.Db, texts: Mapping[str, str], *, by: str, now: datetime, base: int | None = None
) -> RuleDraft:
    """Keep these files as the draft, good or not; they decide nothing.

    base: the version they were made from; the one that decides where it is left out. Raises
    RuleFilesError where a name may not be or the whole is too large to publish.
    """
    if wrong := names.problems(texts) or publish.too_large(texts):
        raise RuleFilesError(wrong)
    draft: RuleDraft = {
        "_id": rule_drafts.ID,
        "files": sorted(texts.items()),
        "base": (rule_versions.latest_number(db) or 0) if base is None else base,
        "saved_at": now,
        "saved_by": by,
    }
    rule_drafts.put(db, draft)
    return draft


def publish_draft(db: mongo.Db, *, by: str, note: str, now: datetime) -> tuple[RuleVersion, bool]:
    """Publish the draft and clear it away, and say whether the version is new.

    Raises NoDraftError; RuleFilesError, and StaleError where another version was published since
    it was begun: then the draft stays.
    """
    draft = rule_drafts.find(db)
    if draft is None:
        raise NoDraftError("there is no draft: PUT the files first")
    texts = dict(draft["files"])
    published = publish.publish(db, texts, by=by, note=note, now=now, base=draft["base"])
    rule_drafts.drop_saved(db, draft["saved_at"])
    return published
