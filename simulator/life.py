"""The life of a message after Meta took it: sent, delivered, read; or failed.

Each step waits a little and is reported by webhook. A phone that is off stops it at `sent`
until it is on again; one without WhatsApp fails it.
"""

from simulator import envelopes
from simulator.errors import reported
from simulator.machine import Machine
from simulator.messages import RANK, Message

NO_WHATSAPP = 131026


def begin(machine: Machine, message: Message, async_error: int | None = None) -> None:
    """Set an accepted message on its way; `async_error` makes it fail instead."""
    person = machine.world.known(message.wa_id)
    code = async_error if person.has_whatsapp else NO_WHATSAPP
    if code is not None:
        machine.agenda.after(machine.latency_s(), lambda: fail(machine, message, code))
    else:
        machine.agenda.after(machine.latency_s(), lambda: _send(machine, message))


def resume(machine: Machine, wa_id: str) -> None:
    """A phone came back: everything that waited for it is delivered."""
    for message in machine.world.conversation(wa_id):
        if message.direction == "out" and message.status == "sent":
            _later_deliver(machine, message)


def resume_all(machine: Machine) -> None:
    """After a start with remembered conversations: go on where the last run stopped."""
    with machine.world.lock:
        messages = [each for each in machine.world.messages.values() if each.direction == "out"]
    for message in messages:
        if message.status == "accepted":
            begin(machine, message)
        elif message.status == "sent":
            _later_deliver(machine, message)


def open_chat(machine: Machine, wa_id: str) -> int:
    """A person looks at her conversation: what has arrived is read. Says how many were new."""
    fresh = [
        message
        for message in machine.world.conversation(wa_id)
        if message.direction == "out" and message.status == "delivered" and not message.seen
    ]
    for message in fresh:
        read(machine, message)
    return len(fresh)


def fail(machine: Machine, message: Message, code: int) -> None:
    with machine.world.lock:
        message.error = reported(code)
        message.status = "failed"
        machine.world.note(message)
    _report(machine, message, "failed")


def read(machine: Machine, message: Message) -> None:
    """The person has seen it. Without read receipts nobody else learns that. Safe to repeat."""
    with machine.world.lock:
        message.seen = True
        if machine.world.known(message.wa_id).read_receipts:
            _advance(machine, message, "read")
        machine.world.note(message)


def _send(machine: Machine, message: Message) -> None:
    _advance(machine, message, "sent")
    _later_deliver(machine, message)


def _later_deliver(machine: Machine, message: Message) -> None:
    machine.agenda.after(machine.latency_s(), lambda: _deliver(machine, message))


def _deliver(machine: Machine, message: Message) -> None:
    person = machine.world.known(message.wa_id)
    if not person.online:
        return
    _advance(machine, message, "delivered")
    if person.auto_read:
        machine.agenda.after(machine.latency_s(), lambda: read(machine, message))


def _advance(machine: Machine, message: Message, name: str) -> None:
    with machine.world.lock:
        if RANK.get(message.status, 9) >= RANK[name]:
            return
        message.status = name
        machine.world.note(message)
    _report(machine, message, name)


def _report(machine: Machine, message: Message, name: str) -> None:
    dropped = machine.dice.faults.drop_callback_data
    change = envelopes.status(
        machine.config,
        machine.world.known(message.wa_id),
        message,
        name,
        machine.now(),
        callback_data=None if dropped else message.callback_data,
        priced=name in ("sent", "delivered"),
    )
    machine.report(change)
