"""What the simulator takes as a message: never more than Meta's own OpenAPI file takes."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from simulator.bodies import parse
from simulator.errors import GraphError
from tests import meta_openapi

Body = dict[str, Any]
WRONG: list[Any] = [None, 7, True, "☃", "", "x" * 40_000, [], {}, 1.5, "draft"]
EXTRAS = ["surprise", "id", "link", "flow_name", "catalog_id", "recipient"]


def refused(body: Any) -> bool:
    try:
        parse(body)
    except GraphError:
        return True
    return False


def nodes(value: Any) -> Iterator[Any]:
    """Every object and array inside `value`, itself included."""
    if isinstance(value, dict | list):
        yield value
        for each in value.values() if isinstance(value, dict) else value:
            yield from nodes(each)


def mutations(body: Body) -> Iterator[Body]:
    """Copies of `body` with one thing wrong (or merely different) in each."""
    for place, node in enumerate(nodes(body)):
        keys = list(node) if isinstance(node, dict) else range(len(node))
        for key in keys:
            for wrong in WRONG:
                changed = copy.deepcopy(body)
                list(nodes(changed))[place][key] = wrong
                yield changed
            changed = copy.deepcopy(body)
            del list(nodes(changed))[place][key]
            yield changed
        for extra in EXTRAS if isinstance(node, dict) else EXTRAS[:1]:
            changed = copy.deepcopy(body)
            target = list(nodes(changed))[place]
            if isinstance(target, dict):
                target[extra] = "x"
            else:
                target.extend(copy.deepcopy(target[:1]) * 40)
            yield changed


def test_every_example_of_metas_is_taken() -> None:
    for name, body in meta_openapi.message_examples().items():
        assert meta_openapi.problems(body) == [], name
        parse(body)


def test_what_metas_file_refuses_is_refused_here() -> None:
    examples = meta_openapi.message_examples()
    tried = {repr(body): body for each in examples.values() for body in mutations(each)}
    taken = [body for body in tried.values() if not refused(body)]

    lenient = {repr(body)[:300]: found for body in taken if (found := meta_openapi.problems(body))}

    assert lenient == {}
    assert len(taken) > 300  # the models do not simply refuse everything
    assert len(tried) > 3 * len(taken)


def test_the_overlay_still_refuses_what_is_wrong() -> None:
    button = {"type": "button", "sub_type": "url", "index": "0", "parameters": []}
    wrong: list[Body] = [
        {"to": "+1", "type": "text", "text": {"body": "x"}},
        {"messaging_product": "whatsapp", "type": "text", "text": {"body": "x"}},
        {"messaging_product": "whatsapp", "to": "+1", "type": "text", "text": {}, "image": {}},
        {"messaging_product": "whatsapp", "to": "+1", "type": "image", "image": {}},
        {"messaging_product": "whatsapp", "to": "+1", "type": "poll"},
        {"messaging_product": "whatsapp", "status": "seen", "message_id": "wamid.x"},
        {
            "messaging_product": "whatsapp",
            "to": "+1",
            "type": "template",
            "template": {"name": "a", "language": {"code": "en"}, "components": [button]},
        },
        {
            "messaging_product": "whatsapp",
            "to": "+1",
            "type": "text",
            "text": {"body": "x"},
            "biz_opaque_callback_data": "x" * 513,
        },
    ]
    assert all(meta_openapi.problems(body) for body in wrong)


def test_every_correction_names_what_justifies_it() -> None:
    examples = {*meta_openapi.message_examples(), *meta_openapi.FAULTY_EXAMPLES}
    for _, why, _ in meta_openapi.CORRECTIONS:
        assert "https://" in why or any(f"'{name}'" in why for name in examples), why


def test_metas_webhook_examples_are_at_hand() -> None:
    examples = meta_openapi.webhook_examples()
    assert len(examples) >= 10
    assert all(body["object"] == "whatsapp_business_account" for body in examples.values())


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, 100),
        ({"messaging_product": "whatsapp", "to": "+1", "type": "text"}, 131008),
        ({"messaging_product": "whatsapp", "type": "text", "text": {"body": "x"}}, 131008),
        ({"messaging_product": "whatsapp", "to": "+1", "type": "poll"}, 131051),
        ({"messaging_product": "whatsapp", "to": "+1", "text": {"body": "x" * 4097}}, 131009),
        ({"messaging_product": "whatsapp", "to": "+1", "text": {"body": "x"}, "txet": 1}, 100),
        ({"messaging_product": "whatsapp", "to": None, "text": {"body": "x"}}, 131009),
    ],
)
def test_a_bad_body_gets_metas_code(body: Any, code: int) -> None:
    with pytest.raises(GraphError) as refusal:
        parse(body)
    assert refusal.value.code == code


def interactive(content: Body) -> Body:
    return {
        "messaging_product": "whatsapp",
        "to": "+1",
        "type": "interactive",
        "interactive": content,
    }


@pytest.mark.parametrize("titles", [["Yes"], ["Yes", "No", "Maybe"]])
def test_up_to_three_reply_buttons_are_taken(titles: list[str]) -> None:
    buttons = [{"type": "reply", "reply": {"id": each, "title": each}} for each in titles]
    parse(interactive({"type": "button", "body": {"text": "?"}, "action": {"buttons": buttons}}))


def test_a_list_holds_ten_rows_in_all_sections_together() -> None:
    rows = [{"id": str(n), "title": f"Row {n}"} for n in range(6)]
    sections = [{"title": "A", "rows": rows}, {"title": "B", "rows": rows}]
    action = {"button": "Choose", "sections": sections}
    assert refused(interactive({"type": "list", "body": {"text": "?"}, "action": action}))


def test_a_link_button_and_a_coupon_are_taken_though_the_file_forgets_them() -> None:
    link = {"name": "cta_url", "parameters": {"display_text": "See", "url": "https://a.example"}}
    parse(interactive({"type": "cta_url", "body": {"text": "?"}, "action": link}))
    coupon = {"type": "coupon_code", "coupon_code": "SAVE20"}
    button = {"type": "button", "sub_type": "copy_code", "index": "0", "parameters": [coupon]}
    content = {"name": "a", "language": {"code": "en"}, "components": [button]}
    whole = {"messaging_product": "whatsapp", "to": "+1", "type": "template", "template": content}
    parse(whole)
    assert meta_openapi.problems(whole) == []
