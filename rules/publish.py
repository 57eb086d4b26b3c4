"""Publish rule files: checked as a whole, then kept as an immutable, numbered version."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from rules import check, diff, files, inventory, names, watch
from rules.known import Known
from rules.problems import Problem, RuleFilesError
from runtime import Runtime
from store import fires, mongo, rule_versions
from store.documents.fire import Fire, FireKind
from store.documents.rule_version import RuleVersion

# What the running product carries out; the rest of the language is refused by the check.
PERFORMABLE = frozenset(
    {
        "start_campaign",
        "reply",
        "set_attributes",
        "increment",
        "unset_attributes",
        "add_to_segment",
        "remove_from_segment",
        "suppress",
        "unsuppress",
        "hand_over",
        "enrol",
        "withdraw",
        "notify",
    }
)
MAX_BYTES = 8_000_000  # of all files together: a version is one document, which MongoDB bounds
_TRIES = 5


class BusyError(Exception):
    """Others publish at the same moment, again and again."""


class StaleError(Exception):
    """Another version decides than the one that the files were made from."""


class UnknownVersionError(Exception):
    """No version has this number."""


def known(db: mongo.Db | None = None, addresses: Iterable[str] | None = None) -> Known:
    """What rules may name here. Without a database, names of campaigns, segments and attributes
    are not checked; without `addresses`, neither are those whom `notify` tells. Raises StoreError
    where the database is away."""
    ours = Known(
        addresses=None if addresses is None else frozenset(addresses),
        performable=PERFORMABLE,
    )
    return ours if db is None else inventory.added(ours, db)


def problems(
    db: mongo.Db | None, texts: Mapping[str, str], addresses: Iterable[str] | None = None
) -> list[Problem]:
    """Everything that keeps these files from being published, and warnings; changes nothing."""
    try:
        return list(_load(texts, known(db, addresses)).warnings)
    except RuleFilesError as error:
        return list(error.problems)


def require_good(db: mongo.Db | None, texts: Mapping[str, str]) -> None:
    """Raises RuleFilesError with everything that keeps these files from being published."""
    _load(texts, known(db))


def too_large(texts: Mapping[str, str]) -> list[Problem]:
    """A problem where the files do not fit into one version together. Pure."""
    if sum(len(text.encode("utf-8", "replace")) for text in texts.values()) <= MAX_BYTES:
        return []
    return [Problem(min(texts), 1, 1, f"and the others hold more than {MAX_BYTES} bytes")]


def publish(
    db: mongo.Db,
    texts: Mapping[str, str],
    *,
    by: str,
    note: str,
    now: datetime,
    campaigns_known: bool = True,
    base: int | None = None,
) -> tuple[RuleVersion, bool]:
    """The published version with these files, and whether it is new.

    The same files as the latest version's publish nothing. base: the version they were made from;
    where another decides meanwhile, raises StaleError. Raises RuleFilesError with every problem;
    then nothing changes, and the last good version goes on.
    """
    found = _load(texts, known(db if campaigns_known else None))
    return _keep(db, texts, found, by=by, note=note, now=now, restores=None, base=base)


def rollback(
    db: mongo.Db, number: int, *, by: str, note: str, now: datetime
) -> tuple[RuleVersion, bool]:
    """Make a new version with the files of version `number`, and say that it restores it.

    What an earlier release let pass goes back too. Raises UnknownVersionError, or RuleFilesError
    where the files cannot be read any more, or a campaign they name is gone.
    """
    old = rule_versions.find(db, number)
    if old is None:
        raise UnknownVersionError(f"there is no version {number}; see `flask rules history`")
    texts = dict(old["files"])
    found = _load(texts, known(db), strict=False)
    why = note or f"back to version {number}"
    return _keep(db, texts, found, by=by, note=why, now=now, restores=number, base=None)


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


def _load(texts: Mapping[str, str], what: Known, *, strict: bool = True) -> check.RuleSet:
    if wrong := names.problems(texts) or too_large(texts):
        raise RuleFilesError(wrong)
    return check.load(texts, what, strict=strict)


def _look_back(version: RuleVersion, now: datetime) -> Fire:
    """Have deadlines set that these rules ask about, of what was sent before they did. Pure."""
    return {
        "_id": f"look_back:{version['_id']}",
        "kind": FireKind.LOOK_BACK,
        "subject": {"before": None},
        "due_at": now,
        "version": version["_id"],
        "lease": None,
        "tries": 0,
    }


def _keep(
    db: mongo.Db,
    texts: Mapping[str, str],
    found: check.RuleSet,
    *,
    by: str,
    note: str,
    now: datetime,
    restores: int | None,
    base: int | None,
) -> tuple[RuleVersion, bool]:
    digest = sha256(texts)
    for _ in range(_TRIES):
        latest = rule_versions.latest(db)
        number = latest["_id"] if latest else 0
        if latest is not None and latest["sha256"] == digest:
            return latest, False
        if base is not None and base != number:
            raise StaleError(f"version {number} decides by now, and not {base}")
        version: RuleVersion = {
            "_id": number + 1,
            "sha256": digest,
            "files": sorted(texts.items()),
            "published_at": now,
            "published_by": by,
            "note": note,
            "restores": restores,
            "changes": diff.changes(dict(latest["files"]) if latest else {}, texts),
            "intents": sorted(found.intents),
            "watches": watch.changes(found.compiled.ways),
            "tells": watch.tellings(found.compiled.ways),
        }
        if rule_versions.insert(db, version):
            before = latest.get("tells", []) if latest else []
            if any(one["after_s"] and one not in before for one in version["tells"]):
                fires.schedule(db, [_look_back(version, now)])
            return version, True
    raise BusyError("others are publishing; try again")
