"""What people do with their phones, and how the business hears of it."""

import json

import pytest
import requests

from tests.simulator.conftest import ASHA, CHEN, Business, Sim, price_list, text


def test_her_words_arrive_in_the_shape_of_2026(sim: Sim, business: Business) -> None:
    (wamid,) = sim.act(ASHA, text="क्या price है? 😀")
    sim.settle()
    (value,) = business.values()
    assert value["metadata"]["phone_number_id"] == sim.handle.config.phone_number_id
    assert value["contacts"][0]["profile"] == {"name": "Asha"}
    message = value["messages"][0]
    assert (message["id"], message["from"]) == (wamid, ASHA)
    assert message["from_user_id"] == value["contacts"][0]["user_id"]
    assert message["text"] == {"body": "क्या price है? 😀"}
    assert isinstance(message["timestamp"], str)
    assert business.bodies[0].isascii()
    assert business.unsigned == 0


def test_who_hides_the_number_is_known_by_bsuid_only(sim: Sim, business: Business) -> None:
    sim.control("PATCH", f"/people/{CHEN}", {"hide_phone": True, "username": "chen.w"})
    sim.act(CHEN, text="hi")
    sim.settle()
    assert CHEN not in business.bodies[0].decode()
    assert business.messages()[0]["from_user_id"].startswith("SG.")
    assert business.values()[0]["contacts"][0]["profile"]["username"] == "chen.w"


def test_tapping_a_quick_reply_sends_the_senders_payload(sim: Sim, business: Business) -> None:
    wamid = sim.send(ASHA, **price_list()).json()["messages"][0]["id"]
    sim.settle()
    sim.act(ASHA, tap="See offers")
    sim.act(ASHA, tap="Talk to us", of=wamid)
    sim.settle()
    first, second = business.messages()
    assert first["button"] == {"payload": "SEE_OFFERS", "text": "See offers"}
    assert first["context"] == {"from": sim.handle.config.display_phone_number, "id": wamid}
    assert second["button"]["payload"] == "Talk to us"


def test_tapping_means_having_read(sim: Sim) -> None:
    sim.send(ASHA, **price_list())
    sim.settle()
    sim.act(ASHA, tap="SEE_OFFERS")
    sim.settle()
    assert sim.talk()[0]["status"] == "read"


def test_reply_buttons_and_list_rows_come_back_as_interactive(sim: Sim, business: Business) -> None:
    sim.act(ASHA, text="hi")
    buttons = [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}]
    question = {"type": "button", "body": {"text": "?"}, "action": {"buttons": buttons}}
    sim.send(ASHA, type="interactive", interactive=question)
    rows = [{"id": "r1", "title": "Sarees", "description": "from 999"}]
    action = {"button": "Choose", "sections": [{"title": "All", "rows": rows}]}
    menu = {"type": "list", "body": {"text": "?"}, "action": action}
    sim.send(ASHA, type="interactive", interactive=menu)
    sim.settle()

    sim.act(ASHA, tap="Yes")
    sim.act(ASHA, list_row="Sarees")
    sim.settle()

    replies = [each["interactive"] for each in business.messages()[1:]]
    assert replies[0] == {"type": "button_reply", "button_reply": {"id": "y", "title": "Yes"}}
    assert replies[1] == {"type": "list_reply", "list_reply": rows[0]}


def test_a_link_opens_a_page_and_tells_the_business_nothing(sim: Sim, business: Business) -> None:
    sim.act(ASHA, text="hi")
    link = {"name": "cta_url", "parameters": {"display_text": "Shop", "url": "https://a.example"}}
    content = {"type": "cta_url", "body": {"text": "?"}, "action": link}
    sim.send(ASHA, type="interactive", interactive=content)
    sim.settle()
    answer = sim.control("POST", f"/people/{ASHA}/messages", {"tap": "Shop"})
    assert answer == {"wamids": [], "url": "https://a.example"}
    sim.settle()
    assert len(business.messages()) == 1


def test_a_filled_in_form_comes_back_as_a_flow_reply(sim: Sim, business: Business) -> None:
    sim.act(ASHA, text="hi")
    flow = {"flow_message_version": "3", "flow_cta": "Open", "flow_id": "1", "flow_token": "t1"}
    content = {
        "type": "flow",
        "body": {"text": "?"},
        "action": {"name": "flow", "parameters": flow},
    }
    sim.send(ASHA, type="interactive", interactive=content)
    sim.settle()
    sim.act(ASHA, tap="Open")
    sim.settle()
    reply = business.messages()[-1]["interactive"]["nfm_reply"]
    assert json.loads(reply["response_json"]) == {"flow_token": "t1"}


def test_reactions_images_and_anything_else_can_be_sent(sim: Sim, business: Business) -> None:
    wamid = sim.send(ASHA, **price_list()).json()["messages"][0]["id"]
    sim.settle()
    sim.act(ASHA, reaction="👍")
    sim.act(ASHA, image={"caption": "like this one"})
    sim.act(ASHA, message={"type": "location", "location": {"latitude": 1.0, "longitude": 2.0}})
    sim.settle()
    reaction, image, location = business.messages()
    assert reaction["reaction"] == {"message_id": wamid, "emoji": "👍"}
    assert image["image"]["caption"] == "like this one"
    assert location["location"]["latitude"] == 1.0
    assert sim.talk()[0]["reaction"] == "👍"


@pytest.mark.parametrize(
    "wish", [{"tap": "no such button"}, {"list_row": "x"}, {"reaction": "👍"}, {}, {"message": {}}]
)
def test_what_a_phone_cannot_do_is_409_with_a_reason(sim: Sim, wish: dict[str, str]) -> None:
    answer = sim.http.post(f"{sim.handle.url}/sim/people/{CHEN}/messages", json=wish, timeout=5)
    assert answer.status_code == 409
    assert answer.json()["error"]


def test_a_phone_that_is_off_sends_nothing(sim: Sim) -> None:
    sim.control("PATCH", f"/people/{CHEN}", {"online": False})
    with pytest.raises(requests.HTTPError, match="409"):
        sim.act(CHEN, text="hi")


def test_a_preference_is_reported_with_a_number_for_a_timestamp(
    sim: Sim, business: Business
) -> None:
    sim.control("POST", f"/people/{ASHA}/preferences", {"value": "stop"})
    sim.settle()
    (value,) = business.values()
    (told,) = value["user_preferences"]
    assert (told["value"], told["category"]) == ("stop", "marketing_messages")
    assert isinstance(told["timestamp"], int)
    with pytest.raises(requests.HTTPError, match="400"):
        sim.control("POST", f"/people/{ASHA}/preferences", {"value": "maybe"})


def test_a_stranger_who_writes_appears_among_the_people(sim: Sim) -> None:
    sim.send("919812345679", **price_list())
    listed = [each["wa_id"] for each in sim.control("GET", "/people")["people"]]
    assert "919812345679" not in listed
    sim.act("919812345679", text="who is this?")
    listed = [each["wa_id"] for each in sim.control("GET", "/people")["people"]]
    assert "919812345679" in listed


def test_a_business_reaction_lands_on_her_message(sim: Sim) -> None:
    (wamid,) = sim.act(ASHA, text="hi")
    reaction = {"message_id": wamid, "emoji": "❤"}
    assert sim.send(ASHA, type="reaction", reaction=reaction).status_code == 200
    assert sim.talk()[0]["reaction"] == "❤"
    assert sim.send(ASHA, **text()).status_code == 200
