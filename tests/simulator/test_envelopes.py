"""Our webhooks against Meta's own examples: whatever key an example has, ours has too."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests import meta_openapi
from tests.simulator.conftest import ASHA, Body, Business, Sim, price_list


def paths(value: Any, at: str = "") -> Iterator[str]:
    """Every key in `value` with all above it; the items of an array share one place."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield f"{at}/{key}"
            yield from paths(each, f"{at}/{key}")
    elif isinstance(value, list):
        for each in value:
            yield from paths(each, at)


def received(sim: Sim, business: Business) -> set[str]:
    sim.settle()
    return {path for value in business.values() for path in paths(value)}


def example(name: str) -> set[str]:
    body = meta_openapi.webhook_examples()[name]
    return set(paths(body["entry"][0]["changes"][0]["value"]))


def test_words_a_reaction_and_a_place_have_the_keys_of_metas_examples(
    sim: Sim, business: Business
) -> None:
    sim.send(ASHA, **price_list())
    sim.settle()
    sim.act(ASHA, text="hi")
    sim.act(ASHA, reaction="👍")
    sim.act(ASHA, image={"caption": "this one"})
    sim.act(ASHA, tap="See offers")
    place = {"latitude": 1.0, "longitude": 2.0, "name": "A", "address": "B", "url": "https://a.b"}
    sim.act(ASHA, message={"type": "location", "location": place})
    wanted = ["Text Message", "Reaction Message", "Image Message", "Location Message"]
    ours = received(sim, business)

    for name in [*wanted, "Button Message"]:
        assert example(name) - ours == set(), name


def choice(content: Body) -> Body:
    return {"type": "interactive", "interactive": {"body": {"text": "?"}, **content}}


@pytest.mark.parametrize(
    ("name", "content", "wish"),
    [
        (
            "Interactive Button Reply Message",
            {
                "type": "button",
                "action": {"buttons": [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}]},
            },
            {"tap": "Yes"},
        ),
        (
            "Interactive List Reply Message",
            {
                "type": "list",
                "action": {
                    "button": "Choose",
                    "sections": [{"rows": [{"id": "r", "title": "Row", "description": "One"}]}],
                },
            },
            {"list_row": "r"},
        ),
    ],
)
def test_choices_have_the_keys_of_metas_examples(
    sim: Sim, business: Business, name: str, content: Body, wish: Body
) -> None:
    sim.act(ASHA, text="hi")
    sim.send(ASHA, **choice(content))
    sim.settle()
    sim.act(ASHA, **wish)

    assert example(name) - received(sim, business) == set()
