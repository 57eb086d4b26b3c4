"""What the rules would do, and why: questions that change nothing."""

from datetime import timedelta
from http import HTTPStatus

from flask import current_app

from accounts.scopes import Scope
from api import people
from api.problems import ProblemError
from api.routing import Answer, body_as, now, route, runtime
from api.rule_answers import ExplainAnswer, ReplayAnswer
from api.rule_bodies import MAX_BYTES, ExplainBody, ReplayBody
from api.rules import tried
from events import foresee, foretold, outcome, replay
from events.foresee import Question
from rules import candidates
from rules.books import Books, NoRulesError
from store import rule_drafts


@route(
    "POST",
    "/rules/explain",
    "What the published rules would do about an event, and why. Changes nothing.",
    takes=ExplainBody,
    gives=ExplainAnswer,
    refuses=(HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_FOUND),
    scope=Scope.RULES_READ,
)
def explain_rules() -> Answer:
    body = body_as(ExplainBody)
    question = Question(
        event=body.event,
        text=body.text,
        button=body.button,
        campaign=body.campaign,
        link=body.link,
        error_code=body.error_code,
        after_s=body.after,
        properties=body.properties,
        contact=people.known(body.phone) if body.phone else None,
    )
    try:
        book = _books().current(runtime().db)
    except NoRulesError:
        raise ProblemError(HTTPStatus.NOT_FOUND, "No rules were published yet.") from None
    return foretold.document(foresee.foresee(runtime(), book, question, now()))


@route(
    "POST",
    "/rules/replay",
    "What other rules would have decided about the latest events. Changes nothing.",
    takes=ReplayBody,
    gives=ReplayAnswer,
    refuses=(HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY),
    scope=Scope.RULES_READ,
)
def replay_rules() -> Answer:
    body = body_as(ReplayBody, MAX_BYTES)
    return tried(lambda: _replayed(body))


def _replayed(body: ReplayBody) -> ReplayAnswer:
    rt = runtime()
    draft = rule_drafts.find(rt.db) if body.files is None else None
    given = dict(draft["files"]) if draft else body.files
    since = now() - timedelta(days=body.days)
    with candidates.beside_published(rt, given or rt.settings.rules_path()) as (old, new):
        found = replay.replay(rt.db, old, new, since, now=now(), most=body.most)
        told = {"version": old.version, "since": since, **outcome.document(found)}
    return ReplayAnswer.model_validate(told)


def _books() -> Books:
    """One for each process: a set of rules is compiled once."""
    books: Books = current_app.extensions.setdefault("drumbeat.books", Books(runtime().settings))
    return books
