"""Campaigns: define, look at, start, pause, resume, cancel, and see how they did."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any, cast, get_args

from flask import Response, request, send_file

from api import campaign_problems
from api.answers import (
    BehindAnswer,
    CampaignAnswer,
    CampaignsAnswer,
    PreviewAnswer,
    ReportAnswer,
    TestAnswer,
)
from api.bodies import DuplicateBody, TestBody
from api.problems import FieldProblem, ProblemError
from api.routing import Answer, body_as, by, json_body, limit, now, route, runtime
from campaigns import hearing, life, preview, service, trying
from campaigns.documents import AnyCampaign, InvalidCampaignError, read
from campaigns.service import ImpossibleStepError, UnknownCampaignError
from reports import behind, numbers, ranges, recipients, workbook
from reports import campaign as campaign_report
from reports.series import Bucket
from store import campaigns, mongo
from store.documents.campaign import Campaign

_MOST_PEOPLE = 100_000_000
_MOST_BEHIND = 500
_REPORT_QUERY: dict[str, dict[str, Any]] = {
    "range": {"type": "string", "enum": list(ranges.NAMED)},
    "from": {"type": "string", "format": "date"},
    "to": {"type": "string", "format": "date"},
    "run": {"type": "integer", "minimum": 1},
    "bucket": {"type": "string", "enum": list(get_args(Bucket))},
}
_CONFLICT = (HTTPStatus.CONFLICT,)
_Step = Callable[[mongo.Db, str, str, datetime], Campaign]


@route(
    "PUT",
    "/campaigns/{name}",
    "Define a campaign, or change its definition. 201 where it is new.",
    takes=AnyCampaign,
    gives=CampaignAnswer,
    also=(HTTPStatus.CREATED,),
    refuses=(HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def put_campaign(name: str) -> Answer | tuple[Answer, HTTPStatus]:
    db = runtime().db
    new = campaigns.find(db, name) is None
    try:
        campaign = service.define(db, name, _document(), by(), now())
    except InvalidCampaignError as error:
        found = [FieldProblem(path=one.path, message=one.message) for one in error.problems]
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "The campaign is not as it should be; see `errors`.",
            found,
        ) from None
    except ImpossibleStepError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from None
    return _told(campaign), HTTPStatus.CREATED if new else HTTPStatus.OK


def _document() -> dict[str, Any]:
    document = json_body()
    if not isinstance(document, dict):
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "A campaign is a JSON object.")
    return document


@route("GET", "/campaigns/{name}", "One campaign.", gives=CampaignAnswer)
def get_campaign(name: str) -> Answer:
    return _told(_known(name))


@route("GET", "/campaigns", "Every campaign, by name.", gives=CampaignsAnswer)
def list_campaigns() -> Answer:
    rows = campaigns.all_of_them(runtime().db)
    return CampaignsAnswer(campaigns=[_told(row) for row in rows])


@route(
    "POST",
    "/campaigns/{name}/start",
    "Start it: at once, or at its scheduled moment.",
    gives=CampaignAnswer,
    refuses=_CONFLICT,
)
def start_campaign(name: str) -> Answer:
    return _take(life.start, name)


@route(
    "POST",
    "/campaigns/{name}/pause",
    "Pause it: nothing more is sent until it is resumed.",
    gives=CampaignAnswer,
    refuses=_CONFLICT,
)
def pause_campaign(name: str) -> Answer:
    return _take(life.pause, name)


@route(
    "POST",
    "/campaigns/{name}/resume",
    "Go on where it was paused. Nothing is sent again.",
    gives=CampaignAnswer,
    refuses=_CONFLICT,
)
def resume_campaign(name: str) -> Answer:
    return _take(life.resume, name)


@route(
    "POST",
    "/campaigns/{name}/cancel",
    "End its run. What was not sent is skipped.",
    gives=CampaignAnswer,
    refuses=_CONFLICT,
)
def cancel_campaign(name: str) -> Answer:
    return _take(life.cancel, name)


@route(
    "POST",
    "/campaigns/{name}/retry-failed",
    "A new run, linked to the last, for those whom its message failed to reach.",
    gives=CampaignAnswer,
    refuses=_CONFLICT,
)
def retry_failed_of_campaign(name: str) -> Answer:
    return _take(life.retry_failed, name)


@route(
    "GET",
    "/campaigns/{name}/preview",
    "What starting it will come to. `at_most` looks at no more people than these.",
    gives=PreviewAnswer,
    query={"at_most": {"type": "integer", "minimum": 1}},
    refuses=(HTTPStatus.BAD_REQUEST,),
)
def preview_campaign(name: str) -> Answer:
    at_most = limit(1, _MOST_PEOPLE, "at_most") if "at_most" in request.args else None
    try:
        return PreviewAnswer.of(preview.of(runtime(), name, now(), at_most))
    except UnknownCampaignError:
        raise campaign_problems.unknown() from None


@route(
    "POST",
    "/campaigns/{name}/test",
    "Send its message to people by their numbers, outside of its report.",
    takes=TestBody,
    gives=TestAnswer,
    status=HTTPStatus.ACCEPTED,
    refuses=(HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def test_campaign(name: str) -> Answer:
    body = body_as(TestBody)
    with campaign_problems.told():
        return TestAnswer(owed=len(trying.send_test(runtime(), name, body.phones, by(), now())))


@route(
    "POST",
    "/campaigns/{name}/duplicate",
    "A draft with the same definition under another name.",
    takes=DuplicateBody,
    gives=CampaignAnswer,
    status=HTTPStatus.CREATED,
    refuses=(HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def duplicate_campaign(name: str) -> Answer:
    copy = body_as(DuplicateBody).campaign
    return _take(lambda db, old, by, at: trying.duplicate(db, old, copy, by, at), name)


def _take(step: _Step, name: str) -> CampaignAnswer:
    with campaign_problems.told():
        return _told(step(runtime().db, name, by(), now()))


def _told(campaign: Campaign) -> CampaignAnswer:
    found = hearing.warnings(runtime().db, read(campaign["definition"]))
    return CampaignAnswer.of(campaign, found)


@route(
    "GET",
    "/campaigns/{name}/report",
    "How a campaign did: in all, or in a range of days; all of its runs, or one.",
    gives=ReportAnswer,
    query=_REPORT_QUERY,
    refuses=(HTTPStatus.BAD_REQUEST,),
)
def get_campaign_report(name: str) -> Answer:
    rt = runtime()
    report = campaign_report.of_campaign(rt.db, name, rt.settings.timezone, _asked())
    if report is None:
        raise campaign_problems.unknown()
    return report


@route(
    "GET",
    "/campaigns/{name}/people",
    "The people behind a number of its report, a page at a time.",
    gives=BehindAnswer,
    query={
        "limit": {"type": "integer", "minimum": 1, "maximum": _MOST_BEHIND},
        **{key: {"type": "string"} for key in numbers.KEYS},
    },
    refuses=(HTTPStatus.BAD_REQUEST,),
)
def people_of_campaign(name: str) -> Answer:
    rt = runtime()
    try:
        found = behind.page(
            rt.db, name, request.args, limit(50, _MOST_BEHIND), rt.settings.timezone
        )
    except numbers.AskedError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"{error}.") from None
    if found is None:
        raise campaign_problems.unknown()
    people = [recipients.told(row, person) for row, person in found.rows]
    return BehindAnswer(people=people, next=found.next)


def _asked() -> campaign_report.Asked:
    given = request.args
    zone = runtime().settings.timezone
    try:
        within = ranges.read(given.get("range"), given.get("from"), given.get("to"), now(), zone)
    except ranges.RangeError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"The range {error}.") from None
    bucket = given.get("bucket")
    if bucket is not None and bucket not in get_args(Bucket):
        known = ", ".join(get_args(Bucket))
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"`bucket` is none of {known}.")
    run = limit(1, _MOST_PEOPLE, "run") if "run" in given else None
    return campaign_report.Asked(run, within, cast("Bucket | None", bucket))


@route(
    "GET", "/campaigns/{name}/recipients.csv", "One row a recipient, streamed.", gives="text/csv"
)
def get_campaign_recipients(name: str) -> Answer:
    campaign = _known(name)
    return Response(
        recipients.csv_rows(runtime().db, campaign["_id"]),
        mimetype="text/csv",
        headers={"Content-Disposition": 'attachment; filename="recipients.csv"'},
    )


@route(
    "GET", "/campaigns/{name}/recipients.xlsx", "The same as a spreadsheet.", gives=workbook.MEDIA
)
def get_campaign_workbook(name: str) -> Answer:
    campaign = _known(name)
    file = workbook.kept(runtime().db, campaign["_id"])
    return send_file(file, workbook.MEDIA, as_attachment=True, download_name="recipients.xlsx")


def _known(name: str) -> Campaign:
    campaign = campaigns.find(runtime().db, name)
    if campaign is None:
        raise campaign_problems.unknown()
    return campaign
