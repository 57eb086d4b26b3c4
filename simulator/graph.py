"""Meta's side: `/{version}/…`, with Meta's bearer check, bodies and refusals."""

import hashlib
import hmac
import re
import secrets
import socket
import time
from typing import Any

import requests
from flask import Blueprint, Response, current_app, jsonify, request

from simulator import listing, sending
from simulator.errors import GraphError, unknown_object
from simulator.faults import Fault
from simulator.machine import Machine
from simulator.world import Media

graph = Blueprint("graph", __name__)
VERSION = re.compile(r"^v\d+\.\d+$")
UNAVAILABLE = "<!DOCTYPE html><html><title>Error</title><p>Sorry, something went wrong.</html>"


def machine() -> Machine:
    """The simulator this request belongs to."""
    found: Machine = current_app.extensions["machine"]
    return found


@graph.errorhandler(GraphError)
def refuse(error: GraphError) -> tuple[Response, int]:
    return jsonify(error.body()), error.http


def check_caller(version: str) -> None:
    """Raises GraphError 190 without our token, and 100 for a path that is no Graph path."""
    given = request.headers.get("Authorization", "")
    wanted = f"Bearer {machine().config.access_token}"
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        raise GraphError(190, "Invalid OAuth access token - Cannot parse access token")
    if not VERSION.match(version):
        raise GraphError(100, f"Unknown path components: /{version}")


@graph.post("/<version>/<node>/messages")
@graph.post("/<version>/<node>/marketing_messages")
def send(version: str, node: str) -> Response | tuple[Response, int]:
    sim = machine()
    with sim.world.lock:
        sim.world.counts.requests += 1
    if wait_s := sim.dice.latency_s():
        time.sleep(wait_s)
    try:
        check_caller(version)
        if node != sim.config.phone_number_id:
            raise unknown_object(node, "post")
        answer = sending.receive(sim, request.get_json(silent=True, force=True))
    except GraphError as error:
        with sim.world.lock:
            sim.world.counts.refused_by_code[str(error.code)] += 1
        raise
    if answer.fault.kind in ("timeout_before", "timeout_after"):
        return hang_up(sim.dice.faults.hang_s, sim)
    if answer.fault.kind == "http_5xx":
        with sim.world.lock:
            sim.world.counts.refused_by_code["http_5xx"] += 1
        return unavailable(answer.fault)
    return jsonify(answer.body)


def unavailable(fault: Fault) -> tuple[Response, int]:
    """The page a load balancer of Meta's answers; it is not JSON."""
    code = fault.code if fault.code and 500 <= fault.code <= 599 else 503
    return Response(UNAVAILABLE, mimetype="text/html"), code


def hang_up(after_s: float, sim: Machine) -> Response:
    """Keep the caller waiting, then end the connection; the answer finds nobody."""
    until = time.monotonic() + after_s
    while time.monotonic() < until and not sim.stopping:
        time.sleep(0.02)
    connection = request.environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)
    return Response(status=503)


@graph.get("/<version>/<node>/message_templates")
def list_templates(version: str, node: str) -> Response:
    sim = machine()
    check_caller(version)
    if node != sim.config.waba_id:
        raise unknown_object(node, "get")
    with sim.world.lock:
        templates = list(sim.world.templates)
    return jsonify(listing.page(templates, request.args.to_dict(), request.base_url))


@graph.get("/<version>/<node>")
def describe(version: str, node: str) -> Response:
    """A phone number, a business account or an upload, whichever has this id."""
    sim = machine()
    check_caller(version)
    if node == sim.config.phone_number_id:
        return jsonify(listing.choose(_number(sim), request.args.get("fields")))
    if node == sim.config.waba_id:
        account = {"id": node, "name": sim.config.verified_name, "timezone_id": "1"}
        return jsonify(listing.choose(account, request.args.get("fields")))
    if media := sim.world.media.get(node):
        return jsonify(_media(media))
    raise unknown_object(node, "get")


@graph.post("/<version>/<node>/media")
def upload(version: str, node: str) -> Response:
    sim = machine()
    check_caller(version)
    if node != sim.config.phone_number_id:
        raise unknown_object(node, "post")
    file = request.files.get("file")
    if file is None or request.form.get("messaging_product") != "whatsapp":
        raise GraphError(100, "file and messaging_product are required")
    media = Media(str(secrets.randbelow(9 * 10**15) + 10**15), file.mimetype, file.read())
    sim.world.add_media(media)
    return jsonify({"id": media.id})


@graph.get("/<version>/media_content/<media_id>")
def download(version: str, media_id: str) -> Response:
    """Where the `url` of an upload points; Meta asks for the token here as well."""
    check_caller(version)
    media = machine().world.media.get(media_id)
    if media is None:
        raise unknown_object(media_id, "get")
    return Response(media.content, mimetype=media.mime_type)


@graph.get("/<version>/<node>/subscribed_apps")
def subscribed(version: str, node: str) -> Response:
    sim = machine()
    check_caller(version)
    if node != sim.config.waba_id:
        raise unknown_object(node, "get")
    app: dict[str, Any] = {"id": "1234567890123456", "name": "Drumbeat"}
    data = [{"whatsapp_business_api_data": app}] if sim.settings.webhook_url else []
    return jsonify({"data": data})


@graph.post("/<version>/<node>/subscribed_apps")
def subscribe(version: str, node: str) -> Response:
    """Meta asks the new address for its challenge first, and refuses one that does not answer."""
    sim = machine()
    check_caller(version)
    if node != sim.config.waba_id:
        raise unknown_object(node, "post")
    wanted = request.get_json(silent=True) or request.form.to_dict()
    if url := wanted.get("override_callback_uri"):
        _verify(str(url), str(wanted.get("verify_token", "")))
        sim.world.settings = sim.settings.model_copy(update={"webhook_url": str(url)})
    return jsonify({"success": True})


def _verify(url: str, token: str) -> None:
    challenge = str(secrets.randbelow(10**10))
    asked = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": token}
    try:
        answer = requests.get(url, params=asked, timeout=10, allow_redirects=False)
    except requests.RequestException as error:
        raise GraphError(100, f"Callback verification failed: {type(error).__name__}") from None
    if answer.status_code != 200 or answer.text != challenge:
        raise GraphError(100, f"Callback verification failed: HTTP {answer.status_code}")


def _number(sim: Machine) -> dict[str, Any]:
    fast = (sim.settings.throughput or 1000) >= 1000
    return {
        "id": sim.config.phone_number_id,
        "display_phone_number": f"+{sim.config.display_phone_number}",
        "verified_name": sim.config.verified_name,
        "quality_rating": "GREEN",
        "code_verification_status": "VERIFIED",
        "name_status": "APPROVED",
        "platform_type": "CLOUD_API",
        "status": "CONNECTED",
        "throughput": {"level": "HIGH" if fast else "STANDARD"},
        "messaging_limit_tier": sim.settings.messaging_limit,
        "whatsapp_business_manager_messaging_limit": sim.settings.messaging_limit,
    }


def _media(media: Media) -> dict[str, Any]:
    root = request.url_root.rstrip("/")
    return {
        "messaging_product": "whatsapp",
        "id": media.id,
        "url": f"{root}/{request.path.split('/')[1]}/media_content/{media.id}",
        "mime_type": media.mime_type,
        "sha256": hashlib.sha256(media.content).hexdigest(),
        "file_size": len(media.content),
    }
