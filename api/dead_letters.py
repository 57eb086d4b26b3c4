"""What could not be handled: see it, put it back in line, give it up."""

from http import HTTPStatus

from api.answers import DeadLetterAnswer, DeadLettersAnswer, RetriedAnswer, ShownDeadLetterAnswer
from api.problems import ProblemError
from api.routing import Answer, by, limit, now, route, runtime
from events import dead_letters
from events.dead_letters import UnknownDeadLetterError, UselessRetryError
from store import dead_letters as kept

_MOST = 1_000
_LIMIT = {"type": "integer", "minimum": 1, "maximum": _MOST, "default": 200}


@route(
    "GET",
    "/dead-letters",
    "What was set aside, newest first, without what it says.",
    gives=DeadLettersAnswer,
    refuses=(HTTPStatus.BAD_REQUEST,),
    query={"limit": _LIMIT},
)
def get_dead_letters() -> Answer:
    rows = kept.latest(runtime().db, limit(200, _MOST))
    return DeadLettersAnswer(
        dead_letters=[DeadLetterAnswer.of(row, dead_letters.name_of(row)) for row in rows]
    )


@route("POST", "/dead-letters/retry", "Put all that can be read back in line.", gives=RetriedAnswer)
def retry_dead_letters() -> Answer:
    return RetriedAnswer(retried=dead_letters.retry_all(runtime(), by(), now()))


@route(
    "GET",
    "/dead-letters/{id}",
    "One, with what it says: phone numbers and texts.",
    gives=ShownDeadLetterAnswer,
)
def get_dead_letter(id: str) -> Answer:  # noqa: A002  # the path's own word
    try:
        row = dead_letters.named(runtime().db, id)
    except UnknownDeadLetterError:
        raise _unknown() from None
    return ShownDeadLetterAnswer.shown(row, id, dead_letters.text_of(row))


@route(
    "POST",
    "/dead-letters/{id}/retry",
    "Put one back in its line, with three tries again. What cannot be read is refused.",
    gives=RetriedAnswer,
    refuses=(HTTPStatus.CONFLICT,),
)
def retry_dead_letter(id: str) -> Answer:  # noqa: A002  # as above
    try:
        dead_letters.retry(runtime(), id, by(), now())
    except UnknownDeadLetterError:
        raise _unknown() from None
    except UselessRetryError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from None
    return RetriedAnswer(retried=1)


@route(
    "DELETE",
    "/dead-letters/{id}",
    "Give one up, and forget what it says. It will never be handled.",
    gives=None,
    status=HTTPStatus.NO_CONTENT,
)
def drop_dead_letter(id: str) -> Answer:  # noqa: A002  # as above
    try:
        dead_letters.drop(runtime(), id, by(), now())
    except UnknownDeadLetterError:
        raise _unknown() from None
    return None


def _unknown() -> ProblemError:
    return ProblemError(HTTPStatus.NOT_FOUND, "Nothing is set aside under this id.")
