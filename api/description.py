"""The OpenAPI description of the API, made from the table of routes and their models.

Source: OpenAPI 3.1, https://spec.openapis.org/oas/v3.1.0
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

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
    HTTPStatus.SERVICE_UNAVAILABLE,
)  # fmt: skip

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
            "problem documents. Times are ISO 8601 in UTC.",
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
        "security": [{"token": [one.scope] if one.scope else []}],
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
    if isinstance(one.gives, str):
        kind = "object" if one.gives == JSON else "string"
        good["content"] = {one.gives: {"schema": {"type": kind}}}
    elif one.gives:
        good["content"] = {JSON: {"schema": schemas[one.gives, "serialization"]}}
    problem = {MEDIA_TYPE: {"schema": schemas[Problem, "serialization"]}}
    refused = {*_ALWAYS, *one.refuses}
    if _PARAMETER.search(one.path):
        refused.add(HTTPStatus.NOT_FOUND)
    if one.takes:
        refused |= {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE}
    return {
        str(one.status.value): good,
        **{str(s.value): {"description": s.phrase, "content": problem} for s in sorted(refused)},
    }
