"""Check message bodies against Meta's own OpenAPI file, with its known faults corrected.

The file (`business-messaging-api_v23.0.yaml` of github.com/facebook/openapi) is not part of this
repository: META_OPENAPI names it. Read literally it refuses what its own examples send, so
CORRECTIONS lists each departure with what justifies it: an example of the file's own, by name, or
Meta's documentation. Nothing else is changed.
"""

import copy
import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

Schema = dict[str, Any]
Body = dict[str, Any]
DOCS = "https://developers.facebook.com/docs/whatsapp/cloud-api"
MESSAGES = "/{Version}/{Phone-Number-ID}/messages"

# Examples of the file's own that no correction can save.
FAULTY_EXAMPLES = {
    "Send Sample Issue Resolution Template": "sends booleans where the text of a button belongs",
    "Send Reply to List Message": "leaves out the type, which is text then, and carries no text",
}
PLACEHOLDERS = {"<HEADER_TYPE>": "text"}


def problems(body: Body) -> list[str]:
    """What Meta's file has against `body`, a sentence each; empty where nothing.

    Skips the test where META_OPENAPI does not name the file.
    """
    validator = _mark_as_read() if "status" in body else _message(str(body.get("type", "text")))
    if validator is None:
        return [f"type: {body.get('type')!r} is no type of message"]
    return [
        f"{error.json_path}: {error.message}"
        for error in sorted(validator.iter_errors(body), key=lambda error: error.json_path)
    ]


def message_examples() -> dict[str, Body]:
    """The file's request bodies for /messages by name, placeholders filled where they matter."""
    content = _file()["paths"][MESSAGES]["post"]["requestBody"]["content"]["application/json"]
    return {
        name: _filled(example["value"])
        for name, example in content["examples"].items()
        if name not in FAULTY_EXAMPLES
    }


def webhook_examples() -> dict[str, Body]:
    """The file's examples of what Meta posts to a webhook, by name."""
    post = _file()["paths"]["/whatsapp/webhooks"]["post"]
    content = post["requestBody"]["content"]["application/json"]
    return {name: copy.deepcopy(each["value"]) for name, each in content["examples"].items()}


def schema_of(kind: str) -> Schema:
    """The corrected schema of one type of message, for tests that mutate bodies along it."""
    found: Schema = {"$ref": f"#/components/schemas/{_corrected()['kinds'][kind]}"}
    return found


# --- corrections: (what, why, how) ---------------------------------------------------------------


def _close_messages(schemas: Schema) -> None:
    for name in _kinds(schemas).values():
        own = schemas[name]["allOf"][1]
        if own.pop("additionalProperties", None) is False:
            schemas[name]["unevaluatedProperties"] = False


def _loosen_envelope(schemas: Schema) -> None:
    base = schemas["BaseMessageProperties"]
    base["required"] = ["messaging_product"]
    base["anyOf"] = [{"required": ["to"]}, {"required": ["recipient"]}]
    base["properties"]["recipient"] = {"type": "string"}
    base["properties"]["biz_opaque_callback_data"] = {"type": "string", "maxLength": 512}


def _loosen_language(schemas: Schema) -> None:
    schemas["LanguageObject"]["required"] = ["code"]


def _button_index(schemas: Schema) -> None:
    index = {
        "anyOf": [
            {"type": "string", "pattern": "^[0-9]$"},
            {"type": "integer", "minimum": 0, "maximum": 9},
        ]
    }
    schemas["TemplateComponent"]["properties"]["index"] = index
    schemas["ButtonComponent"]["allOf"][1]["properties"]["index"] = index


def _button_kinds(schemas: Schema) -> None:
    kinds = ["quick_reply", "url", "catalog", "flow", "copy_code"]
    enum = [*kinds, *(kind.upper() for kind in kinds)]
    schemas["TemplateComponent"]["properties"]["sub_type"]["enum"] = enum
    schemas["ButtonComponent"]["allOf"][1]["properties"]["sub_type"]["enum"] = enum


def _button_parameters(schemas: Schema) -> None:
    parameter = schemas["ButtonParameterObject"]
    parameter["properties"]["type"]["enum"] += ["action", "coupon_code"]
    extra = {"action": {"type": "object"}, "coupon_code": {"type": "string", "maxLength": 15}}
    for name, shape in extra.items():
        schemas[f"Button_{name}"] = {
            "type": "object",
            "required": ["type", name],
            "properties": {name: shape},
        }
        parameter["discriminator"]["mapping"][name] = f"#/components/schemas/Button_{name}"


def _coordinates(schemas: Schema) -> None:
    location = schemas["LocationMessage"]["allOf"][1]["properties"]["location"]
    for name in ("latitude", "longitude"):
        location["properties"][name] = {"type": ["string", "number"]}


def _header_location(schemas: Schema) -> None:
    parameter = schemas["ParameterObject"]
    parameter["properties"]["type"]["enum"].append("location")
    location = schemas["LocationMessage"]["allOf"][1]["properties"]["location"]
    schemas["LocationParameter"] = {
        "type": "object",
        "required": ["type", "location"],
        "properties": {"location": location},
    }
    parameter["discriminator"]["mapping"]["location"] = "#/components/schemas/LocationParameter"


def _named_parameters(schemas: Schema) -> None:
    name = {"type": "string", "minLength": 1}
    schemas["ParameterObject"]["properties"]["parameter_name"] = name


def _interactive_kinds(schemas: Schema) -> None:
    schemas["InteractiveObject"]["properties"]["type"]["enum"] += [
        "cta_url",
        "order_details",
        "order_status",
        "request_contact_info",
        "location_request_message",
    ]
    link = {
        "type": "object",
        "required": ["display_text", "url"],
        "properties": {
            "display_text": {"type": "string", "maxLength": 20},
            "url": {"type": "string"},
        },
    }
    named = {"required": ["name", "parameters"]}
    free = {"enum": ["review_and_pay", "review_order"]}
    ask = {"enum": ["request_contact_info", "send_location"]}
    schemas["ActionObject"]["oneOf"] += [
        {**named, "properties": {"name": {"const": "cta_url"}, "parameters": link}},
        {**named, "properties": {"name": free, "parameters": {"type": "object"}}},
        {"required": ["name"], "properties": {"name": ask}},
    ]


def _list_body(schemas: Schema) -> None:
    interactive = schemas["InteractiveObject"]
    longer = {"type": "object", "properties": {"text": {"type": "string", "maxLength": 4096}}}
    del interactive["properties"]["body"]
    is_list = {"properties": {"type": {"const": "list"}}}
    needs_text = {"required": ["text"]}
    interactive["if"] = is_list
    interactive["then"] = {"properties": {"body": {**longer, **needs_text}}}
    interactive["else"] = {"properties": {"body": {"$ref": "#/components/schemas/BodyObject"}}}


def _phone_kinds(schemas: Schema) -> None:
    schemas["PhoneObject"]["properties"]["type"]["enum"] += ["CELL", "MAIN", "IPHONE"]


CORRECTIONS: list[tuple[str, str, Callable[[Schema], None]]] = [
    (
        "allOf with additionalProperties: false becomes unevaluatedProperties: false",
        "each half would refuse the other's keys: 'Send Text Message'",
        _close_messages,
    ),
    (
        "recipient_type and type may go; recipient (BSUID) for to; biz_opaque_callback_data",
        f"'Send Test Message', 'Send Text Message with Preview URL'; {DOCS}/guides/send-messages",
        _loosen_envelope,
    ),
    ("language.policy may be left out", "'Send Test Message'", _loosen_language),
    (
        "a button's index is 0 to 9, as text or number",
        "'Send Message Template Interactive' ('0'), 'Send Catalog Template Message' (0)",
        _button_index,
    ),
    (
        "buttons may be flow and copy_code, and be written in capitals",
        f"'Send Flow Template Message', 'Send Catalog Template Message'; {DOCS}/guides",
        _button_kinds,
    ),
    (
        "a button's parameter may be an action or a coupon_code",
        f"'Send Flow Template Message'; {DOCS}/guides/send-message-templates",
        _button_parameters,
    ),
    ("latitude and longitude may be numbers", "'Send Location Message'", _coordinates),
    (
        "a template's header may be a location",
        f"{DOCS}/guides/send-message-templates",
        _header_location,
    ),
    (
        "parameters may be named",
        f"{DOCS}/guides/send-message-templates",
        _named_parameters,
    ),
    (
        "interactive messages may be links, orders and requests",
        f"'Send Order Details Message', 'Send Order Status Message'; {DOCS}/messages",
        _interactive_kinds,
    ),
    (
        "the body of a list holds 4096 characters",
        f"{DOCS}/messages/interactive-list-messages",
        _list_body,
    ),
    ("a phone may be CELL, MAIN or IPHONE", f"{DOCS}/messages/contacts-messages", _phone_kinds),
]


# --- loading -------------------------------------------------------------------------------------


@functools.cache
def _file() -> Schema:
    path = os.environ.get("META_OPENAPI", "")
    if not path or not Path(path).is_file():
        pytest.skip("META_OPENAPI does not name Meta's OpenAPI file, so nothing to compare with")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    whole: Schema = yaml.load(Path(path).read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader
    return whole


def _kinds(schemas: Schema) -> dict[str, str]:
    mapping = schemas["Message"]["discriminator"]["mapping"]
    return {kind: str(ref).rsplit("/", 1)[1] for kind, ref in mapping.items()}


@functools.cache
def _corrected() -> Schema:
    """`{"components": …, "kinds": {type: schema name}}`, corrected and with discriminators live."""
    schemas = copy.deepcopy(_file()["components"]["schemas"])
    for _, _, correct in CORRECTIONS:
        correct(schemas)
    return {"components": {"schemas": _discriminating(schemas)}, "kinds": _kinds(schemas)}


def _discriminating(schemas: Schema) -> Schema:
    """JSON Schema ignores `discriminator`; say the same with if/then where such a type is used.

    Inside allOf the reference is inheritance, so there the bare schema stays.
    """
    chosen = {
        name: {
            "allOf": [
                {"$ref": f"#/components/schemas/{name}"},
                *(
                    {
                        "if": {"required": ["type"], "properties": {"type": {"const": kind}}},
                        "then": {"$ref": target},
                    }
                    for kind, target in schema["discriminator"]["mapping"].items()
                ),
            ]
        }
        for name, schema in schemas.items()
        if isinstance(schema, dict)
        and "mapping" in schema.get("discriminator", {})
        and "oneOf" not in schema
    }

    def rewritten(node: Any, inside_all_of: bool) -> Any:
        if isinstance(node, list):
            return [rewritten(each, inside_all_of) for each in node]
        if not isinstance(node, dict):
            return node
        name = str(node.get("$ref", "")).rsplit("/", 1)[-1]
        if name in chosen and not inside_all_of:
            return chosen[name]
        return {key: rewritten(value, key == "allOf") for key, value in node.items()}

    return {name: rewritten(schema, False) for name, schema in schemas.items()}


@functools.cache
def _message(kind: str) -> jsonschema.Draft202012Validator | None:
    corrected = _corrected()
    if kind not in corrected["kinds"]:
        return None
    whole = {**schema_of(kind), "components": corrected["components"]}
    return jsonschema.Draft202012Validator(whole)


@functools.cache
def _mark_as_read() -> jsonschema.Draft202012Validator:
    """The file has no schema of it, only 'Send typing indicator and read receipt'."""
    text = {"type": "string"}
    typing = {"type": "object", "required": ["type"], "properties": {"type": {"const": "text"}}}
    return jsonschema.Draft202012Validator(
        {
            "type": "object",
            "required": ["messaging_product", "status", "message_id"],
            "properties": {
                "messaging_product": text,
                "status": {"const": "read"},
                "message_id": text,
                "typing_indicator": typing,
            },
            "additionalProperties": False,
        }
    )


def _filled(value: Any) -> Any:
    """A copy with placeholders that stand for one of several words replaced by such a word."""
    if isinstance(value, dict):
        return {key: _filled(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each) for each in value]
    return PLACEHOLDERS.get(value, value) if isinstance(value, str) else value
