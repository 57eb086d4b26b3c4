"""Who is in a drip: put people in, look at them, take them out, and move them on."""

from http import HTTPStatus

from bson import ObjectId
from bson.errors import InvalidId
from flask import request

from api import campaign_problems
from api.answers import (
    EnrolledAnswer,
    EnrolmentAnswer,
    EnrolmentsAnswer,
    LeftOutAnswer,
    MovedAnswer,
    WithdrawnAnswer,
)
from api.bodies import EnrolBody
from api.problems import ProblemError
from api.routing import Answer, body_as, by, limit, now, route, runtime
from campaigns import moving, roster
from campaigns.enrolling import Entry
from store import contacts, enrolments

_MOST = 1000
_CONFLICT = (HTTPStatus.CONFLICT,)


@route(
    "POST",
    "/campaigns/{name}/enrolments",
    "Put people into a drip. Safe to repeat with the same `id`.",
    takes=EnrolBody,
    gives=EnrolledAnswer,
    refuses=(HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def enrol_in_campaign(name: str) -> Answer:
    body, moment = body_as(EnrolBody), now()
    entry = Entry(f"hand:{body.id or ObjectId()}", by(), moment)
    with campaign_problems.told():
        parts = list(roster.enrol(runtime(), name, body.phones, entry, moment))
    left_out = [(place, why) for part in parts for place, why in part.left_out]
    return EnrolledAnswer(
        enrolled=sum(part.enrolled for part in parts),
        left_out=[LeftOutAnswer(place=place, reason=why) for place, why in left_out],
    )


@route(
    "GET",
    "/campaigns/{name}/enrolments",
    "People's ways through a drip, ended ones too, in the order in which they were enrolled.",
    gives=EnrolmentsAnswer,
    query={
        "limit": {"type": "integer", "minimum": 1, "maximum": _MOST},
        "after": {"type": "string", "pattern": "^[0-9a-f]{24}$"},
    },
    refuses=(HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT),
)
def list_enrolments(name: str) -> Answer:
    rt, most = runtime(), limit(100, _MOST)
    _drip(name)
    rows = enrolments.page(rt.db, name, most, _after())
    people = contacts.by_ids(rt.db, {row["contact_id"] for row in rows})
    shown = []
    for row in rows:
        person = people.get(row["contact_id"])
        shown.append(
            EnrolmentAnswer(
                id=str(row["_id"]),
                contact=str(row["contact_id"]),
                phone=f"+{person['wa_id']}" if person and person["wa_id"] else None,
                version=row["version"],
                state=row["state"],
                reason=row["reason"],
                step=row["step"],
                enrolled_at=row["enrolled_at"],
                due_at=row["due_at"],
                ended_at=row["ended_at"],
                by=row["by"],
            )
        )
    return EnrolmentsAnswer(
        enrolments=shown, next=str(rows[-1]["_id"]) if len(rows) == most else None
    )


def _after() -> ObjectId | None:
    written = request.args.get("after")
    try:
        return ObjectId(written) if written is not None else None
    except InvalidId:
        raise ProblemError(
            HTTPStatus.BAD_REQUEST, "`after` is what an earlier answer called `next`."
        ) from None


@route(
    "DELETE",
    "/campaigns/{name}/enrolments/{phone}",
    "Take a person out of a drip. Safe to repeat.",
    gives=WithdrawnAnswer,
    refuses=_CONFLICT,
)
def withdraw_from_campaign(name: str, phone: str) -> Answer:
    with campaign_problems.told():
        return WithdrawnAnswer(withdrawn=roster.withdraw(runtime(), name, phone, by(), now()))


@route(
    "POST",
    "/campaigns/{name}/move",
    "Have the people in older versions of a drip go on in the newest. Safe to repeat.",
    gives=MovedAnswer,
    refuses=_CONFLICT,
)
def move_people_of_campaign(name: str) -> Answer:
    with campaign_problems.told():
        return MovedAnswer(moved=moving.move(runtime(), name, now()))


def _drip(name: str) -> None:
    with campaign_problems.told():
        roster.drip(runtime().db, name)
