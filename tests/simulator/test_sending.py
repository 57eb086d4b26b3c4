"""What Meta answers to a send, and what becomes of it."""

import pytest
import requests

from tests.simulator.conftest import (
    ASHA,
    BILAL,
    CHEN,
    Body,
    Business,
    Sim,
    code,
    price_list,
    template,
    text,
)


def test_an_accepted_message_is_answered_as_meta_does(sim: Sim) -> None:
    answer = sim.send(ASHA, **price_list())

    assert answer.status_code == 200
    assert answer.json()["contacts"] == [{"input": f"+{ASHA}", "wa_id": ASHA}]
    message = answer.json()["messages"][0]
    assert message["id"].startswith("wamid.")
    assert message["message_status"] == "accepted"


def test_its_statuses_arrive_signed_in_order_and_echo_the_callback_data(
    sim: Sim, business: Business
) -> None:
    wamid = sim.send(ASHA, **price_list(), biz_opaque_callback_data="c1:r1").json()["messages"][0][
        "id"
    ]
    sim.settle()
    sim.control("POST", f"/people/{ASHA}/open")
    sim.settle()

    assert [each["status"] for each in business.statuses()] == ["sent", "delivered", "read"]
    assert {each["id"] for each in business.statuses()} == {wamid}
    assert {each["biz_opaque_callback_data"] for each in business.statuses()} == {"c1:r1"}
    assert business.unsigned == 0
    first = business.statuses()[0]
    assert first["recipient_id"] == ASHA
    assert first["recipient_user_id"].startswith("IN.")
    assert first["pricing"]["category"] == "marketing"
    assert "contacts" in business.values()[0]


def test_a_bsuid_goes_into_recipient(sim: Sim) -> None:
    user_id = sim.control("GET", f"/people/{CHEN}")["user_id"]
    answer = sim.post({"messaging_product": "whatsapp", "recipient": user_id, **price_list()})

    assert answer.json()["contacts"] == [{"input": user_id, "user_id": user_id}]
    sim.settle()
    assert sim.talk(CHEN)[-1]["status"] == "delivered"


def test_a_bsuid_in_to_is_answered_with_200_and_silently_dropped(
    sim: Sim, business: Business
) -> None:
    user_id = sim.control("GET", f"/people/{CHEN}")["user_id"]
    answer = sim.post({"messaging_product": "whatsapp", "to": user_id, **price_list()})
    sim.settle()

    assert answer.status_code == 200
    assert answer.json()["messages"][0]["id"]
    assert business.bodies == []
    assert sim.control("GET", "/counts")["dropped"] == 1
    assert sim.control("GET", "/counts")["accepted"] == 0


def test_without_the_token_there_is_401_and_code_190(sim: Sim) -> None:
    url = f"{sim.graph}/{sim.handle.config.phone_number_id}/messages"
    answer = requests.post(url, json={}, headers={"Authorization": "Bearer other"}, timeout=5)
    assert (answer.status_code, code(answer)) == (401, 190)


def test_an_unknown_number_id_is_100_with_subcode_33(sim: Sim) -> None:
    answer = sim.http.post(f"{sim.graph}/4711/messages", json={}, timeout=5)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["error_subcode"]) == (400, 100, 33)


def test_a_refusal_has_metas_shape(sim: Sim) -> None:
    error = sim.send(CHEN, **text()).json()["error"]
    assert error["message"] == "(#131047) Re-engagement message"
    assert error["error_data"]["messaging_product"] == "whatsapp"
    assert {"type", "code", "fbtrace_id"} <= set(error)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (template("nobody_knows_it"), 132001),
        (template("hello_world", language="hi"), 132001),
        (template("price_list"), 132000),
        (
            template(
                "price_list",
                [
                    {
                        "type": "body",
                        "parameters": [{"type": "text", "parameter_name": "name", "text": "A"}],
                    }
                ],
            ),
            132012,
        ),
        (
            template(
                "order_update", [{"type": "body", "parameters": [{"type": "text", "text": "A"}]}]
            ),
            132000,
        ),
        (
            template(
                "diwali_offer",
                [
                    {
                        "type": "body",
                        "parameters": [
                            {"type": "text", "parameter_name": "first_name", "text": "A"}
                        ],
                    }
                ],
            ),
            132012,
        ),
    ],
)
def test_a_template_that_does_not_fit_is_refused(sim: Sim, content: Body, expected: int) -> None:
    assert code(sim.send(ASHA, **content)) == expected


def test_a_paused_template_is_132015_until_it_is_approved_again(
    sim: Sim, business: Business
) -> None:
    sim.control("PATCH", "/templates/price_list", {"status": "PAUSED"})
    assert code(sim.send(ASHA, **price_list())) == 132015
    sim.control("PATCH", "/templates/price_list", {"status": "DISABLED"})
    assert code(sim.send(ASHA, **price_list())) == 132016
    sim.control("PATCH", "/templates/price_list", {"status": "APPROVED"})
    assert sim.send(ASHA, **price_list()).status_code == 200
    sim.settle()
    assert [value["event"] for value in business.values() if "event" in value] == [
        "PAUSED",
        "DISABLED",
        "APPROVED",
    ]


def test_free_words_need_an_open_window(sim: Sim) -> None:
    assert code(sim.send(ASHA, **text())) == 131047
    sim.act(ASHA, text="price")
    assert sim.send(ASHA, **text()).status_code == 200
    sim.clock.now += 24 * 3600 + 1
    assert code(sim.send(ASHA, **text())) == 131047


def test_who_stopped_marketing_gets_no_marketing_but_order_news(sim: Sim) -> None:
    sim.control("POST", f"/people/{BILAL}/preferences", {"value": "stop"})
    order = template(
        "order_update",
        [{"type": "body", "parameters": [{"type": "text", "text": each} for each in "AB"]}],
    )
    assert code(sim.send(BILAL, **price_list())) == 131050
    assert sim.send(BILAL, **order).status_code == 200
    sim.control("POST", f"/people/{BILAL}/preferences", {"value": "resume"})
    assert sim.send(BILAL, **price_list()).status_code == 200


def test_one_person_is_not_written_to_faster_than_the_pair_limit(sim: Sim) -> None:
    sim.control("PUT", "/settings", {"pair_rate": {"every_s": 6, "burst": 2}})
    answers = [code(sim.send(ASHA, **price_list())) for _ in range(3)]
    assert answers == [0, 0, 131056]
    assert sim.send(CHEN, **price_list()).status_code == 200
    sim.clock.now += 6
    assert code(sim.send(ASHA, **price_list())) == 0


def test_more_than_the_throughput_in_one_second_is_130429(sim: Sim) -> None:
    sim.control("PUT", "/settings", {"throughput": 5})
    answers = [code(sim.send(f"9198123450{n:02d}", **price_list())) for n in range(7)]
    assert answers == [0] * 5 + [130429] * 2
    sim.clock.now += 1
    assert code(sim.send(ASHA, **price_list())) == 0


def test_a_number_without_whatsapp_is_accepted_and_fails_later(
    sim: Sim, business: Business
) -> None:
    sim.control("PATCH", f"/people/{CHEN}", {"has_whatsapp": False})
    assert sim.send(CHEN, **price_list()).status_code == 200
    sim.settle()
    (status,) = business.statuses()
    assert (status["status"], status["errors"][0]["code"]) == ("failed", 131026)
    assert "contacts" not in business.values()[0]
    assert "recipient_user_id" not in status


def test_marking_as_read_turns_her_ticks_blue_and_may_show_typing(sim: Sim) -> None:
    (wamid,) = sim.act(ASHA, text="price")
    mark = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
    answer = sim.post({**mark, "typing_indicator": {"type": "text"}})
    assert answer.json() == {"success": True}
    assert sim.talk()[-1]["status"] == "read"
    assert sim.control("GET", f"/people/{ASHA}")["typing_until"] > sim.clock.now
    sim.send(ASHA, **text())
    assert sim.control("GET", f"/people/{ASHA}")["typing_until"] is None
    assert code(sim.post({**mark, "message_id": "wamid.unknown"})) == 131009


def test_every_accepted_message_is_listed_once_and_counted(sim: Sim) -> None:
    for n in range(3):
        sim.send(ASHA, **price_list(), biz_opaque_callback_data=f"d{n}")
    sim.send(CHEN, **text())
    found = sim.control("GET", "/sent?since=1")
    assert [each["callback_data"] for each in found["sent"]] == ["d1", "d2"]
    assert found["next"] == 3
    counts = sim.control("GET", "/counts")
    assert counts["by_recipient"] == {ASHA: 3}
    assert (counts["accepted"], counts["requests"]) == (3, 4)
    assert counts["refused_by_code"] == {"131047": 1}


def test_a_phone_shows_the_template_filled_in(sim: Sim) -> None:
    sim.send(ASHA, **price_list("Asha {{first_name}}"))
    shown = sim.talk()[-1]["shown"]
    assert shown["body"] == "Hi Asha {{first_name}}, here is our price list for this season."
    assert [button["payload"] for button in shown["buttons"]] == [
        "SEE_OFFERS",
        "Talk to us",
        "Stop promotions",
    ]
    assert "[See offers]" in sim.talk()[-1]["text"]


def test_a_one_time_password_needs_a_phone_number(sim: Sim) -> None:
    row = {
        "name": "code",
        "language": "en",
        "category": "AUTHENTICATION",
        "components": [{"type": "BODY", "text": "Your code"}],
    }
    sim.control("PUT", "/templates", [row])
    user_id = sim.control("GET", f"/people/{CHEN}")["user_id"]
    to_bsuid = {"messaging_product": "whatsapp", "recipient": user_id, **template("code")}
    assert code(sim.post(to_bsuid)) == 131062
    assert sim.send(CHEN, **template("code")).status_code == 200


def test_a_status_to_somebody_who_hides_the_number_names_the_bsuid_only(
    sim: Sim, business: Business
) -> None:
    sim.control("PATCH", f"/people/{CHEN}", {"hide_phone": True})
    user_id = sim.control("GET", f"/people/{CHEN}")["user_id"]
    sim.post({"messaging_product": "whatsapp", "recipient": user_id, **price_list()})
    sim.settle()
    assert {each["recipient_user_id"] for each in business.statuses()} == {user_id}
    assert not any("recipient_id" in each for each in business.statuses())
    assert not any("wa_id" in value["contacts"][0] for value in business.values())


def test_a_template_is_filled_in_header_body_and_buttons(sim: Sim) -> None:
    image = {"type": "image", "image": {"link": "https://example.com/diwali.jpg"}}
    name = {"type": "text", "parameter_name": "first_name", "text": "Asha"}
    suffix = {"type": "text", "text": "asha"}
    button = {"type": "button", "sub_type": "url", "index": "0"}
    parts: list[Body] = [
        {"type": "header", "parameters": [image]},
        {"type": "body", "parameters": [name]},
    ]
    assert code(sim.send(ASHA, **template("diwali_offer", parts))) == 131008
    parts.append({**button, "parameters": [suffix]})
    assert sim.send(ASHA, **template("diwali_offer", parts)).status_code == 200
    shown = sim.talk()[-1]["shown"]
    assert shown["header"] == {"kind": "image", "link": "https://example.com/diwali.jpg"}
    assert shown["body"].startswith("Happy Diwali, Asha!")
    assert shown["buttons"][0]["url"] == "https://shop.example.com/diwali/asha"
    parts[-1] = {**button, "index": "1", "parameters": [suffix]}
    assert code(sim.send(ASHA, **template("diwali_offer", parts))) == 132018
