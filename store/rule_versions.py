"""Published sets of rule files, numbered and never altered."""

from pymongo import DESCENDING
from pymongo.errors import DuplicateKeyError

from store import mongo
from store.documents.rule_version import RuleVersion, Telling


def latest(db: mongo.Db) -> RuleVersion | None:
    """The set that decides. Index: _id."""
    return mongo.rule_versions(db).find_one(sort=[("_id", DESCENDING)])


def latest_number(db: mongo.Db) -> int | None:
    """Its number alone, which costs little to ask for. Index: _id."""
    row = mongo.rule_versions(db).find_one({}, {"_id": 1}, sort=[("_id", DESCENDING)])
    return row["_id"] if row else None


def numbers_above(db: mongo.Db, number: int) -> list[int]:
    """The numbers of all later versions, the latest first. Index: _id."""
    rows = mongo.rule_versions(db).find({"_id": {"$gt": number}}, {"_id": 1})
    return [row["_id"] for row in rows.sort("_id", DESCENDING)]


def intents(db: mongo.Db) -> tuple[int, list[str] | None] | None:
    """The latest version's number, and the intents that it defines (None where it does not say);
    None where no rules were ever published. Index: _id."""
    wanted = {"intents": 1}
    row = mongo.rule_versions(db).find_one({}, wanted, sort=[("_id", DESCENDING)])
    return (row["_id"], row.get("intents")) if row else None


def watches(db: mongo.Db) -> dict[str, list[str]]:
    """{segment | attribute: names} of whose changes the latest version's rules want to hear; `*` is
    any. Index: _id."""
    row = mongo.rule_versions(db).find_one({}, {"watches": 1}, sort=[("_id", DESCENDING)])
    return row.get("watches", {}) if row else {}


def tells(db: mongo.Db) -> list[Telling]:
    """What the latest version's rules want to hear of campaigns' messages. Index: _id."""
    row = mongo.rule_versions(db).find_one({}, {"tells": 1}, sort=[("_id", DESCENDING)])
    return row.get("tells", []) if row else []


def find(db: mongo.Db, number: int) -> RuleVersion | None:
    """Index: _id."""
    return mongo.rule_versions(db).find_one({"_id": number})


def before(db: mongo.Db, number: int) -> RuleVersion | None:
    """The version that `number` took the place of. Index: _id."""
    earlier = {"_id": {"$lt": number}}
    return mongo.rule_versions(db).find_one(earlier, sort=[("_id", DESCENDING)])


def insert(db: mongo.Db, version: RuleVersion) -> bool:
    """Keep it; False where that number is taken, since somebody published at the same moment."""
    try:
        mongo.rule_versions(db).insert_one(version)
    except DuplicateKeyError:
        return False
    return True


def recent(db: mongo.Db, limit: int) -> list[RuleVersion]:
    """The latest versions without their files, newest first. Index: _id."""
    rows = (
        mongo.rule_versions(db)
        .find({}, {"files": 0, "intents": 0, "watches": 0})
        .sort("_id", DESCENDING)
    )
    return list(rows.limit(limit))
