"""Do not disturb, set and lifted by another system."""

from http import HTTPStatus

from api import people
from api.answers import SuppressionAnswer
from api.bodies import SuppressionBody
from api.problems import FieldProblem, ProblemError
from api.routing import Answer, body_as, now, route, runtime
from contacts import consent
from store import suppressions


@route(
    "PUT",
    "/suppressions/{phone}",
    "Do not disturb this person. A wider suppression that stands already is not narrowed.",
    takes=SuppressionBody,
    gives=SuppressionAnswer,
    refuses=(HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def put_suppression(phone: str) -> Answer:
    body = body_as(SuppressionBody)
    identity = people.whole(phone)
    moment = now()
    if body.until is not None and body.until <= moment:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "The body is not as it should be; see `errors`.",
            [FieldProblem(path="until", message="lies in the past")],
        )
    rt = runtime()
    consent.suppress(
        rt.db,
        identity,
        scope=body.scope,
        until=body.until,
        source="api",
        reason=body.reason,
        evidence=None,
        now=moment,
    )
    names = suppressions.identities(identity.wa_id, identity.bsuid)
    return SuppressionAnswer.of(suppressions.find(rt.db, names).values(), moment)


@route(
    "DELETE",
    "/suppressions/{phone}",
    "Let messages through again. What happened stays in the history.",
    gives=None,
    status=HTTPStatus.NO_CONTENT,
)
def delete_suppression(phone: str) -> Answer:
    rt = runtime()
    identity = people.whole(phone)
    if consent.standing_scope(rt.db, identity, now()) is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "Nothing is held back from this person.")
    consent.lift(rt.db, identity, source="api", reason=None, evidence=None, now=now())
    return None
