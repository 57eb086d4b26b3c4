"""Outgoing webhooks: who is told what becomes of messages, what they were told, and once more."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Self

from bson import ObjectId
from pydantic import BaseModel, Field

from api.bodies import Body
from api.problems import ProblemError
from api.routing import Answer, body_as, by, cursor, limit, now, route, runtime
from events import subscribers
from events.subscribers import EVENTS, ImpossibleSubscriptionError
from store import subscriptions
from store.documents.subscription import Subscription, SubscriptionState, Telling

_MOST, _USUAL = 200, 50
_LIMIT = {"type": "integer", "minimum": 1, "maximum": _MOST, "default": _USUAL}


class SubscriptionBody(Body):
    """Where to, and what of: sent, delivered, read, played, failed."""

    url: Annotated[str, Field(min_length=1, max_length=2_000)]
    events: Annotated[list[str], Field(min_length=1, max_length=len(EVENTS))] = Field(
        default_factory=lambda: list(EVENTS)
    )


class SubscriptionAnswer(BaseModel):
    """told_until: everything handled until then was told. secret: only where it was just made."""

    name: str
    url: str
    events: list[str]
    state: SubscriptionState
    told_until: datetime
    failures: int
    created_at: datetime
    created_by: str
    secret: str | None = None

    @classmethod
    def of(cls, row: Subscription, secret: str | None = None) -> Self:
        return cls.model_validate({**row, "name": row["_id"], "secret": secret})


class SubscriptionsAnswer(BaseModel):
    subscriptions: list[SubscriptionAnswer]


class TellingAnswer(BaseModel):
    """One post. error: null where it was taken. again: somebody had it sent again."""

    id: str
    at: datetime
    since: datetime
    until: datetime
    count: int
    error: str | None
    again: bool

    @classmethod
    def of(cls, row: Telling) -> Self:
        return cls.model_validate({**row, "id": str(row["_id"])})


class TellingsAnswer(BaseModel):
    """Newest first. next: the `cursor` of the page after this; null on the last."""

    posts: list[TellingAnswer]
    next: str | None


class AgainAnswer(BaseModel):
    """error: why it was not taken; null where it was."""

    error: str | None


@route("GET", "/subscriptions", "Who is told, and how far.", gives=SubscriptionsAnswer)
def list_subscriptions() -> Answer:
    rows = subscriptions.every(runtime().db)
    return SubscriptionsAnswer(subscriptions=[SubscriptionAnswer.of(row) for row in rows])


@route(
    "PUT",
    "/subscriptions/{name}",
    "Tell a system what becomes of messages from now on. 201, with its secret, where it is new.",
    takes=SubscriptionBody,
    gives=SubscriptionAnswer,
    also=(HTTPStatus.CREATED,),
    refuses=(HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def put_subscription(name: str) -> Answer | tuple[Answer, HTTPStatus]:
    body, rt = body_as(SubscriptionBody), runtime()
    try:
        row, new = subscribers.subscribe(rt, name, body.url, body.events, by(), now())
    except ImpossibleSubscriptionError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
    secret = subscribers.secret(rt.settings, row) if new else None
    return SubscriptionAnswer.of(row, secret), HTTPStatus.CREATED if new else HTTPStatus.OK


@route("GET", "/subscriptions/{name}", "One of them.", gives=SubscriptionAnswer)
def get_subscription(name: str) -> Answer:
    return SubscriptionAnswer.of(_known(name))


@route(
    "DELETE",
    "/subscriptions/{name}",
    "Tell it nothing more.",
    gives=None,
    status=HTTPStatus.NO_CONTENT,
)
def drop_subscription(name: str) -> Answer:
    _known(name)
    subscribers.drop(runtime(), name)
    return None


@route(
    "POST",
    "/subscriptions/{name}/resume",
    "Let one that was stopped go on where it was.",
    gives=SubscriptionAnswer,
)
def resume_subscription(name: str) -> Answer:
    _known(name)
    subscribers.resume(runtime(), name, now())
    return SubscriptionAnswer.of(_known(name))


@route(
    "GET",
    "/subscriptions/{name}/posts",
    "What it was told, newest first.",
    gives=TellingsAnswer,
    query={"limit": _LIMIT, "cursor": {"type": "string"}},
)
def list_posts(name: str) -> Answer:
    _known(name)
    most = limit(_USUAL, _MOST)
    rows = subscriptions.tellings(runtime().db, name, most + 1, cursor())
    onward = str(rows[most - 1]["_id"]) if len(rows) > most else None
    return TellingsAnswer(posts=[TellingAnswer.of(row) for row in rows[:most]], next=onward)


@route(
    "POST",
    "/subscriptions/{name}/posts/{id}/again",
    "Tell it once more what one post told.",
    gives=AgainAnswer,
)
def send_post_again(name: str, id: str) -> Answer:  # noqa: A002  # the path's own word
    _known(name)
    rt = runtime()
    row = subscriptions.telling(rt.db, name, ObjectId(id)) if ObjectId.is_valid(id) else None
    if row is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "There is no such post.")
    return AgainAnswer(error=subscribers.tell_again(rt, row, now()))


def _known(name: str) -> Subscription:
    try:
        return subscribers.known(runtime(), name)
    except ImpossibleSubscriptionError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from None
