"""Rule files: see them, work on a draft, check, publish, and go back to earlier versions."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TypeVar

from accounts.scopes import Scope
from api.problems import FieldProblem, ProblemError
from api.routing import Answer, body_as, by, limit, now, route, runtime
from api.rule_answers import (
    CheckAnswer,
    DraftAnswer,
    PublishAnswer,
    RuleFilesAnswer,
    SavedAnswer,
    VersionAnswer,
    VersionsAnswer,
    WholeVersionAnswer,
)
from api.rule_bodies import MAX_BYTES, CheckBody, DraftBody, PublishBody, RollbackBody
from rules import diff, drafts, publish
from rules.problems import Problem, RuleFilesError
from store import rule_drafts, rule_versions
from store.documents.rule_draft import RuleDraft
from store.documents.rule_version import RuleVersion

T = TypeVar("T")
_UNFIT = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)
_LISTED, _MOST_LISTED = 50, 500


@route("GET", "/rules/files", "The rule files that decide, and the draft.", gives=RuleFilesAnswer)
def get_rule_files() -> Answer:
    db = runtime().db
    version, draft = rule_versions.latest(db), rule_drafts.find(db)
    if version is None and draft is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "No rules were published yet.")
    return RuleFilesAnswer.of(version, _told(draft))


def _told(draft: RuleDraft | None) -> DraftAnswer | None:
    if draft is None:
        return None
    return DraftAnswer.of(draft, _problems(dict(draft["files"])))


@route(
    "PUT",
    "/rules/files",
    "Keep these files as the draft, good or not. Decides nothing unless asked to.",
    takes=DraftBody,
    gives=SavedAnswer,
    refuses=(*_UNFIT, HTTPStatus.CONFLICT),
)
def put_rule_files() -> Answer:
    body = body_as(DraftBody, MAX_BYTES)
    db, at = runtime().db, now()
    draft = tried(lambda: drafts.keep(db, body.files, by=by(), now=at, base=body.base))
    if not body.publish:
        return SavedAnswer(draft=_told(draft), version=None)
    version, _ = tried(lambda: drafts.publish_draft(db, by=by(), note=body.note, now=at))
    return SavedAnswer(draft=None, version=version["_id"])


@route("DELETE", "/rules/files", "Throw the draft away.", gives=None, status=HTTPStatus.NO_CONTENT)
def delete_rule_files() -> Answer:
    rule_drafts.drop(runtime().db)
    return None


@route(
    "POST",
    "/rules/check",
    "Whether these files could be published. Changes nothing.",
    takes=CheckBody,
    gives=CheckAnswer,
    refuses=_UNFIT,
    scope=Scope.RULES_READ,
)
def check_rules() -> Answer:
    body = body_as(CheckBody, MAX_BYTES)
    return CheckAnswer.of(_problems(body.files))


@route(
    "POST",
    "/rules/publish",
    "Make files the version that decides: those given, or the draft, or RULES_DIR.",
    takes=PublishBody,
    gives=PublishAnswer,
    refuses=(*_UNFIT, HTTPStatus.CONFLICT),
)
def publish_rules() -> Answer:
    body = body_as(PublishBody, MAX_BYTES)
    return PublishAnswer.of(tried(lambda: _publish(body)))


def _publish(body: PublishBody) -> tuple[RuleVersion, bool]:
    rt = runtime()
    given = body.files
    if given is not None:
        return publish.publish(rt.db, given, by=by(), note=body.note, now=now(), base=body.base)
    if body.source == "draft" or (body.source is None and rule_drafts.find(rt.db)):
        return drafts.publish_draft(rt.db, by=by(), note=body.note, now=now())
    return publish.publish_folder(rt, by=by(), note=body.note, now=now())


@route("GET", "/rules/versions", "What was published, newest first.", gives=VersionsAnswer,
       query={"limit": {"type": "integer", "minimum": 1, "maximum": _MOST_LISTED}})  # fmt: skip
def list_rule_versions() -> Answer:
    rows = rule_versions.recent(runtime().db, limit(_LISTED, _MOST_LISTED))
    return VersionsAnswer(versions=[VersionAnswer.of(row) for row in rows])


@route(
    "GET",
    "/rules/versions/{number}",
    "One version: its files, and what it changed.",
    gives=WholeVersionAnswer,
)
def get_rule_version(number: str) -> Answer:
    db = runtime().db
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    row = rule_versions.find(db, wanted)
    if row is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "There is no such version.")
    earlier = rule_versions.before(db, wanted)
    before, after = dict(earlier["files"]) if earlier else {}, dict(row["files"])
    was = f"version {earlier['_id']}" if earlier else "nothing"
    text = diff.text(before, after, was=was, now=f"version {wanted}")
    return WholeVersionAnswer.model_validate(
        {**row, "version": wanted, "files": after, "diff": text}
    )


@route(
    "POST",
    "/rules/rollback",
    "Let an earlier version's files decide again, as a new version.",
    takes=RollbackBody,
    gives=PublishAnswer,
    refuses=(*_UNFIT, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def roll_rules_back() -> Answer:
    body = body_as(RollbackBody)
    db = runtime().db
    return PublishAnswer.of(
        tried(lambda: publish.rollback(db, body.version, by=by(), note=body.note, now=now()))
    )


def tried(act: Callable[[], T]) -> T:
    """What `act` gives; what it raises as a problem document."""
    try:
        return act()
    except RuleFilesError as error:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "The rule files are not as they should be; nothing changed. See `errors`.",
            [
                FieldProblem(path=f"{one.file}:{one.line}:{one.column}", message=one.message)
                for one in error.problems
            ],
        ) from None
    except publish.UnknownVersionError:
        raise ProblemError(HTTPStatus.NOT_FOUND, "There is no such version.") from None
    except (publish.BusyError, publish.StaleError, drafts.NoDraftError) as error:
        raise ProblemError(HTTPStatus.CONFLICT, f"{str(error).capitalize()}.") from None


def _problems(texts: Mapping[str, str]) -> list[Problem]:
    rt = runtime()
    return publish.problems(rt.db, texts, rt.settings.address_names())
