"""Everything that goes wrong is answered as a problem document.

Source: RFC 9457, https://www.rfc-editor.org/rfc/rfc9457
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Response, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException

from config import logs
from store.mongo import StoreError

log = logs.get(__name__)

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_S = 5


class FieldProblem(BaseModel):
    """What is wrong with one value. path: dotted, such as `audience.where`; empty for the whole."""

    path: str
    message: str


class Problem(BaseModel):
    """The body of every answer that is an error."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] | None = None


class ProblemError(Exception):
    """Answer with a problem document. detail: a sentence for whoever called."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})


def answer(error: ProblemError) -> Response:
    """The response for it."""
    problem = Problem(
        title=error.status.phrase,
        status=error.status.value,
        detail=error.detail,
        errors=error.errors or None,
    )
    response = Response(
        json.dumps(problem.model_dump(exclude_none=True)), error.status, mimetype=MEDIA_TYPE
    )
    response.headers.update(error.headers)
    return response


def invalid(error: ValidationError) -> ProblemError:
    """What pydantic found wrong with a body, each by its path."""
    found = [
        FieldProblem(
            path=".".join(str(part) for part in one["loc"]),
            message=one["msg"].removeprefix("Value error, "),
        )
        for one in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY, "The body is not as it should be; see `errors`.", found
    )


def of_http(error: HTTPException) -> Response:
    """Flask's and Werkzeug's own errors: 400, 404, 405, 413, 415 …"""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    response = answer(ProblemError(status, _SENTENCES.get(status, status.description or "")))
    for name, value in error.get_headers(request.environ):
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def of_store(error: StoreError) -> Response:
    """MongoDB is away or refused: nothing was acknowledged, and the caller may try again."""
    log.error("the database did not do what was asked", error=type(error).__name__)
    return answer(
        ProblemError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "The database cannot be reached. Try again in a moment.",
            headers={"Retry-After": str(_RETRY_AFTER_S)},
        )
    )


def of_anything(error: Exception) -> Response:
    """A defect of ours: the log says what, the caller learns that it was not their fault."""
    rule = request.url_rule
    log.error("a request failed", path=rule.rule if rule else None, exc_info=error)
    return answer(ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here."))


def in_place_of_pages(prefix: str, response: Response) -> Response:
    """An error below `prefix` that somebody else answered, with an HTML page say, as a problem.

    Where no route matches, Flask does not know that the blueprint would have been meant.
    """
    if not request.path.startswith(f"{prefix}/") or response.status_code < HTTPStatus.BAD_REQUEST:
        return response
    if response.mimetype == MEDIA_TYPE:
        return response
    status = HTTPStatus(response.status_code)
    replaced = answer(ProblemError(status, _SENTENCES.get(status, status.description or "")))
    if allow := response.headers.get("Allow"):
        replaced.headers["Allow"] = allow
    return replaced


_SENTENCES: dict[HTTPStatus, str] = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address; /api/v1/openapi.json lists all.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take that method; see `Allow`.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is larger than this address takes.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong here.",
}


def as_json(value: Any) -> str:
    """JSON text of what a view answered."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
