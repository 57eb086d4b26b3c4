"""`/sim/sent`, `/counts`, `/webhooks`, `/idle`, `/stream`: what went over the wire."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from flask import Blueprint, Response, jsonify, request

from simulator.control.given import checked, given
from simulator.graph import machine
from simulator.settings import Loose

traffic = Blueprint("traffic", __name__, url_prefix="/sim")


class AnyChange(Loose):
    field: str
    value: dict[str, Any]


class Changes(Loose):
    changes: list[AnyChange]


@traffic.get("/sent")
def sent() -> Response:
    """Accepted messages after `since`, oldest first; `kept_from` tells what is forgotten."""
    world, since = machine().world, request.args.get("since", 0, int)
    with world.lock:
        outgoing = [each for each in world.messages.values() if each.direction == "out"]
        fresh = [each for each in outgoing if each.seq > since]
        return jsonify(
            {
                "sent": [
                    {
                        "seq": each.seq,
                        "wamid": each.wamid,
                        "recipient": each.addressed,
                        "wa_id": each.wa_id,
                        "callback_data": each.callback_data,
                        "status": each.status,
                        "at": each.at,
                        "body": each.body,
                    }
                    for each in fresh
                ],
                "next": world.seq,
                "kept_from": outgoing[0].seq if outgoing else world.seq + 1,
            }
        )


@traffic.get("/counts")
def counts() -> Response:
    world = machine().world
    with world.lock:
        now = world.counts
        return jsonify(
            {
                "accepted": now.accepted,
                "requests": now.requests,
                "dropped": now.dropped,
                "by_recipient": dict(now.by_recipient),
                "refused_by_code": dict(now.refused_by_code),
            }
        )


@traffic.get("/webhooks")
def webhooks() -> Response:
    return jsonify(machine().dispatcher.report())


@traffic.post("/webhooks")
def post_webhook() -> Response:
    """Post any changes, `{"changes": [{"field", "value"}]}`: an account alert, a new quality."""
    for change in checked(Changes, given()).changes:
        machine().report(change.model_dump())
    return jsonify({"success": True})


@traffic.get("/idle")
def idle() -> Response:
    """Whether all statuses are out and acknowledged; `?wait_s=5` waits for it."""
    sim = machine()
    sim.wait_idle(min(request.args.get("wait_s", 0.0, float), 60.0))
    return jsonify(sim.idle())


@traffic.get("/stream")
def stream() -> Response:
    """Server-sent events: `{"people": [wa_id, …]}` whenever those changed."""
    sim = machine()

    def events(wait: Callable[[int, float], tuple[int, list[str]]]) -> Iterator[str]:
        version = sim.world.version
        yield "retry: 1000\n\n"
        while not sim.stopping:
            version, who = wait(version, 5)
            yield f"data: {json.dumps({'people': who})}\n\n" if who else ": still here\n\n"

    return Response(
        events(sim.world.since),
        mimetype="text/event-stream",
        headers={"Cache-Control": "no-store"},
    )
