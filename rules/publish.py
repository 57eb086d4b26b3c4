"""Publish rule files: checked as a whole, then kept as an immutable, numbered version."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from rules import check, files
from rules.known import Known
from runtime import Runtime
from store import campaigns, mongo, rule_versions
from store.documents.rule_version import RuleVersion

# What the running product carries out; the rest of the language is refused by the check.
PERFORMABLE = frozenset(
    {
        "start_campaign",
        "reply",
        "set_attributes",
        "unset_attributes",
        "add_to_segment",
        "remove_from_segment",
        "suppress",
        "unsuppress",
    }
)
_TRIES = 5


class BusyError(Exception):
    """Others publish at the same moment, again and again."""


def known(db: mongo.Db | None = None) -> Known:
    """What rules may name here. Without a database, campaigns are not checked."""
    names = None if db is None else frozenset(row["_id"] for row in campaigns.all_of_them(db))
    return Known(
        campaigns=names,
        performable=PERFORMABLE,
        deadlines=False,
        # Meta's answer to a send is no news to anybody but us: `sent` follows within moments.
        untold=frozenset({"accepted"}),
    )


def publish(
    db: mongo.Db,
    texts: Mapping[str, str],
    *,
    by: str,
    note: str,
    now: datetime,
    campaigns_known: bool = True,
) -> tuple[RuleVersion, bool]:
    """The published version with these files, and whether it is new.

    The same files as the latest version's publish nothing. Raises RuleFilesError with every
    problem; then nothing changes, and the last good version goes on.
    """
    check.load(texts, known(db if campaigns_known else None))
    digest = sha256(texts)
    for _ in range(_TRIES):
        latest = rule_versions.latest(db)
        if latest is not None and latest["sha256"] == digest:
            return latest, False
        version: RuleVersion = {
            "_id": latest["_id"] + 1 if latest else 1,
            "sha256": digest,
            "files": sorted(texts.items()),
            "published_at": now,
            "published_by": by,
            "note": note,
        }
        if rule_versions.insert(db, version):
            return version, True
    raise BusyError("others are publishing; try again")


def publish_folder(
    rt: Runtime, *, by: str, note: str, now: datetime, campaigns_known: bool = True
) -> tuple[RuleVersion, bool]:
    """Publish what stands in RULES_DIR. Raises RuleFilesError.

    campaigns_known: whether a campaign that is not defined is a fault; on the very first start
    none is defined yet.
    """
    texts = files.read_dir(rt.settings.rules_path())
    return publish(rt.db, texts, by=by, note=note, now=now, campaigns_known=campaigns_known)


def sha256(texts: Mapping[str, str]) -> str:
    """The same for the same files, whatever their order."""
    return hashlib.sha256(json.dumps(sorted(texts.items())).encode()).hexdigest()
