"""Contacts by the file: bring one in, watch it, fetch what it could not use; and take all away."""

from collections.abc import Iterator
from datetime import UTC, datetime
from os import SEEK_END
from pathlib import PurePath
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin import sessions
from admin.forms import StepForm
from config import logs
from contacts import export, handed_in, imports, segments
from contacts.audience import Audience
from contacts.imports import Source
from contacts.rows import FileKind
from contacts.segments import ImpossibleSegmentError
from store import imports as stored
from store import people, queue
from store.documents.imported import Import
from store.redis import RedisDownError

_LATEST = 20
_KINDS = {".csv": FileKind.CSV, ".ndjson": FileKind.NDJSON, ".jsonl": FileKind.NDJSON}
log = logs.get(__name__)


def add_routes(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint, whose guard stands before them."""
    blueprint.add_url_rule("/contacts", view_func=contacts_page)
    blueprint.add_url_rule("/contacts/import", view_func=import_file, methods=["POST"])
    blueprint.add_url_rule("/contacts/export", view_func=export_file)
    blueprint.add_url_rule("/imports/<import_id>", view_func=one_import)
    blueprint.add_url_rule("/imports/<import_id>/now", view_func=import_now)
    blueprint.add_url_rule("/imports/<import_id>/rejected.csv", view_func=rejected)


def contacts_page() -> ResponseReturnValue:
    """How many there are, the form for a file, and the latest imports."""
    db, now = sessions.runtime().db, datetime.now(UTC)
    latest = [(one, imports.state_of(one, now)) for one in stored.latest(db, _LATEST)]
    return render_template(
        "admin/contacts.html",
        count=people.count(db, {}),
        latest=latest,
        segments=[one.segment for one in segments.every(db)],
        form=StepForm(),
    )


def import_file() -> ResponseReturnValue:
    """Keep a file for a worker to bring in, and go to the page that shows how far it is."""
    file = request.files.get("file")
    suffix = PurePath(file.filename or "").suffix.lower() if file else ""
    if file is None or suffix not in _KINDS:
        flash(f"Choose a file whose name ends in {', '.join(_KINDS)}.", "warning")
        return redirect(url_for("admin.contacts_page"))
    rt, now = sessions.runtime(), datetime.now(UTC)
    name = PurePath(file.filename or "").name
    size = file.stream.seek(0, SEEK_END)
    file.stream.seek(0)
    source = Source("page", name, sessions.signed_in().name, size)
    one = handed_in.hand_in(rt, _KINDS[suffix], source, file.stream, now)
    try:
        queue.wake_importer(rt.redis)
    except RedisDownError:
        log.warning("a file of contacts waits for the sweep")
    return redirect(url_for("admin.one_import", import_id=one["_id"]))


def one_import(import_id: str) -> ResponseReturnValue:
    """How far one import is, or what came of it."""
    return render_template("admin/import.html", **_told(import_id))


def import_now(import_id: str) -> ResponseReturnValue:
    """The part of the page that moves."""
    return render_template("admin/_import.html", **_told(import_id))


def _told(import_id: str) -> dict[str, Any]:
    one = _known(import_id)
    return {"one": one, "state": imports.state_of(one, datetime.now(UTC))}


def rejected(import_id: str) -> ResponseReturnValue:
    """The rows it could not use, as CSV."""
    lines = imports.rejected_csv(sessions.runtime().db, _known(import_id)["_id"])
    return _download(lines, "text/csv", "rejected.csv")


def _known(import_id: str) -> Import:
    one = stored.find(sessions.runtime().db, import_id)
    if one is None:
        abort(404)
    return one


def export_file() -> ResponseReturnValue:
    """Everybody, or a segment, as a file that an import takes."""
    db, segment = sessions.runtime().db, request.args.get("segment") or None
    kind = request.args.get("format", FileKind.CSV)
    if kind not in list(FileKind) or (segment and segments.find(db, segment) is None):
        abort(404)
    meant = Audience(segments=(segment,) if segment else ())
    try:
        pieces = export.stream(db, FileKind(kind), meant, datetime.now(UTC))
    except ImpossibleSegmentError as error:
        flash(f"{error}.", "warning")
        return redirect(url_for("admin.contacts_page"))
    media = "text/csv" if kind == FileKind.CSV else "application/x-ndjson"
    return _download(pieces, media, f"{segment or 'contacts'}.{kind}")


def _download(pieces: Iterator[str], media: str, name: str) -> Response:
    response = Response(pieces, mimetype=media)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
