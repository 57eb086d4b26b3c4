"""The OpenAPI description of the API, made from the table of routes and their models.

Source: OpenAPI 3.1, https://spec.openapis.org/oas/v3.1.0
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from accounts import scopes
from api import once, pace
from api.problems import MEDIA_TYPE, Problem
from api.routing import JSON, PREFIX, ROUTES, Answer, Route, route

_REF = "#/components/schemas/{model}"
_PARAMETER = re.compile(r"\{(\w+)\}")
_PARAMETERS = {
    "phone": "A phone number with or without `+`, or a BSUID.",
    "name": "The name of the campaign, segment or attribute.",
    "id": "Of an import: what it was answered with. Of a dead letter: as the list has it.",
    "number": "A version of the rule files.",
}
# Any route may answer these.
_ALWAYS = (
    HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS,
)  # fmt: skip

_KEY: dict[str, Any] = {
    "name": once.HEADER,
    "in": "header",
    "required": False,
    "description": "Of your choice: the same call with the same key is done once within 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}
_HEADERS: dict[str, Any] = {
    pace.POLICY: {"description": "How many calls within how long.", "schema": {"type": "string"}},
    pace.LIMIT: {"description": "What is left of them.", "schema": {"type": "string"}},
}

Mode = Literal["validation", "serialization"]
Schemas = Mapping[Any, dict[str, Any]]  # {(model, mode): schema}


@route("GET", "/openapi.json", "This description.", gives=JSON)
def get_openapi() -> Answer:
    return describe(ROUTES)


def describe(routes: list[Route]) -> dict[str, Any]:
    """The whole description. Pure."""
    schemas, definitions = models_json_schema(_models(routes), ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for one in routes:
        paths.setdefault(PREFIX + one.path, {})[one.method.lower()] = _operation(one, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Drumbeat",
            "version": "1",
            "description": "Contacts, campaigns, do-not-disturb and events. Errors are RFC 9457 "
            "problem documents. Times are ISO 8601 in UTC. The scopes of each operation stand in "
            "its `security`; a token that lacks one is answered 403.",
        },
        "paths": paths,
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _models(routes: list[Route]) -> list[tuple[type[BaseModel], Mode]]:
    models: dict[tuple[type[BaseModel], Mode], None] = {(Problem, "serialization"): None}
    for one in routes:
        if isinstance(one.takes, type):
            models[one.takes, "validation"] = None
        if isinstance(one.gives, type):
            models[one.gives, "serialization"] = None
    return list(models)


def _operation(one: Route, schemas: Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "responses": _responses(one, schemas),
        "security": [] if one.open_to_all else [{"token": [one.scope] if one.scope else []}],
    }
    names = _PARAMETER.findall(one.path)
    parameters: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PARAMETERS.get(name, ""),
            "schema": {"type": "string"},
        }
        for name in names
    ]
    parameters += [{"name": name, "in": "query", "schema": s} for name, s in one.query.items()]
    if is_kept(one):
        parameters.append(_KEY)
    if parameters:
        operation["parameters"] = parameters
    if isinstance(one.takes, tuple):
        content: dict[str, Any] = {media: {"schema": {"type": "string"}} for media in one.takes}
        operation["requestBody"] = {"required": True, "content": content}
    elif one.takes:
        content = {JSON: {"schema": schemas[one.takes, "validation"]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _responses(one: Route, schemas: Schemas) -> dict[str, Any]:
    good: dict[str, Any] = {"description": one.status.phrase}
    if isinstance(one.gives, str | tuple):
        kinds = (one.gives,) if isinstance(one.gives, str) else one.gives
        good["content"] = {
            kind: {"schema": {"type": "object" if kind == JSON else "string"}} for kind in kinds
        }
    elif one.gives:
        good["content"] = {JSON: {"schema": schemas[one.gives, "serialization"]}}
    problem = {MEDIA_TYPE: {"schema": schemas[Problem, "serialization"]}}
    refused = {*_ALWAYS, *one.refuses}
    if _PARAMETER.search(one.path):
        refused |= {HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST}
    if one.query:
        refused.add(HTTPStatus.BAD_REQUEST)
    if is_kept(one):
        refused |= {HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}
    if one.takes:
        refused |= {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE}
    answers = {
        **{str(s.value): {**good, "description": s.phrase} for s in (one.status, *one.also)},
        **{str(s.value): {"description": s.phrase, "content": problem} for s in sorted(refused)},
    }
    for answer in answers.values():
        answer["headers"] = dict(_HEADERS)
    limited = answers[str(HTTPStatus.TOO_MANY_REQUESTS.value)]
    limited["headers"]["Retry-After"] = {"description": "Seconds.", "schema": {"type": "string"}}
    return answers


def is_kept(one: Route) -> bool:
    """Whether its answer is kept for who repeats the call with the same key. Pure."""
    return one.method == "POST" and one.scope in scopes.WRITES
