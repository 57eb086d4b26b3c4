"""`/sim/faults`, `/settings`, `/templates`, `/clock`, `/reset`: how it behaves from now on."""

from typing import Annotated

from flask import Blueprint, Response, abort, jsonify
from pydantic import Field

from simulator import envelopes
from simulator.control.given import checked, given
from simulator.faults import Faults
from simulator.graph import machine
from simulator.moving import MOST_S, MovedClock
from simulator.settings import Loose, Settings

knobs = Blueprint("knobs", __name__, url_prefix="/sim")


class ClockMove(Loose):
    by_s: Annotated[float, Field(gt=0, le=MOST_S)]


class TemplateChange(Loose):
    status: str
    reason: str | None = None


@knobs.get("/faults")
def faults() -> Response:
    return jsonify(machine().dice.current().model_dump(mode="json"))


@knobs.put("/faults")
def replace_faults() -> Response:
    machine().dice.replace(checked(Faults, given()))
    return faults()


@knobs.get("/settings")
def settings() -> Response:
    return jsonify(machine().settings.model_dump(mode="json"))


@knobs.put("/settings")
def change_settings() -> Response:
    """Change what is named, keep the rest."""
    sim, wanted = machine(), given()
    whole = {**sim.settings.model_dump(), **(wanted if isinstance(wanted, dict) else {"": None})}
    sim.world.settings = checked(Settings, whole)
    return settings()


@knobs.get("/clock")
def clock() -> Response:
    """movable: whether it may be moved on, as `--clock-file` allows."""
    sim = machine()
    return jsonify({"at": sim.now(), "movable": isinstance(sim.config.clock, MovedClock)})


@knobs.post("/clock")
def move_clock() -> Response | tuple[Response, int]:
    """`{"by_s": 86400}`: it is so much later, for us and for whoever reads the file."""
    moved = machine().config.clock
    by_s = checked(ClockMove, given()).by_s
    if not isinstance(moved, MovedClock):
        return jsonify({"error": "time is moved only where --clock-file allows it"}), 409
    moved.move(by_s)
    return clock()


@knobs.post("/reset")
def reset() -> Response:
    machine().reset()
    return jsonify({"success": True})


@knobs.get("/templates")
def templates() -> Response:
    return jsonify({"data": machine().world.templates})


@knobs.put("/templates")
def replace_templates() -> Response | tuple[Response, int]:
    """A list as Meta shapes it, or `{"data": […]}`."""
    world, wanted = machine().world, given()
    rows = wanted.get("data") if isinstance(wanted, dict) else wanted
    needed = ("name", "language", "category", "components")
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and all(key in row for key in needed) for row in rows
    ):
        return jsonify({"error": f"a list of templates with {', '.join(needed)}"}), 400
    with world.lock:
        world.templates = [
            {"id": str(594425479262000 + place), "status": "APPROVED", **row}
            for place, row in enumerate(rows)
        ]
        world.dirty_templates = True
    return templates()


@knobs.patch("/templates/<name>")
def change_template(name: str) -> Response:
    """Pause, disable, approve… all languages of a template, and tell the business by webhook."""
    sim, wanted = machine(), checked(TemplateChange, given())
    with sim.world.lock:
        found = [each for each in sim.world.templates if each["name"] == name]
        if not found:
            abort(404)
        for template in found:
            template["status"] = wanted.status
        sim.world.dirty_templates = True
    for template in found:
        sim.report(envelopes.template_status(template, wanted.status, wanted.reason))
    return jsonify({"data": found})
