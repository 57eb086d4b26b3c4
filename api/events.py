"""Take in what happened in other systems: journaled like Meta's own events, handled in order."""

from http import HTTPStatus

from api import people
from api.answers import EventAnswer
from api.bodies import EventBody
from api.problems import FieldProblem, ProblemError
from api.routing import Answer, body_as, now, route, runtime
from config import logs
from contacts import changes
from contacts.identity import Identity, shard_of
from events import rows
from rules.event import CAMPAIGN_EVENTS, MESSAGE, NEGATIVES
from runtime import Runtime
from store import inbox, queue
from store.documents.inbox import InboxItem, InboxKind
from store.redis import RedisDownError

log = logs.get(__name__)

_OURS = CAMPAIGN_EVENTS | NEGATIVES | changes.EVENTS | {MESSAGE}


@route(
    "POST",
    "/events",
    "Tell of an event. The same id twice is one event, for as long as the journal is kept.",
    takes=EventBody,
    gives=EventAnswer,
    status=HTTPStatus.ACCEPTED,
    refuses=(HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def post_event() -> Answer:
    body = body_as(EventBody)
    if body.event in _OURS:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "The body is not as it should be; see `errors`.",
            [FieldProblem(path="event", message="is a name of our own events; choose another")],
        )
    rt = runtime()
    item = _item(body, people.whole(body.phone), _shard(body.phone))
    new = inbox.journal(rt.db, [item]) == 1
    _wake(rt, item["shard"])
    return EventAnswer(id=body.id, duplicate=not new)


def _shard(phone: str) -> int:
    contact = people.find(phone)
    return contact["shard"] if contact else shard_of(people.identity_of(phone))


def _item(body: EventBody, identity: Identity, shard: int) -> InboxItem:
    """The journal's row."""
    moment = now()
    return rows.happened(
        f"c:{body.id}",
        InboxKind.CUSTOM,
        body.event,
        identity,
        shard,
        body.properties,
        at=moment,
        received_at=moment,
        id=body.id,
    )


def _wake(rt: Runtime, shard: int) -> None:
    """The event is kept; without Redis the clock's sweep finds it."""
    try:
        queue.wake_shards(rt.redis, [shard], [shard])
    except RedisDownError as error:
        log.warning("no worker was woken", shard=shard, error=type(error).__name__)
