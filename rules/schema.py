"""The language of rule files as a JSON Schema, from the models that check them, for editors.

The models take short forms (a bare value, an action's name alone) before they look at fields; each
model says here how it is written, so that what completes in an editor is what the check takes.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from config.strict import Name
from deliveries.replies import ListMenu, Section
from rules.acts import Act
from rules.conditions import Comparison, When
from rules.event import CAMPAIGN_EVENTS, MESSAGE, NEGATIVES
from rules.model import ActionItem, Intent, Rule
from rules.vocabulary import ATTRIBUTE, CAMPAIGN_TYPES, FACTS, PROPERTY, WEEKDAYS

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_CHOICES = {
    "event": (MESSAGE, *sorted(CAMPAIGN_EVENTS), *sorted(NEGATIVES)),
    "local_weekday": WEEKDAYS,
    "campaign_type": CAMPAIGN_TYPES,
}
_BARE = {"type": ["string", "number", "boolean"]}


class RuleFile(BaseModel):
    """One rule file."""

    model_config = ConfigDict(extra="forbid", title="Drumbeat rule file")

    intents: dict[Name, Intent] | None = Field(None, description="What people mean.")
    rules: list[Rule] | None = Field(None, description="What is done when something holds.")


def schema() -> dict[str, Any]:
    """The whole schema, the same each time."""
    made = RuleFile.model_json_schema(by_alias=True, schema_generator=_AsWritten)
    _list_menu(made["$defs"])
    return {"$schema": DIALECT, **made}


class _AsWritten(GenerateJsonSchema):
    """Each model in all the forms in which it may be written."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        cls = schema["cls"]
        if issubclass(cls, Comparison):
            return _either(_BARE, made)
        if issubclass(cls, When):
            return _facts(made)
        if issubclass(cls, ActionItem):
            return _one_action(made)
        if issubclass(cls, Act) and cls.short_for:
            return _short(cls, made)
        return made


def _either(*forms: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": list(forms)}


def _facts(made: dict[str, Any]) -> dict[str, Any]:
    """Facts stand beside `all`, `any`, `not` and `after`."""
    written = dict(made["properties"])
    comparison = written.pop("facts")["additionalProperties"]
    named = {}
    for fact in FACTS:
        if fact in _CHOICES:
            named[fact] = {"anyOf": [{"enum": list(_CHOICES[fact])}, comparison]}
        elif fact not in written:
            named[fact] = comparison
    return {
        "title": "When",
        "description": "Everything that stands side by side must hold.",
        "type": "object",
        "minProperties": 1,
        "properties": {**named, **written},
        "patternProperties": {
            f"^{prefix.replace('.', '[.]')}[^ $]+$": comparison for prefix in (ATTRIBUTE, PROPERTY)
        },
        "additionalProperties": False,
    }


def _one_action(made: dict[str, Any]) -> dict[str, Any]:
    """One key, or an action's name alone."""
    names = list(made["properties"])
    properties = {
        name: next(part for part in value["anyOf"] if part != {"type": "null"})
        for name, value in made["properties"].items()
    }
    written = {**made, "properties": properties, "minProperties": 1, "maxProperties": 1}
    return _either(written, {"enum": names})


def _short(cls: type[Act], made: dict[str, Any]) -> dict[str, Any]:
    """A bare value for the field that is meant most often; nothing at all where nothing must be."""
    name = str(cls.short_for)
    field = next(one for key, one in cls.model_fields.items() if name in (key, one.alias))
    forms = [made["properties"][field.alias or name]]
    if cls.takes_name:
        forms.append({"type": "string"})
    if not cls.always_short:
        forms.append(made)
        if not made.get("required"):
            forms.append({"type": "null"})
    told: dict[str, Any] = {key: made[key] for key in ("title", "description") if key in made}
    return {**told, **_either(*forms)} if len(forms) > 1 else {**forms[0], **told}


def _list_menu(defs: dict[str, Any]) -> None:
    """`rows` alone is short for one section."""
    menu = defs[ListMenu.__name__]
    menu["properties"]["rows"] = defs[Section.__name__]["properties"]["rows"]
    menu["required"] = ["button"]
