"""Rule files: see them, check them, ask what they would do, and publish them."""

from collections.abc import Iterable
from http import HTTPStatus

from flask import current_app

from api import people
from api.answers import (
    CheckAnswer,
    ExplainAnswer,
    PublishAnswer,
    RuleFilesAnswer,
    RuleProblemAnswer,
)
from api.bodies import CheckBody, ExplainBody, PublishBody
from api.problems import FieldProblem, ProblemError
from api.routing import Answer, body_as, now, route, runtime
from events.decide import facts_of
from rules import check, explain, publish
from rules.books import Books, NoRulesError
from rules.event import ContactFacts, Event
from rules.problems import Problem, RuleFilesError
from store import rule_versions

BY = "api"
_UNFIT = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)


@route("GET", "/rules/files", "The rule files that decide.", gives=RuleFilesAnswer)
def get_rule_files() -> Answer:
    version = rule_versions.latest(runtime().db)
    if version is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "No rules were published yet.")
    return RuleFilesAnswer.of(version)


@route(
    "POST",
    "/rules/check",
    "Whether these files could be published. Changes nothing.",
    takes=CheckBody,
    gives=CheckAnswer,
    refuses=_UNFIT,
)
def check_rules() -> Answer:
    body = body_as(CheckBody)
    found = check.check(body.files, publish.known(runtime().db))
    return CheckAnswer(good=not found, problems=_told(found))


def _told(found: Iterable[Problem]) -> list[RuleProblemAnswer]:
    return [RuleProblemAnswer.model_validate(one, from_attributes=True) for one in found]


@route(
    "POST",
    "/rules/explain",
    "What the published rules would do about an event, and why. Changes nothing.",
    takes=ExplainBody,
    gives=ExplainAnswer,
    refuses=(*_UNFIT, HTTPStatus.NOT_FOUND),
)
def explain_rules() -> Answer:
    body = body_as(ExplainBody)
    person = facts_of(people.known(body.phone)) if body.phone else ContactFacts()
    moment = now()
    event = Event(
        id="explain",
        name=body.event,
        at=moment,
        text=body.text,
        button=body.button,
        campaign=body.campaign,
        properties=body.properties,
    )
    try:
        book = _books().current(runtime().db)
    except NoRulesError:
        raise ProblemError(HTTPStatus.NOT_FOUND, "No rules were published yet.") from None
    return explain.document(book.explain(event, person, moment))


def _books() -> Books:
    """One for each process: a set of rules is compiled once."""
    books: Books = current_app.extensions.setdefault("drumbeat.books", Books(runtime().settings))
    return books


@route(
    "POST",
    "/rules/publish",
    "Make these files, or those in RULES_DIR, the version that decides.",
    takes=PublishBody,
    gives=PublishAnswer,
    refuses=(*_UNFIT, HTTPStatus.CONFLICT),
)
def publish_rules() -> Answer:
    body = body_as(PublishBody)
    rt = runtime()
    try:
        if body.files is None:
            version, new = publish.publish_folder(rt, by=BY, note=body.note, now=now())
        else:
            version, new = publish.publish(rt.db, body.files, by=BY, note=body.note, now=now())
    except RuleFilesError as error:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "The rule files are not as they should be; nothing changed. See `errors`.",
            [
                FieldProblem(path=f"{one.file}:{one.line}:{one.column}", message=one.message)
                for one in error.problems
            ],
        ) from None
    except publish.BusyError as error:
        raise ProblemError(HTTPStatus.CONFLICT, f"{str(error).capitalize()}.") from None
    return PublishAnswer(version=version["_id"], new=new)
