"""What the rules would do, and why: questions that change nothing."""

from http import HTTPStatus

from flask import current_app

from api import people
from api.problems import ProblemError
from api.routing import Answer, body_as, now, route, runtime
from api.rule_answers import ExplainAnswer
from api.rule_bodies import ExplainBody
from events import foresee, foretold
from events.foresee import Question
from rules.books import Books, NoRulesError


@route(
    "POST",
    "/rules/explain",
    "What the published rules would do about an event, and why. Changes nothing.",
    takes=ExplainBody,
    gives=ExplainAnswer,
    refuses=(HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_FOUND),
)
def explain_rules() -> Answer:
    body = body_as(ExplainBody)
    question = Question(
        event=body.event,
        text=body.text,
        button=body.button,
        campaign=body.campaign,
        error_code=body.error_code,
        properties=body.properties,
        contact=people.known(body.phone) if body.phone else None,
    )
    try:
        book = _books().current(runtime().db)
    except NoRulesError:
        raise ProblemError(HTTPStatus.NOT_FOUND, "No rules were published yet.") from None
    return foretold.document(foresee.foresee(runtime(), book, question, now()))


def _books() -> Books:
    """One for each process: a set of rules is compiled once."""
    books: Books = current_app.extensions.setdefault("drumbeat.books", Books(runtime().settings))
    return books
