"""What was set aside, for people: each by a short name, put back in line or given up.

A journal row's id carries a wamid, and that a phone number; so people name a dead letter by the
`event_id` that the log line has, which is a hash of it.
"""

from datetime import datetime

from config import logs
from runtime import Runtime
from store import dead_letters, mongo, queue, texts
from store.documents.inbox import InboxItem, InboxKind
from store.redis import RedisDownError

log = logs.get(__name__)


class UnknownDeadLetterError(Exception):
    """Nothing is set aside under this name: never was, or no longer."""


class UselessRetryError(Exception):
    """Handling it again would end the same. Its text says why."""


UNREADABLE = (
    "It is no webhook that could be read, and the same bytes are as unreadable again. "
    "Look at them, and drop it."
)
FORGOTTEN = "What it said is not kept any more (TEXTS_DAYS). Drop it."


def name_of(item: InboxItem) -> str:
    """Its short name: `event_id` in the logs. Pure."""
    return logs.short(item["_id"])


def named(db: mongo.Db, name: str) -> InboxItem:
    """The dead letter of this name, with what it says. Raises UnknownDeadLetterError.

    Looks at the ids of all; they are few.
    """
    for item_id in dead_letters.ids(db):
        if logs.short(item_id) == name:
            item = dead_letters.find(db, item_id)
            if item is not None:
                return item
    raise UnknownDeadLetterError(name)


def retry(rt: Runtime, name: str, by: str, now: datetime) -> None:
    """Put it back in line and wake its shard: it has three tries again.

    Raises UnknownDeadLetterError, also where somebody else was faster, and UselessRetryError.
    """
    item = named(rt.db, name)
    if item["kind"] == InboxKind.UNREADABLE:
        raise UselessRetryError(UNREADABLE)
    if item["payload"] == texts.FORGOTTEN:
        raise UselessRetryError(FORGOTTEN)
    shard = dead_letters.put_back(rt.db, item["_id"], by, now)
    if shard is None:
        raise UnknownDeadLetterError(name)
    log.info("a dead letter was put back in line", event_id=name, user=by)
    _wake(rt, {shard})


def retry_all(rt: Runtime, by: str, now: datetime) -> int:
    """Put back all that can be read; how many."""
    count, shards = dead_letters.put_back_all(rt.db, by, now)
    if count:
        log.info("dead letters were put back in line", count=count, user=by)
        _wake(rt, shards)
    return count


def drop(rt: Runtime, name: str, by: str, now: datetime) -> None:
    """Give it up: it will never be handled. Raises UnknownDeadLetterError."""
    if not dead_letters.drop(rt.db, named(rt.db, name)["_id"], by, now):
        raise UnknownDeadLetterError(name)
    log.warning("a dead letter was dropped", event_id=name, user=by)


def text_of(item: InboxItem) -> str:
    """What it says: the journaled JSON, or the bytes that could not be read. Pure.

    Holds phone numbers and texts: for people who signed in, never for a log.
    """
    raw = item.get("raw")
    return item["payload"] if raw is None else raw.decode("utf-8", "replace")


def _wake(rt: Runtime, shards: set[int]) -> None:
    try:
        queue.wake_shards(rt.redis, shards)
    except RedisDownError:
        log.warning("events wait for the sweep", count=len(shards))
