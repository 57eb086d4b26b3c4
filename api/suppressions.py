"""Do not disturb, set and lifted by another system."""

from http import HTTPStatus

from flask import Response, request

from api import people
from api.answers import SuppressionAnswer, SuppressionRow, SuppressionsAnswer
from api.bodies import SuppressionBody
from api.problems import FieldProblem, ProblemError
from api.routing import Answer, body_as, limit, now, route, runtime
from contacts import consent, undisturbed_file
from store import suppressions

_PAGE, _MOST = 100, 500
_CSV = "text/csv"


@route(
    "GET",
    "/suppressions",
    "Everybody who is not to be disturbed, with the history; lifted ones too, a page at a time.",
    gives=SuppressionsAnswer,
    query={
        "after": {"type": "string"},
        "limit": {"type": "integer", "minimum": 1, "maximum": _MOST, "default": _PAGE},
    },
    refuses=(HTTPStatus.BAD_REQUEST,),
)
def list_suppressions() -> Answer:
    size = limit(_PAGE, _MOST)
    rows = suppressions.listed(runtime().db, request.args.get("after"), size)
    return SuppressionsAnswer(
        suppressions=[SuppressionRow.of(row) for row in rows],
        next=rows[-1]["_id"] if len(rows) == size else None,
    )


@route(
    "GET",
    "/suppressions/export",
    "What stands now, as CSV, streamed; whoever was erased or has only a BSUID is not in it.",
    gives=_CSV,
)
def export_suppressions() -> Answer:
    return Response(undisturbed_file.stream(runtime().db, now()), mimetype=_CSV)


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
