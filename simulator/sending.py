"""Take one body of `POST /{phone_number_id}/messages` the way Meta does, or refuse it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator import gate, life, rendering, templates
from simulator.bodies import AnyMessage, MarkAsRead, ReactionMessage, parse
from simulator.bodies.template import TemplateMessage
from simulator.errors import GraphError
from simulator.faults import Fault
from simulator.machine import Machine
from simulator.messages import Message, new_wamid
from simulator.people import Person
from simulator.templates import Template

BSUID = re.compile(r"^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$")
OK = Fault(kind="ok")
TYPING_S = 25.0


@dataclass(frozen=True)
class Answer:
    """body: the JSON of a 200. fault: what the connection meets on its way back."""

    body: dict[str, Any]
    fault: Fault = OK


def receive(machine: Machine, body: Any) -> Answer:
    """Check, draw a fault, accept. Raises GraphError where Meta refuses."""
    message = parse(body)
    if isinstance(message, MarkAsRead):
        return _marked_as_read(machine, message)
    addressed = message.to if message.to is not None else str(message.recipient)
    fault = machine.dice.draw(addressed)
    if fault.kind in ("timeout_before", "http_5xx"):
        return Answer({}, fault)
    if fault.kind == "error":
        raise GraphError(fault.code or 131000, "A fault injected by the test.")
    if message.to is not None and BSUID.match(message.to):
        # Meta answers 200 and sends nothing; a sender must put BSUIDs into `recipient`.
        with machine.world.lock:
            machine.world.counts.dropped += 1
        return Answer(_accepted(message.to, message.to, new_wamid("0"), by_user_id=False), fault)
    accepted = _accept(machine, message, addressed, body)
    life.begin(machine, accepted, fault.code if fault.kind == "async_error" else None)
    known_as = accepted.wa_id if message.to is not None else addressed
    by_user_id = message.to is None
    return Answer(_accepted(addressed, known_as, accepted.wamid, by_user_id=by_user_id), fault)


def _accept(
    machine: Machine, message: AnyMessage, addressed: str, body: Mapping[str, Any]
) -> Message:
    """Pass the gate and remember the message, in one go, so that limits hold under concurrency."""
    world, now = machine.world, machine.now()
    with world.lock:
        gate.check_throughput(world, now)
        person = _person(machine, message)
        template = _template(machine, message, by_user_id=message.to is None)
        category = str(template["category"]).lower() if template else "service"
        is_open = gate.window_open(person, world.settings, now)
        shown = rendering.shown(message, template)
        gate.check_window(is_template=template is not None, is_open=is_open)
        gate.check_preference(person, category)
        gate.check_pair(person, world.settings.pair_rate, now)
        accepted = Message(
            wamid=new_wamid(person.wa_id),
            wa_id=person.wa_id,
            direction="out",
            type=message.type,
            at=now,
            body_json=json.dumps(body),
            shown_json=json.dumps(shown),
            status="accepted",
            addressed=addressed,
            callback_data=message.biz_opaque_callback_data,
            category=category,
        )
        world.remember(accepted)
        world.counts.accepted += 1
        world.counts.by_recipient[person.wa_id if message.to is not None else addressed] += 1
        if isinstance(message, ReactionMessage):
            _react(machine, message)
        return accepted


def _person(machine: Machine, message: AnyMessage) -> Person:
    if message.to is not None and not any(each.isdigit() for each in message.to):
        raise GraphError(131009, "to: not a phone number")
    person = machine.world.addressed(message.to, message.recipient)
    if person is None:
        # Meta would report this later; without a person there is nobody to report it for.
        raise GraphError(131026, "Message undeliverable: nobody is known by this id.")
    return person


def _template(machine: Machine, message: AnyMessage, *, by_user_id: bool) -> Template | None:
    if not isinstance(message, TemplateMessage):
        return None
    sent = message.template
    template = templates.find(machine.world.templates, sent.name, sent.language.code)
    if by_user_id and template["category"] == "AUTHENTICATION":
        raise GraphError(131062, "Authentication templates need a phone number.")
    return template


def _react(machine: Machine, message: ReactionMessage) -> None:
    target = machine.world.messages.get(message.reaction.message_id)
    if target:
        target.reaction = message.reaction.emoji
        machine.world.note(target)


def _marked_as_read(machine: Machine, mark: MarkAsRead) -> Answer:
    with machine.world.lock:
        message = machine.world.messages.get(mark.message_id)
        if message is None or message.direction != "in":
            raise GraphError(131009, "message_id: no such message")
        for each in machine.world.conversation(message.wa_id):
            if each.direction == "in" and each.at <= message.at and each.status != "read":
                each.status = "read"
                machine.world.note(each)
        if mark.typing_indicator:
            machine.world.typing[message.wa_id] = machine.now() + TYPING_S
            machine.world.touch(message.wa_id)
    return Answer({"success": True})


def _accepted(given: str, known_as: str, wamid: str, *, by_user_id: bool) -> dict[str, Any]:
    key = "user_id" if by_user_id else "wa_id"
    return {
        "messaging_product": "whatsapp",
        "contacts": [{"input": given, key: known_as}],
        "messages": [{"id": wamid, "message_status": "accepted"}],
    }
