"""The description as a page to read, made on the server: no script, nothing from elsewhere."""

from typing import Any

from flask import Response, render_template

from api.description import describe
from api.routing import ROUTES, Answer, route


@route(
    "GET",
    "/docs",
    "This description, to read. Open to everybody.",
    gives="text/html",
    open_to_all=True,
)
def get_docs() -> Answer:
    told = describe(ROUTES)
    return Response(render_template("api/docs.html", told=told, parts=_parts(told)))


def _parts(told: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """{first word of the address: its operations}, in the order of the addresses. Pure."""
    parts: dict[str, list[dict[str, Any]]] = {}
    for path, item in sorted(told["paths"].items()):
        for method, operation in item.items():
            shown = {**_shown(operation), "method": method.upper(), "path": path}
            parts.setdefault(path.split("/")[3], []).append(shown)
    return parts


def _shown(operation: dict[str, Any]) -> dict[str, Any]:
    scopes = [scope for one in operation["security"] for scope in one.get("token", [])]
    answers = {
        status: (answer["description"], _media(answer))
        for status, answer in operation["responses"].items()
    }
    body = _media(operation.get("requestBody", {}))
    return {**operation, "scope": ", ".join(scopes), "body": body, "answers": answers}


def _media(holder: dict[str, Any]) -> dict[str, str]:
    """{media type: the name of its schema, or its kind}. Pure."""
    found = {}
    for media, content in holder.get("content", {}).items():
        schema = content["schema"]
        found[media] = str(schema.get("$ref", schema.get("type", ""))).rpartition("/")[2]
    return found
