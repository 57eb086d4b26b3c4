"""Every index, in one place. Each query of the store names the one that serves it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo.errors import OperationFailure

from config.settings import Settings
from store import answered, fires, imports, loops, mongo, reach, subscriptions

_DAY_S = 86_400
_OPTIONS_CONFLICT = 85
_NOT_THERE = (26, 27)  # no such collection, no such index
_EXPIRES = "expireAfterSeconds"


@dataclass(frozen=True, slots=True)
class Index:
    collection: str
    keys: list[tuple[str, int]]
    options: dict[str, Any]

    @property
    def name(self) -> str:
        given = self.options.get("name")
        return str(given or "_".join(f"{key}_{order}" for key, order in self.keys))


@dataclass(frozen=True, slots=True)
class Keeping:
    """For how many days the journal is kept, and what people wrote; None: as long as its row."""

    journal_days: int
    texts_days: int | None = None


def keeping_of(settings: Settings) -> Keeping:
    """As the environment asks for it."""
    return Keeping(settings.journal_days, settings.texts_days)


def wanted(keeping: Keeping) -> list[Index]:
    """The indexes that must stand."""
    expires = {_EXPIRES: keeping.journal_days * _DAY_S}
    new = {"partialFilterExpression": {"state": "new"}}
    return [
        Index(
            "inbox",
            [("shard", 1), ("kind", 1), ("at", 1), ("received_at", 1), ("_id", 1)],
            {**new, "name": "waiting_by_kind"},
        ),
        Index("inbox", [("who", 1)], {**new, "name": "waiting_of_who"}),
        Index("inbox", [("shard", 1), ("received_at", 1)], {**new, "name": "waiting_by_arrival"}),
        Index(
            "inbox",
            [("wamid", 1)],
            {"partialFilterExpression": {"state": "parked"}, "name": "parked_by_wamid"},
        ),
        Index(
            "inbox",
            [("received_at", -1)],
            {"partialFilterExpression": {"state": "dead"}, "name": "dead", **expires},
        ),
        Index("inbox", [("who", 1)], {"partialFilterExpression": {"who": {"$gt": ""}}}),
        Index(
            "inbox", [("kind", 1)], {"partialFilterExpression": {"who": ""}, "name": "of_nobody"}
        ),
        Index("inbox", [("done_at", 1)], {"name": "expire", **expires}),
        Index("contacts", [("wa_id", 1)], _unique_where_set("wa_id")),
        Index("contacts", [("bsuid", 1)], _unique_where_set("bsuid")),
        *_of_filters(),
        Index("contacts", [("updated_at", -1)], {}),
        *_of_imports(),
        Index("templates", [("name", 1)], {}),
        Index("campaigns", [("type", 1), ("state", 1)], {}),
        Index("campaigns", [("state", 1)], {}),
        Index("runs", [("campaign", 1), ("number", -1)], {"unique": True}),
        Index("runs", [("launch.due_at", 1)], {}),
        Index("runs", [("ended_at", 1)], {}),
        Index("runs", [("cancelled_at", 1)], {"sparse": True}),
        Index(
            "runs",
            [("counters.pending", 1)],
            {"partialFilterExpression": {"counters.pending": {"$gt": 0}}, "name": "owing"},
        ),
        Index("run_days", [("run_id", 1), ("day", 1)], {}),
        Index("deliveries", [("cause", 1), ("contact_id", 1), ("step", 1)], {"unique": True}),
        Index(
            "deliveries",
            [("purpose", 1), ("due_at", 1)],
            {"partialFilterExpression": {"stage": "owed"}, "name": "due_by_purpose"},
        ),
        Index(
            "deliveries",
            [("run_id", 1), ("due_at", 1)],
            {"partialFilterExpression": {"stage": "owed"}, "name": "waiting_of_run"},
        ),
        Index(
            "deliveries",
            [("stage", 1)],
            {"partialFilterExpression": {"stage": "unknown"}, "name": "unknown"},
        ),
        Index("deliveries", [("wamid", 1)], _unique_where_set("wamid")),
        Index("deliveries", [("contact_id", 1), ("created_at", -1)], {}),
        Index("deliveries", [("run_id", 1), ("_id", 1)], {"name": "run_id_1"}),
        Index("claims", [("until", 1)], {}),
        Index("events", [("contact_id", 1), ("at", -1)], {}),
        Index("events", [("recorded_at", 1)], {}),
        Index("uploads", [("expires_at", 1)], {"name": "expire", _EXPIRES: 0}),
        Index("reached", [("at", 1)], {"name": "expire", _EXPIRES: reach.KEPT_S}),
        Index("joined_contacts", [("into", 1)], {}),
        Index(
            "loops",
            [("last_at", 1)],
            {"name": "expire", _EXPIRES: loops.KEPT_DAYS * _DAY_S},
        ),
        Index("erasures", [("due_at", 1)], {}),
        Index("audit", [("by", 1), ("_id", -1)], {}),
        # For people who look through it; whoever sends asks by _id.
        Index("suppressions", [("at", -1), ("_id", -1)], {"name": "newest"}),
        Index("answered", [("begun_at", 1)], {_EXPIRES: int(answered.KEPT.total_seconds())}),
        Index("subscriptions", [("next_at", 1)], {}),
        Index("tellings", [("subscription", 1), ("_id", -1)], {}),
        Index(
            "tellings",
            [("at", 1)],
            {"name": "expire", _EXPIRES: subscriptions.KEPT_DAYS * _DAY_S},
        ),
        Index("api_tokens", [("hash", 1)], {"unique": True}),
        Index("fires", [("due_at", 1)], {}),
        Index("fires", [("kind", 1), ("due_at", 1)], {}),
        Index("fires", [("subject.contact_id", 1)], {}),
        *_of_enrolments(),
        *([] if keeping.texts_days is None else _of_texts()),
    ]


def _of_enrolments() -> list[Index]:
    """Of drips: who is in which, where they are, and whose next step is held by a pause."""
    active = {"partialFilterExpression": {"state": "active"}}
    return [
        Index("enrolments", [("campaign", 1), ("contact_id", 1), ("cause", 1)], {"unique": True}),
        Index(
            "enrolments",
            [("contact_id", 1), ("campaign", 1)],
            {**active, "unique": True, "name": "active_of_contact"},
        ),
        Index("enrolments", [("contact_id", 1)], {}),
        Index("enrolments", [("campaign", 1), ("_id", 1)], {}),
        Index("enrolments", [("run_id", 1), ("state", 1), ("step", 1)], {}),
        Index(
            "fires",
            [("subject.campaign", 1)],
            {"partialFilterExpression": {"due_at": {"$gte": fires.NEVER}}, "name": "held"},
        ),
        Index("runs", [("intake.due_at", 1)], {"sparse": True}),
    ]


def _of_texts() -> list[Index]:
    """By which texts are found that go before their rows; only where they do."""
    dead = {"state": "dead", "payload": {"$gt": ""}}
    return [
        Index(
            "inbox",
            [("received_at", 1)],
            {"partialFilterExpression": dead, "name": "dead_texts"},
        ),
        Index(
            "deliveries",
            [("reply.at", 1)],
            {"partialFilterExpression": {"reply.text": {"$gt": ""}}, "name": "reply_texts"},
        ),
    ]


def _of_filters() -> list[Index]:
    """What a filter over contacts may affirm, each with an index of its own.

    One wildcard index, since anybody may give contacts any attribute; a query uses it for one of
    them. Consent has none: none of its three answers is ever rare. Segments stand with the id, for
    a segment to be streamed in its order without sorting.
    """
    wildcard = {"attributes": 1, "language": 1, "country": 1}
    return [
        Index("contacts", [("segments", 1), ("_id", 1)], {}),
        Index("contacts", [("$**", 1)], {"wildcardProjection": wildcard, "name": "attributes"}),
        Index("contacts", [("had", 1)], {"sparse": True, "name": "had"}),
        # Of those alone of whom something is to be told; no other write touches it.
        Index("contacts", [("news.at", 1)], {"sparse": True, "name": "news"}),
        Index("contacts", [("window_until", 1)], _where_ever("window_until")),
        # With the id, so that the pages of an inbox end and begin between two of the same moment.
        Index(
            "contacts",
            [("last_inbound_at", 1), ("_id", 1)],
            {**_where_ever("last_inbound_at"), "name": "last_inbound_at_1"},
        ),
        # Of those alone whom an agent answers: an agent must find who waits among a million.
        Index(
            "contacts",
            [("handed_over.until", 1)],
            {**_where_ever("handed_over.until"), "name": "handed_over"},
        ),
    ]


def _of_imports() -> list[Index]:
    rejected, whole = imports.KEPT_DAYS * _DAY_S, imports.IMPORTS_KEPT_DAYS * _DAY_S
    return [
        Index("imports", [("started_at", -1)], {"expireAfterSeconds": whole}),
        Index(
            "imports",
            [("due_at", 1)],
            {"partialFilterExpression": {"state": "running"}, "name": "waiting"},
        ),
        Index("import_rejections", [("import_id", 1), ("line", 1)], {}),
        Index("import_rejections", [("at", 1)], {"expireAfterSeconds": rejected, "name": "expire"}),
    ]


def ensure(db: mongo.Db, keeping: Keeping) -> list[str]:
    """Make what is missing, change what differs; name the indexes touched. Safe to repeat."""
    touched = []
    for index in wanted(keeping):
        collection = db[index.collection]
        options = {key: value for key, value in index.options.items() if key != "name"}
        standing = collection.index_information()
        if index.name in standing and _keys(standing[index.name]) != index.keys:
            collection.drop_index(index.name)
            standing.pop(index.name)
        if index.name in standing and _same(standing[index.name], options):
            continue
        if index.name in standing and _expires_elsewhen(db, index, standing[index.name]):
            touched.append(f"{index.collection}.{index.name}")
            continue
        try:
            collection.create_index(index.keys, name=index.name, **options)
        except OperationFailure as error:
            if error.code != _OPTIONS_CONFLICT and "options" not in str(error):
                raise
            collection.drop_index(index.name)
            collection.create_index(index.keys, name=index.name, **options)
        touched.append(f"{index.collection}.{index.name}")
    return touched


def drop(db: mongo.Db, collection: str, name: str) -> None:
    """Take an index away that nothing reads any more, where it stands. Safe to repeat."""
    try:
        db[collection].drop_index(name)
    except OperationFailure as error:
        if error.code not in _NOT_THERE:
            raise


def _expires_elsewhen(db: mongo.Db, index: Index, standing: Any) -> bool:
    """Where only the time differs after which rows go, it is changed in place: to make the index
    of a large journal anew would take a while, in which there would be none."""
    lasting = {key: value for key, value in index.options.items() if key not in ("name", _EXPIRES)}
    if _EXPIRES not in index.options or not _same(standing, lasting):
        return False
    changed = {"name": index.name, _EXPIRES: index.options[_EXPIRES]}
    db.command("collMod", index.collection, index=changed)
    return True


def missing(db: mongo.Db, keeping: Keeping) -> list[str]:
    """The indexes that do not stand as they should, for `flask doctor`."""
    lacking = []
    for index in wanted(keeping):
        standing = db[index.collection].index_information()
        options = {key: value for key, value in index.options.items() if key != "name"}
        there = standing.get(index.name)
        if there is None or _keys(there) != index.keys or not _same(there, options):
            lacking.append(f"{index.collection}.{index.name}")
    return lacking


def _unique_where_set(key: str) -> dict[str, Any]:
    """Unique among the rows that have it. `$gt: ""` and not `$type`: the planner sees that an
    equality lies within it, and so uses the index."""
    return {"partialFilterExpression": {key: {"$gt": ""}}, "unique": True}


def _where_ever(key: str) -> dict[str, Any]:
    """Those alone for whom the moment ever came: an imported million never wrote."""
    return {"partialFilterExpression": {key: {"$gt": datetime(1970, 1, 1, tzinfo=UTC)}}}


def _keys(standing: Any) -> list[tuple[str, int]]:
    return [(key, int(order)) for key, order in standing["key"]]


def _same(standing: Any, options: dict[str, Any]) -> bool:
    return all(_zoneless(standing.get(key)) == _zoneless(value) for key, value in options.items())


def _zoneless(value: Any) -> Any:
    """pymongo gives an index's moments without a zone, whatever the client was asked for."""
    if isinstance(value, dict):
        return {key: _zoneless(inner) for key, inner in value.items()}
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value
