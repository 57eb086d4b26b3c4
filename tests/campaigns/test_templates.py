"""What a campaign fills in, held against what its template wants."""

from typing import Any

import pytest

from campaigns import templates
from campaigns.messages import CampaignMessage
from contacts import texts
from deliveries import links
from runtime import Runtime
from simulator import server as simulator
from simulator.templates import samples
from store import templates as kept
from store.documents.template import Template
from tests.clock import NOW
from tests.conftest import control
from tests.meta_openapi import problems
from whatsapp import messages
from whatsapp.client import GraphError, WhatsApp

SAMPLES = {sample["name"]: templates._document(sample, NOW) for sample in samples()}
NOBODY: dict[str, Any] = {"contact": {}, "event": {}}


def message(name: str, **fields: Any) -> CampaignMessage:
    language = SAMPLES[name]["language"]
    return CampaignMessage.model_validate({"template": name, "language": language, **fields})


def misfits(name: str, **fields: Any) -> dict[str, str]:
    found = templates.misfits(message(name, **fields), SAMPLES[name])
    return {problem.path: problem.message for problem in found}


GOOD = {
    "header": {"image": {"link": "https://x.in/a.jpg"}},
    "parameters": {"first_name": "{{ contact.first_name | default('friend') }}"},
    "buttons": {0: {"url": "asha"}, 1: {"payload": "INTERESTED"}},
}


def test_what_fits_has_no_misfits_and_fits_meta() -> None:
    assert misfits("diwali_offer", **GOOD) == {}

    content = templates.content(message("diwali_offer", **GOOD), NOBODY)
    body = messages.envelope(content, wa_id="919812345670", bsuid=None)

    assert problems(body) == []
    assert content["template"]["components"][1]["parameters"][0]["text"] == "friend"


@pytest.mark.parametrize(
    ("name", "fields", "path", "says"),
    [
        ("price_list", {}, "message.parameters.first_name", "it is missing"),
        ("price_list", {"parameters": ["Asha"]}, "message.parameters", "names them: first_name"),
        ("price_list", {"parameters": {"x": "1"}}, "message.parameters.x", "no such parameter"),
        ("order_update", {"parameters": ["one"]}, "message.parameters", "has 2, 1 are given"),
        ("hello_world", {"header": {"text": "x"}}, "message.header", "takes nothing"),
        ("diwali_offer", {**GOOD, "header": None}, "message.header", "wants its image"),
        ("diwali_offer", {**GOOD, "buttons": {}}, "message.buttons.0", "wants its url"),
        (
            "diwali_offer",
            {**GOOD, "buttons": {0: {"payload": "X"}}},
            "message.buttons.0",
            "is a URL button, which takes url",
        ),
        (
            "diwali_offer",
            {**GOOD, "buttons": {0: {"url": "x"}, 7: {"payload": "X"}}},
            "message.buttons.7",
            "has 3 buttons",
        ),
    ],
)
def test_what_does_not_fit_is_named(
    name: str, fields: dict[str, Any], path: str, says: str
) -> None:
    found = misfits(name, **fields)

    assert says in found.get(path, ""), found


def test_a_parameter_that_comes_out_empty_is_not_sent() -> None:
    bare = message("price_list", parameters={"first_name": "{{ contact.first_name }}"})

    with pytest.raises(texts.TextError, match="give it a default"):
        templates.content(bare, NOBODY)


def test_line_ends_in_a_parameter_are_spaces() -> None:
    one = message("price_list", parameters={"first_name": "{{ contact.first_name }}"})

    content = templates.content(one, {"contact": {"first_name": "Asha\n\tMaria"}})

    assert content["template"]["components"][0]["parameters"][0]["text"] == "Asha Maria"


def test_counted_parameters_go_by_their_number_and_not_by_their_line() -> None:
    written = {"10": "j", "2": "b", "1": "a"}

    content = templates.content(message("order_update", parameters=written), NOBODY)

    assert content["template"]["components"][0]["parameters"] == [
        {"type": "text", "text": text} for text in ("a", "b", "j")
    ]


def made(*components: dict[str, Any], named: bool = True) -> Template:
    listed = {"name": "made", "language": "en", "status": "APPROVED", "category": "UTILITY"}
    shape = {"parameter_format": "NAMED" if named else "POSITIONAL", "components": list(components)}
    return templates._document({**listed, **shape}, NOW)


@pytest.mark.parametrize(("named", "name"), [(True, {"parameter_name": "order"}), (False, {})])
def test_a_headers_variable_is_named_where_the_template_names_it(
    named: bool, name: dict[str, str]
) -> None:
    text = "Order {{order}}" if named else "Order {{1}}"
    template = made({"type": "HEADER", "format": "TEXT", "text": text}, named=named)
    one = CampaignMessage.model_validate(
        {"template": "made", "language": "en", "header": {"text": "A-1"}}
    )

    content = templates.content(one, NOBODY, template)

    assert templates.misfits(one, template) == []
    assert content["template"]["components"] == [
        {"type": "header", "parameters": [{"type": "text", **name, "text": "A-1"}]}
    ]
    assert problems(messages.envelope(content, wa_id="919812345670", bsuid=None)) == []


@pytest.mark.parametrize(
    ("component", "what"),
    [
        ({"type": "HEADER", "format": "PRODUCT"}, "a product header"),
        ({"type": "CAROUSEL", "cards": []}, "a carousel"),
        ({"type": "limited_time_offer"}, "a limited time offer"),
    ],
)
def test_a_template_that_campaigns_cannot_fill_in_is_told_before_anything_is_sent(
    component: dict[str, Any], what: str
) -> None:
    one = CampaignMessage.model_validate({"template": "made", "language": "en"})

    (problem,) = templates.misfits(one, made(component))

    assert problem.message == f"has {what}, which campaigns cannot fill in"


PLACE = {"latitude": 18.5204, "longitude": 73.8567, "name": "{{ contact.city | default('Pune') }}"}
RICH = {
    "header": {"location": PLACE},
    "buttons": {
        0: {"flow": {"data": {"city": "{{ contact.city | default('Pune') }}", "seats": 2}}},
        1: {"code": "{{ contact.code | default('SAVE20') }}"},
    },
}
RICH_PARTS: list[dict[str, Any]] = [
    {"type": "HEADER", "format": "LOCATION"},
    {"type": "BUTTONS", "buttons": [{"type": "FLOW"}, {"type": "COPY_CODE"}]},
]


def rich(**changes: Any) -> CampaignMessage:
    return CampaignMessage.model_validate({"template": "made", "language": "en", **RICH, **changes})


def test_a_place_a_flow_and_a_coupon_are_filled_in_as_meta_wants_them() -> None:
    assert templates.misfits(rich(), made(*RICH_PARTS)) == []

    content = templates.content(rich(), {"contact": {"city": "Goa"}, "event": {}})
    body = messages.envelope(content, wa_id="919812345670", bsuid=None)

    assert problems(body) == []
    header, flow, code = (part["parameters"][0] for part in content["template"]["components"])
    assert header["location"] == {"latitude": "18.520400", "longitude": "73.856700", "name": "Goa"}
    data = {"city": "Goa", "seats": 2}
    assert flow["action"] == {"flow_token": "unused", "flow_action_data": data}
    assert code["coupon_code"] == "SAVE20"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"header": None}, "message.header"),
        ({"header": {"text": "Pune"}}, "message.header"),
        ({"buttons": {0: {"url": "x"}, 1: {"code": "A"}}}, "message.buttons.0"),
        ({"buttons": {0: {"flow": {}}}}, "message.buttons.1"),
    ],
)
def test_what_does_not_fit_a_place_a_flow_or_a_coupon_is_named(
    changes: dict[str, Any], path: str
) -> None:
    assert [one.path for one in templates.misfits(rich(**changes), made(*RICH_PARTS))] == [path]


GO = "https://go.shop.example"
LED = templates._document(
    {
        "name": "made",
        "language": "en",
        "components": [
            {
                "type": "BUTTONS",
                "buttons": [
                    {"type": "QUICK_REPLY", "text": "Yes"},
                    {"type": "URL", "text": "See", "url": f"{GO}/r/{{{{1}}}}"},
                    {"type": "URL", "text": "More", "url": f"https://else.example{GO}/r/{{{{1}}}}"},
                    {"type": "URL", "text": "All", "url": f"{GO}/r/{{{{1}}}}/more"},
                ],
            }
        ],
    },
    NOW,
    GO,
)


def leading(url: str) -> CampaignMessage:
    buttons = {1: {"url": url}, 2: {"url": "x"}, 3: {"url": "y"}}
    return CampaignMessage.model_validate(
        {"template": "made", "language": "en", "buttons": buttons}
    )


def test_a_button_that_leads_to_ours_takes_a_whole_address() -> None:
    one = leading("https://shop.example/{{ contact.city }}")
    assert templates.misfits(one, LED) == []

    content = templates.content(one, {"contact": {"city": "Pune"}, "event": {}}, LED)

    assert content["landing"] == [1]
    assert links.targets(content) == ["https://shop.example/Pune"]
    plain = {**LED}
    del plain["links"]
    assert "landing" not in templates.content(one, {"contact": {"city": "x"}, "event": {}}, plain)  # type: ignore[arg-type]  # as it was synced without the setting


def test_what_is_no_address_behind_such_a_button_is_told() -> None:
    [problem] = templates.misfits(leading("lamps"), LED)
    assert problem.path == "message.buttons.1"
    assert "whole https:// address" in problem.message

    with pytest.raises(texts.TextError, match="no web address"):
        templates.content(leading("{{ contact.city | default('Pune') }}"), NOBODY, LED)


def test_a_code_that_comes_out_too_long_is_not_sent() -> None:
    with pytest.raises(texts.TextError, match="longer than 15"):
        templates.content(rich(), {"contact": {"code": "A" * 16}, "event": {}})
    with pytest.raises(ValueError, match="longer than 15"):
        rich(buttons={1: {"code": "A" * 16}})


def test_metas_two_ways_to_write_a_language_are_one() -> None:
    assert templates.normal_language("en-US") == templates.normal_language("en_US") == "en_US"


def test_a_sync_keeps_exactly_what_meta_lists(rt: Runtime, meta: simulator.Handle) -> None:
    assert templates.sync(rt, NOW) == len(samples())
    control(meta, "PUT", "templates", {"data": samples()[:1]})

    assert templates.sync(rt, NOW) == 1
    assert [row["_id"] for row in kept.all_of_them(rt.db)] == ["price_list:en"]


def test_a_sync_that_fails_changes_nothing(rt: Runtime, meta: simulator.Handle) -> None:
    templates.sync(rt, NOW)
    wrong = WhatsApp(meta.url, "v25.0", "a wrong token", "1", rt.whatsapp.waba_id)
    broken = Runtime(rt.settings, rt.db, rt.redis, wrong, rt.pace)

    with pytest.raises(GraphError):
        templates.sync(broken, NOW)

    assert len(kept.all_of_them(rt.db)) == len(samples())
