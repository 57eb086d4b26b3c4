"""Whether the parameters of a send fit its template, and filling them in. Pure."""

import re
from collections.abc import Sequence
from typing import Any

from simulator.bodies.template import (
    BodyComponent,
    ButtonComponent,
    CurrencyParameter,
    DateTimeParameter,
    HeaderComponent,
    TextParameter,
)
from simulator.bodies.template import Template as Sent
from simulator.errors import GraphError
from simulator.templates import Template, buttons, component

PLACE = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
Parameter = Any  # one of the parameter models of simulator.bodies.template


def places(text: str) -> list[str]:
    """The variables of a text, each once, in order.

    >>> places("Hi {{first_name}}, order {{ 2 }}")
    ['first_name', '2']
    """
    return list(dict.fromkeys(PLACE.findall(text)))


def shown(parameter: Parameter) -> str:
    """What the phone shows for one parameter."""
    if isinstance(parameter, TextParameter):
        return parameter.text
    if isinstance(parameter, CurrencyParameter):
        return parameter.currency.fallback_value
    if isinstance(parameter, DateTimeParameter):
        return parameter.date_time.fallback_value
    return ""


def values(where: str, text: str, given: Sequence[Parameter], named: bool) -> dict[str, str]:
    """The value of each variable of `text`. Raises GraphError 132000 (count) or 132012 (names)."""
    wanted = places(text)
    if len(wanted) != len(given):
        raise GraphError(
            132000,
            f"{where}: number of localizable_params ({len(given)}) does not match the expected "
            f"number of params ({len(wanted)})",
        )
    if not named:
        return dict(zip(wanted, (shown(each) for each in given), strict=True))
    names = [each.parameter_name or "" for each in given]
    if sorted(names) != sorted(wanted):
        raise GraphError(132012, f"{where}: parameter names {names} do not match {wanted}")
    return {each.parameter_name or "": shown(each) for each in given}


def fill(text: str, with_values: dict[str, str]) -> str:
    """`text` with its variables replaced; a value is never searched for variables itself."""
    return PLACE.sub(lambda found: with_values.get(found[1], found[0]), text)


def check_header(template: Template, sent: Sent, named: bool) -> dict[str, str]:
    """The header's values. Raises GraphError 132000, 132012."""
    given = [
        parameter
        for each in sent.components
        if isinstance(each, HeaderComponent)
        for parameter in each.parameters
    ]
    part = component(template, "HEADER")
    kind = str(part.get("format", "TEXT")) if part else "TEXT"
    if kind == "TEXT":
        return values("header", str(part.get("text", "")) if part else "", given, named)
    received = [str(each.type).upper() for each in given] or ["UNKNOWN"]
    if received != [kind]:
        raise GraphError(
            132012, f"header: Format mismatch, expected {kind}, received {', '.join(received)}"
        )
    return {}


def check_body(template: Template, sent: Sent, named: bool) -> dict[str, str]:
    """The body's values. Raises GraphError 132000, 132012."""
    given = [
        parameter
        for each in sent.components
        if isinstance(each, BodyComponent)
        for parameter in each.parameters
    ]
    part = component(template, "BODY")
    return values("body", str(part.get("text", "")) if part else "", given, named)


def check_buttons(template: Template, sent: Sent) -> dict[int, ButtonComponent]:
    """The parameters by button. Raises GraphError 131008 (missing) or 132018 (none asked)."""
    given = {int(each.index): each for each in sent.components if isinstance(each, ButtonComponent)}
    known = buttons(template)
    for index, each in given.items():
        kind = str(known[index]["type"]).lower() if index < len(known) else "nothing"
        if kind != each.sub_type:
            raise GraphError(
                132018, f"buttons: Button at index {index} is {kind}, not {each.sub_type}"
            )
    for index, button in enumerate(known):
        asks = button["type"] == "COPY_CODE" or places(str(button.get("url", "")))
        if asks and index not in given:
            kind = str(button["type"]).capitalize()
            raise GraphError(
                131008, f"buttons: Button at index {index} of type {kind} requires a parameter"
            )
    return given


def is_named(template: Template) -> bool:
    return str(template.get("parameter_format", "POSITIONAL")).upper() == "NAMED"
