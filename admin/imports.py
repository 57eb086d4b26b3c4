"""Contacts by the file: bring one in, watch it, fetch what it could not use; and take all away."""

import shutil
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePath
from typing import IO, Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin import sessions
from admin.forms import StepForm
from config import logs
from contacts import export, imports, segments
from contacts.audience import Audience
from contacts.imports import Source
from contacts.rows import FileKind, UnusableFileError
from contacts.segments import ImpossibleSegmentError
from runtime import Runtime
from store import imports as stored
from store import people
from store.documents.imported import Import

_LATEST = 20
_CHUNK_BYTES = 256 * 1024
_KINDS = {".csv": FileKind.CSV, ".ndjson": FileKind.NDJSON, ".jsonl": FileKind.NDJSON}
# One at a time in a process: whatever else it serves is answered between its batches.
_busy = threading.Lock()
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
    """Take a file in, and go to the page that shows how far it is."""
    file = request.files.get("file")
    suffix = PurePath(file.filename or "").suffix.lower() if file else ""
    if file is None or suffix not in _KINDS:
        flash(f"Choose a file whose name ends in {', '.join(_KINDS)}.", "warning")
        return redirect(url_for("admin.contacts_page"))
    if not _busy.acquire(blocking=False):
        flash("Another file is being imported; try again when it is done.", "warning")
        return redirect(url_for("admin.contacts_page"))
    try:
        # Flask's own copy is closed with this request. This one has no name, and goes with us.
        kept = tempfile.TemporaryFile()  # noqa: SIM115  # closed by whoever reads it
        shutil.copyfileobj(file.stream, kept)
        source = Source(
            "page", PurePath(file.filename or "").name, sessions.signed_in().name, kept.tell()
        )
        one = imports.begin(sessions.runtime().db, _KINDS[suffix], source, datetime.now(UTC))
        work = threading.Thread(
            target=_carry_out, args=(sessions.runtime(), one, kept), daemon=True, name="import"
        )
        work.start()
    except BaseException:
        _busy.release()
        raise
    return redirect(url_for("admin.one_import", import_id=one["_id"]))


def _carry_out(rt: Runtime, one: Import, kept: IO[bytes]) -> None:
    """The import itself, beside the requests. What comes of it stands with the import."""
    try:
        kept.seek(0)
        imports.carry_out(
            rt.db,
            one,
            _chunks(kept),
            default_country=rt.settings.default_country,
            now=one["started_at"],
        )
    except UnusableFileError:
        pass  # its page says so
    except Exception:
        log.exception("an import was stopped")
    finally:
        kept.close()
        _busy.release()


def _chunks(kept: IO[bytes]) -> Iterator[bytes]:
    while chunk := kept.read(_CHUNK_BYTES):
        yield chunk


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
