"""`/healthz`, `/readyz` and `/metrics`, for whatever watches over us."""

import hmac

from flask import Blueprint, Response, current_app, jsonify, request

from ops import figures, health
from runtime import Runtime

blueprint = Blueprint("ops", __name__)


def _bears(token: str) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    same = hmac.compare_digest(given.strip().encode(), token.encode())
    return same and scheme.lower() == "bearer"


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
    """Prometheus text. Figures that a store does not tell now are left out. 401 without the
    token, where one is set."""
    rt: Runtime = current_app.extensions["drumbeat"]
    token = rt.settings.metrics_token
    if token is not None and not _bears(token.get_secret_value()):
        return Response("the metrics token is missing or wrong\n", 401, mimetype="text/plain")
    return Response(figures.text(rt), mimetype="text/plain; version=0.0.4; charset=utf-8")
