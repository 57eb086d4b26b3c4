"""The description tells of every route, and of no other."""

import re
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator

from tests.api.conftest import Caller
from tests.api.test_events import CART


@pytest.fixture
def described(call: Caller) -> dict[str, Any]:
    answer = call("GET", "/openapi.json")
    assert answer.status_code == 200
    assert answer.json is not None
    return dict(answer.json)


def test_every_route_is_described(app: Flask, described: dict[str, Any]) -> None:
    routed = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    told = {(path, method) for path, item in described["paths"].items() for method in item}

    assert told == routed


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]

    named = set(re.findall(r"#/components/schemas/(\w+)", str(described)))

    assert named <= set(schemas)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def test_operations_have_names_of_their_own(described: dict[str, Any]) -> None:
    names = [op["operationId"] for item in described["paths"].values() for op in item.values()]

    assert len(names) == len(set(names))


def test_every_part_of_a_path_is_a_parameter(described: dict[str, Any]) -> None:
    for path, item in described["paths"].items():
        for operation in item.values():
            told = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
            assert told == set(re.findall(r"\{(\w+)\}", path))


def test_a_body_that_is_taken_fits_its_description(described: dict[str, Any]) -> None:
    operation = described["paths"]["/api/v1/events"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]

    Draft202012Validator({**schema, "components": described["components"]}).validate(CART)


@pytest.mark.parametrize("path", ["/contacts/{phone}", "/campaigns"])
def test_answers_fit_their_description(call: Caller, described: dict[str, Any], path: str) -> None:
    call("POST", "/contacts/import", data="phone\n+919812345670\n", content_type="text/csv")
    message = {"type": "triggered", "message": {"text": "Hello"}}
    call("PUT", "/campaigns/hello", json=message)
    operation = described["paths"][f"/api/v1{path}"]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]

    answer = call("GET", path.replace("{phone}", "919812345670"))

    assert answer.status_code == 200
    Draft202012Validator({**schema, "components": described["components"]}).validate(answer.json)
