"""Imports, how far each is and what it could not use; exports; attributes, with their kinds."""

from http import HTTPStatus

from flask import Response, request

from api.answers import AttributeAnswer, AttributesAnswer, ImportsAnswer, ImportStateAnswer
from api.bodies import AttributeBody
from api.problems import ProblemError
from api.routing import Answer, body_as, limit, now, route, runtime
from contacts import attributes, export, fields, imports, segments
from contacts.attributes import AttributeInUseError
from contacts.audience import Audience
from contacts.rows import FileKind
from contacts.segments import ImpossibleSegmentError
from store import attributes as stored_attributes
from store import imports as stored
from store.documents.imported import Import

_CSV = "text/csv"


@route(
    "GET",
    "/imports",
    "The latest imports, newest first, those that are going on among them.",
    gives=ImportsAnswer,
    query={"limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}},
)
def get_imports() -> Answer:
    found = stored.latest(runtime().db, limit(20, 100))
    return ImportsAnswer(imports=[ImportStateAnswer.of(one, now()) for one in found])


@route("GET", "/imports/{id}", "One import: how far it is.", gives=ImportStateAnswer)
def get_import(id: str) -> Answer:  # noqa: A002  # as the path calls it
    return ImportStateAnswer.of(_known(id), now())


@route(
    "GET",
    "/imports/{id}/rejected.csv",
    "The rows an import could not use, by line, with the reasons; kept for two weeks.",
    gives=_CSV,
)
def get_rejected(id: str) -> Answer:  # noqa: A002  # as above
    lines = imports.rejected_csv(runtime().db, _known(id)["_id"])
    return Response(lines, mimetype=_CSV)


def _known(import_id: str) -> Import:
    found = stored.find(runtime().db, import_id)
    if found is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "There is no import of this id.")
    return found


@route(
    "GET",
    "/contacts/export",
    "Everybody, or one segment, as CSV or NDJSON, streamed, as an import takes it.",
    gives=(_CSV, "application/x-ndjson"),
    refuses=(HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT),
    query={
        "format": {"type": "string", "enum": ["csv", "ndjson"], "default": "csv"},
        "segment": {"type": "string"},
    },
)
def export_contacts() -> Answer:
    kind, segment = request.args.get("format", FileKind.CSV), request.args.get("segment")
    if kind not in list(FileKind):
        raise ProblemError(HTTPStatus.BAD_REQUEST, "`format` is csv or ndjson.")
    db = runtime().db
    if segment is not None and segments.find(db, segment) is None:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "There is no segment of this name.")
    meant = Audience(segments=(segment,) if segment else ())
    try:
        pieces = export.stream(db, FileKind(kind), meant, now())
    except ImpossibleSegmentError as error:
        raise ProblemError(HTTPStatus.CONFLICT, f"{error}.") from None
    return Response(pieces, mimetype=_CSV if kind == FileKind.CSV else "application/x-ndjson")


@route("GET", "/attributes", "Every attribute and its kind.", gives=AttributesAnswer)
def get_attributes() -> Answer:
    rows = stored_attributes.every(runtime().db)
    return AttributesAnswer(attributes=[AttributeAnswer.of(row) for row in rows])


@route(
    "PUT",
    "/attributes/{name}",
    "Say of which kind an attribute is, before its first value does. Safe to repeat.",
    takes=AttributeBody,
    gives=None,
    status=HTTPStatus.NO_CONTENT,
    refuses=(HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def put_attribute(name: str) -> Answer:
    try:
        known = fields.attribute_name(name)
    except ValueError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"The attribute: {error}.") from None
    body = body_as(AttributeBody)
    try:
        attributes.define(runtime().db, known, body.kind, "api", now())
    except AttributeInUseError as error:
        raise ProblemError(HTTPStatus.CONFLICT, f"{error}.") from None
    return None
