"""The blueprint, who may call it, and the table of its routes that the description is made from."""

import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar, cast

from bson import ObjectId
from flask import Blueprint, Response, current_app, g, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException

from accounts import audit, scopes, tokens
from accounts.scopes import Scope
from api import once, pace, problems
from api.problems import ProblemError
from config import clock
from runtime import Runtime
from store.mongo import StoreError

PREFIX = "/api/v1"
MAX_JSON_BYTES = 1024 * 1024
JSON = "application/json"

blueprint = Blueprint("api", __name__, url_prefix=PREFIX, template_folder="templates")
blueprint.register_error_handler(ProblemError, problems.answer)
blueprint.register_error_handler(HTTPException, problems.of_http)
blueprint.register_error_handler(StoreError, problems.of_store)
blueprint.register_error_handler(Exception, problems.of_anything)

Answer = BaseModel | list[Any] | dict[str, Any] | Response | None
View = Callable[..., Answer | tuple[Answer, HTTPStatus]]
Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Route:
    """One operation, as the description tells it.

    path: with `{names}`. takes: a model, or media types of a body that is no JSON. gives: a model,
    or a media type, or several. refuses: the statuses worth telling besides those that any route
    may answer. scope: what a token needs; None where any does. open_to_all: it asks for no token.
    also: other statuses of a good answer.
    """

    method: str
    path: str
    name: str
    summary: str
    takes: type[BaseModel] | tuple[str, ...] | None
    gives: type[BaseModel] | str | tuple[str, ...] | None
    status: HTTPStatus
    refuses: tuple[HTTPStatus, ...]
    query: dict[str, dict[str, Any]] = field(default_factory=dict)
    scope: Scope | None = None
    open_to_all: bool = False
    also: tuple[HTTPStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class Caller:
    """Another system, and what its token opens. name: `api` for the one of the environment."""

    name: str
    scopes: frozenset[str]


ROUTES: list[Route] = []
OPEN: set[str] = set()  # endpoints that ask for no token
_SCOPES: dict[str, Scope | None] = {}  # {endpoint: what it needs}


def route(
    method: str,
    path: str,
    summary: str,
    *,
    gives: type[BaseModel] | str | tuple[str, ...] | None,
    takes: type[BaseModel] | tuple[str, ...] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    refuses: tuple[HTTPStatus, ...] = (),
    query: dict[str, dict[str, Any]] | None = None,
    scope: Scope | None = None,
    open_to_all: bool = False,
    also: tuple[HTTPStatus, ...] = (),
) -> Callable[[View], View]:
    """Register a view, and tell of it in the description.

    scope: where it is another than the address and the method say. Raises UnplacedRouteError where
    they say none.
    """

    def register(view: View) -> View:
        name = view.__name__
        needs = scope or scopes.scope_of(method, path)
        _SCOPES[f"{blueprint.name}.{name}"] = needs
        if open_to_all:
            OPEN.add(f"{blueprint.name}.{name}")
        told = (summary, takes, gives, status, refuses, query or {}, needs, open_to_all, also)
        ROUTES.append(Route(method, path, name, *told))

        @wraps(view)
        def answered(**parts: str) -> Response:
            def act() -> Response:
                given = view(**parts)
                body, code = given if isinstance(given, tuple) else (given, status)
                return _response(body, code)

            if method != "POST" or needs not in scopes.WRITES:
                return act()
            streamed = isinstance(takes, tuple)
            return once.once(runtime().db, by(), now(), act, whole=not streamed)

        flask_path = path.replace("{", "<").replace("}", ">")
        blueprint.add_url_rule(flask_path, name, answered, methods=[method])
        return view

    return register


def _response(body: Answer, status: HTTPStatus) -> Response:
    if isinstance(body, Response):
        return body
    if body is None:
        return Response(status=status)
    plain = body.model_dump(mode="json", by_alias=True) if isinstance(body, BaseModel) else body
    return Response(problems.as_json(plain), status, mimetype=JSON)


@blueprint.before_request
def _only_with_a_token() -> None:
    """Closed unless opened: a route without an entry in the table lets nobody in."""
    if request.endpoint in OPEN:
        return
    caller = _caller()
    if caller is None:
        raise ProblemError(
            HTTPStatus.UNAUTHORIZED,
            "Send `Authorization: Bearer` with an API token.",
            headers={"WWW-Authenticate": 'Bearer realm="drumbeat"'},
        )
    pace.count(runtime(), caller.name)
    needs = _SCOPES[request.endpoint or ""]
    if needs is not None and needs not in caller.scopes:
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            f"This token may not do that: it lacks the scope `{needs}`.",
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{needs}"'},
        )
    g.caller = caller
    audit.begin()


def _caller() -> Caller | None:
    """Whose token came with the request; None where none did, or one that opens nothing."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        return None
    rt = runtime()
    expected = rt.settings.api_token.get_secret_value()
    if hmac.compare_digest(token.encode(), expected.encode()):
        return Caller("api", scopes.EVERY)
    if not token.startswith(tokens.PREFIX):
        return None
    row = tokens.find(rt.db, token, now())
    return Caller(f"api:{row['_id']}", frozenset(row["scopes"])) if row else None


def by() -> str:
    """Who changes something, for what is kept of it: `api`, or `api:` and the system's name."""
    caller: Caller = g.caller
    return caller.name


@blueprint.after_request
def _write_down(response: Response) -> Response:
    """Who changed what. Events are kept as such, each for itself, and are no changes of ours."""
    caller: Caller | None = g.get("caller")
    needs = _SCOPES.get(request.endpoint or "")
    if caller and needs in scopes.CHANGES and response.status_code < HTTPStatus.BAD_REQUEST:
        rt, action = runtime(), (request.endpoint or "").removeprefix(f"{blueprint.name}.")
        subject = request.view_args or {}
        audit.record(rt.db, rt.settings, by=caller.name, action=action, subject=subject, now=now())
    return response


@blueprint.after_request
def _tell_pace(response: Response) -> Response:
    return pace.tell(response)


@blueprint.after_app_request
def _no_pages_for_machines(response: Response) -> Response:
    return problems.in_place_of_pages("/api", response)


def runtime() -> Runtime:
    """This process's runtime."""
    return cast(Runtime, current_app.extensions["drumbeat"])


def now() -> datetime:
    """The moment of this request, UTC, as exact as MongoDB keeps it: an answer that was made
    before the write and one that is read afterwards are the same."""
    moment = clock.now()
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def json_body(most: int = MAX_JSON_BYTES) -> Any:
    """The request's JSON, of `most` bytes. Raises ProblemError with 400, 413 or 415."""
    if request.mimetype != JSON:
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Send a body of type {JSON}.")
    request.max_content_length = most
    try:
        return json.loads(request.get_data(cache=False), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise ProblemError(HTTPStatus.BAD_REQUEST, "The body is no JSON.") from None


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def body_as(model: type[Body], most: int = MAX_JSON_BYTES) -> Body:
    """The request's JSON as `model`. Raises ProblemError, with 422 where a value does not fit."""
    try:
        return model.model_validate(json_body(most))
    except ValidationError as error:
        raise problems.invalid(error) from None


def limit(default: int, most: int, name: str = "limit") -> int:
    """`?limit=`, from 1 to `most`. Raises ProblemError."""
    written = request.args.get(name, str(default))
    if not (written.isascii() and written.isdigit() and 1 <= int(written[:9]) <= most):
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"`{name}` is a number from 1 to {most}.")
    return int(written)


def cursor() -> ObjectId | None:
    """`?cursor=`, as `next` of the page before gave it; None on the first. Raises ProblemError."""
    written = request.args.get("cursor")
    if written is None:
        return None
    if not ObjectId.is_valid(written):
        raise ProblemError(HTTPStatus.BAD_REQUEST, "`cursor` is the `next` of another page.")
    return ObjectId(written)
