"""`/healthz`, `/readyz` and `/metrics`, for whatever watches over us."""

from flask import Blueprint, Response, current_app, jsonify

from ops import figures, health
from runtime import Runtime

blueprint = Blueprint("ops", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """This process answers; nothing else is asked."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """200 when both stores answer and rules are published; else 503 with what is missing."""
    rt: Runtime = current_app.extensions["drumbeat"]
    lacking = health.lacking(rt)
    status = "ready" if not lacking else "not ready"
    return jsonify(status=status, lacking=lacking), 503 if lacking else 200


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus text. Figures that a store does not tell now are left out."""
    rt: Runtime = current_app.extensions["drumbeat"]
    return Response(figures.text(rt), mimetype="text/plain; version=0.0.4; charset=utf-8")
