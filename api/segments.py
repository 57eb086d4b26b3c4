"""Segments: describe one, look at it, count it, and name the members of a static one."""

from collections.abc import Sequence
from http import HTTPStatus

from bson import ObjectId

from api.answers import CountAnswer, MembersAnswer, SegmentAnswer, SegmentsAnswer
from api.bodies import MembersBody, SegmentBody
from api.problems import FieldProblem, ProblemError
from api.routing import Answer, body_as, now, route, runtime
from config.strict import name_fault
from contacts import audience, fields, segments, unknown
from contacts.audience import Audience
from contacts.segments import ImpossibleSegmentError
from rules import segment_uses
from store import contacts


@route(
    "GET", "/segments", "Every segment, described or only named by contacts.", gives=SegmentsAnswer
)
def get_segments() -> Answer:
    return SegmentsAnswer(segments=[SegmentAnswer.of(one) for one in segments.every(runtime().db)])


@route(
    "PUT",
    "/segments/{name}",
    "Describe a segment: static, or live with its filter. Safe to repeat.",
    takes=SegmentBody,
    gives=SegmentAnswer,
    refuses=(HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def put_segment(name: str) -> Answer:
    if reason := name_fault(name):
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"The segment's name: {reason}.")
    body = body_as(SegmentBody)
    try:
        kept = segments.describe(runtime().db, name, body.kind, body.where, now())
    except ImpossibleSegmentError as error:
        raise _refused(error) from None
    told = unknown.warnings(runtime().db, body.where.tree) if body.where else []
    return SegmentAnswer.of(segments.shown(kept), told)


@route("GET", "/segments/{name}", "One segment, with its filter in words.", gives=SegmentAnswer)
def get_segment(name: str) -> Answer:
    found = segments.find(runtime().db, name)
    if found is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "There is no segment of this name.")
    return SegmentAnswer.of(found)


@route(
    "DELETE",
    "/segments/{name}",
    "Forget a segment, and take everybody out of a static one; refused while a campaign, a rule or "
    "another segment names it.",
    gives=None,
    status=HTTPStatus.NO_CONTENT,
    refuses=(HTTPStatus.CONFLICT,),
)
def delete_segment(name: str) -> Answer:
    db = runtime().db
    if users := segment_uses.of(db, name):
        raise ProblemError(HTTPStatus.CONFLICT, f"It is named by {', '.join(users)}.")
    if not segments.delete(db, name, now()):
        raise ProblemError(HTTPStatus.NOT_FOUND, "There is no segment of this name.")
    return None


@route(
    "GET",
    "/segments/{name}/count",
    "How many people are in it now.",
    gives=CountAnswer,
    refuses=(HTTPStatus.CONFLICT,),
)
def count_segment(name: str) -> Answer:
    db, moment = runtime().db, now()
    if segments.find(db, name) is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "There is no segment of this name.")
    try:
        return CountAnswer(count=audience.count(db, Audience(segments=(name,)), moment), at=moment)
    except ImpossibleSegmentError as error:
        raise _refused(error) from None


@route(
    "POST",
    "/segments/{name}/members",
    "Put people in a static segment. Safe to repeat.",
    takes=MembersBody,
    gives=MembersAnswer,
    refuses=(HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def add_members(name: str) -> Answer:
    ids, unknown = _members(name)
    return MembersAnswer(
        changed=segments.put_in(runtime().db, name, ids, now()), unknown=list(unknown)
    )


@route(
    "DELETE",
    "/segments/{name}/members",
    "Take people out of a static segment. Safe to repeat.",
    takes=MembersBody,
    gives=MembersAnswer,
    refuses=(HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def remove_members(name: str) -> Answer:
    ids, unknown = _members(name)
    return MembersAnswer(
        changed=segments.take_out(runtime().db, name, ids, now()), unknown=list(unknown)
    )


def _members(name: str) -> tuple[list[ObjectId], Sequence[str]]:
    """(contacts, phones that nobody has), as the body names them. Raises ProblemError."""
    if reason := name_fault(name):
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"The segment's name: {reason}.")
    rt, wanted, faults = runtime(), {}, []
    for place, written in enumerate(body_as(MembersBody).phones):
        try:
            wanted[written] = fields.identity(written, rt.settings.default_country)
        except ValueError as error:
            faults.append(FieldProblem(path=f"phones.{place}", message=str(error)))
    if faults:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "The body is not as it should be; see `errors`.",
            faults,
        )
    try:
        segments.refuse_live(rt.db, [name])
    except ImpossibleSegmentError as error:
        raise _refused(error) from None
    found = contacts.by_identities(
        rt.db,
        [one.wa_id for one in wanted.values() if one.wa_id],
        [one.bsuid for one in wanted.values() if one.bsuid],
    )
    known = {text for one in found for text in (one["wa_id"], one["bsuid"])}
    unknown = [text for text, one in wanted.items() if (one.wa_id or one.bsuid) not in known]
    return [one["_id"] for one in found], unknown


def _refused(error: ImpossibleSegmentError) -> ProblemError:
    sentence = str(error)
    return ProblemError(HTTPStatus.CONFLICT, f"{sentence[:1].upper()}{sentence[1:]}.")
