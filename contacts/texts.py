"""Texts with `{{ contact.first_name }}` in them: checked when written, filled in in a sandbox.

Authors need values and simple choices; whatever could keep a worker busy or fill its memory
(loops, assignments, calls, multiplication, padding) is not part of the language.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Template, TemplateError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from store.documents.contact import Contact

NAMES = frozenset({"contact", "event"})  # what a text may speak of


class _Environment(ImmutableSandboxedEnvironment):
    """A dot leads into a mapping's keys and never to its methods: carts have `items`."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Mapping):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


_ENV = _Environment(autoescape=False, optimized=False)
_ENV.globals.clear()
_ENV.filters = {
    name: _ENV.filters[name]
    for name in (
        "abs", "capitalize", "d", "default", "first", "float", "int", "join", "last", "length",
        "lower", "round", "title", "trim", "truncate", "upper",
    )
}  # fmt: skip
_LANGUAGE = frozenset(
    {
        nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr,
        nodes.Getitem, nodes.Filter, nodes.Keyword, nodes.If, nodes.CondExpr, nodes.Compare,
        nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Test, nodes.Concat, nodes.Add,
        nodes.Sub, nodes.Neg,
    }
)  # fmt: skip


class TextError(Exception):
    """A text could not be filled in for a person. Its words are fixed: no value stands in them."""


def fault(text: str, names: frozenset[str] = NAMES) -> str | None:
    """Why `text` is no text of ours, as a sentence; None where it is one."""
    if is_plain(text):
        return None
    try:
        tree = _ENV.parse(text)
        refused = next((n for n in tree.find_all(nodes.Node) if type(n) not in _LANGUAGE), None)
        if refused is not None:
            what = type(refused).__name__.lower()
            return f"{what} is not for these texts; {{{{ value }}}} and {{% if %}} are"
        if any(node.attr.startswith("_") for node in tree.find_all(nodes.Getattr)):
            return "names that begin with _ are not for these texts"
        unknown = sorted(meta.find_undeclared_variables(tree) - names)
        if unknown:
            return f"{unknown[0]!r} is unknown here: a text may speak of {', '.join(sorted(names))}"
        _ENV.from_string(text)
    except TemplateError as error:
        return f"is no template: {error.message or type(error).__name__}"
    except RecursionError:
        return "is nested too deeply"
    return None


def is_plain(text: str) -> bool:
    """Whether what is written is what is sent, so that its length is known now."""
    return not any(mark in text for mark in ("{{", "{%", "{#"))


@lru_cache(maxsize=2048)
def _compiled(text: str) -> Template:
    return _ENV.from_string(text)


def fill(text: str, context: Mapping[str, Any]) -> str:
    """`text` with its values put in; missing ones are empty. Raises TextError."""
    if is_plain(text):
        return text
    try:
        return _compiled(text).render(context)
    except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError) as error:
        # What a filter makes of a person's own data is nobody's to foresee.
        raise TextError(f"the text could not be filled in ({type(error).__name__})") from None


def context(contact: Contact, event: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What texts may speak of. `first_name` is undefined where no name is known, so that a
    `default('friend')` takes its place. Pure."""
    speaks: dict[str, Any] = {**contact["attributes"], "attributes": contact["attributes"]}
    given = (contact["name"] or "").split()
    facts = {
        "name": contact["name"],
        "first_name": contact["attributes"].get("first_name") or (given[0] if given else None),
        "language": contact["language"],
        "country": contact["country"],
        "segments": contact["segments"],
        "phone": contact["wa_id"] and f"+{contact['wa_id']}",
    }
    speaks.update({name: value for name, value in facts.items() if value})
    return {"contact": speaks, "event": dict(event or {})}
