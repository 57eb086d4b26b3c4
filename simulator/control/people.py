"""`/sim/people`: who holds the phones, and what they do with them."""

from flask import Blueprint, Response, abort, jsonify, request
from pydantic import Field

from simulator import life, phones
from simulator.control.given import checked, given
from simulator.graph import machine
from simulator.people import Person, digits, newcomer
from simulator.settings import Loose

people = Blueprint("people", __name__, url_prefix="/sim/people")


class NewPerson(Loose):
    wa_id: str = Field(pattern=r"^\+?[0-9][0-9 ()-]{5,24}$")
    name: str = Field(default="", max_length=80)
    user_id: str | None = Field(default=None, pattern=r"^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$")


class Change(Loose):
    """What `PATCH /sim/people/{wa_id}` changes; a key left out stays as it is."""

    name: str | None = Field(default=None, max_length=80)
    username: str | None = None
    read_receipts: bool | None = None
    online: bool | None = None
    has_whatsapp: bool | None = None
    hide_phone: bool | None = None
    auto_read: bool | None = None
    stopped_marketing: bool | None = None
    last_inbound_at: float | None = None


def _person(wa_id: str) -> Person:
    person = machine().world.people.get(digits(wa_id))
    if person is None:
        abort(404)
    return person


@people.get("")
def everybody() -> Response:
    """Those on the page; `?all=1` adds numbers that were only written to."""
    world = machine().world
    with world.lock:
        wanted = [each for each in world.people.values() if each.listed or "all" in request.args]
        return jsonify({"people": [world.summary(each) for each in wanted]})


@people.post("")
def add_person() -> tuple[Response, int]:
    """Add somebody, or list and rename who is known by that number."""
    world, wanted = machine().world, checked(NewPerson, given())
    wa_id = digits(wanted.wa_id)
    with world.lock:
        person = world.people.get(wa_id) or newcomer(wa_id, wanted.name)
        person.listed = True
        person.name = wanted.name or person.name
        person.user_id = wanted.user_id or person.user_id
        return jsonify(world.summary(world.add_person(person))), 201


@people.get("/<wa_id>")
def one_person(wa_id: str) -> Response:
    return jsonify(machine().world.summary(_person(wa_id)))


@people.patch("/<wa_id>")
def change_person(wa_id: str) -> Response:
    sim, who = machine(), _person(wa_id)
    wanted = checked(Change, given()).model_dump(exclude_unset=True)
    if None in [value for name, value in wanted.items() if name != "last_inbound_at"]:
        abort(400)
    with sim.world.lock:
        came_back = wanted.get("online") is True and not who.online
        for name, value in wanted.items():
            setattr(who, name, value)
        who.listed = True
        sim.world.touch(who.wa_id)
    if came_back:
        life.resume(sim, who.wa_id)
    return jsonify(sim.world.summary(who))


@people.get("/<wa_id>/messages")
def conversation(wa_id: str) -> Response:
    talk = machine().world.conversation(_person(wa_id).wa_id)
    return jsonify({"messages": [message.view() for message in talk]})


@people.post("/<wa_id>/messages")
def act(wa_id: str) -> Response | tuple[Response, int]:
    """She writes, taps, chooses or reacts; see `simulator.phones.act`."""
    wish = given()
    try:
        return jsonify(
            phones.act(machine(), _person(wa_id), wish if isinstance(wish, dict) else {})
        )
    except phones.PhoneError as error:
        return jsonify({"error": str(error)}), 409


@people.post("/<wa_id>/open")
def open_chat(wa_id: str) -> Response:
    return jsonify({"read": life.open_chat(machine(), _person(wa_id).wa_id)})


@people.post("/<wa_id>/preferences")
def prefer(wa_id: str) -> Response | tuple[Response, int]:
    try:
        phones.prefer(machine(), _person(wa_id), str((given() or {}).get("value")))
    except phones.PhoneError as error:
        return jsonify({"error": str(error)}), 400
    return jsonify({"success": True})
