"""Where the links of campaigns' messages lead first: remember the tap, forward at once.

Whoever opens one is nobody to us but the person whom the message went to. What looks at links by
itself (previews, prefetching browsers, crawlers) is forwarded, and is no tap.
"""

import re
from http import HTTPStatus

from flask import Blueprint, Response, current_app, request
from werkzeug.urls import iri_to_uri

from config import clock, logs, metrics
from contacts import journaled
from deliveries import links, tellings
from deliveries.link_tokens import Named
from runtime import Runtime
from store import contacts, deliveries
from store.documents.delivery import Delivery, Purpose
from store.mongo import StoreError

blueprint = Blueprint("links", __name__)
log = logs.get(__name__)

CLICKED = "clicked"
# WhatsApp's own preview, other messengers' and networks', crawlers, tools. Cubot makes phones.
_MACHINES = re.compile(
    r"whatsapp/|facebookexternalhit|facebookcatalog|facebot|meta-external|telegrambot|skypeuripreview"
    r"|(?<!cu)bot\b|bot[/;_-]|crawl|spider|slurp|preview|embedly|headlesschrome|google-read-aloud"
    r"|mediapartners|curl/|wget/|python-|aiohttp|httpx|go-http-client|okhttp|java/|libwww|axios"
    r"|node-fetch|scan",
    re.IGNORECASE,
)
_PREFETCHING = ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz")


@blueprint.get(f"{links.PATH}<token>")
def follow(token: str) -> Response:
    """See docs/campaigns.md for the answers."""
    rt: Runtime = current_app.extensions["drumbeat"]
    ours = links.of(rt.settings)
    named = ours.read(token) if ours else None
    if named is None:
        return _no_link()
    try:
        return _forward(rt, named)
    except StoreError:
        if named.target is None:
            metrics.LINKS.labels("unavailable").inc()
            return _plain("Please try again in a minute.", HTTPStatus.SERVICE_UNAVAILABLE)
        log.warning("a tapped link was forwarded and could not be remembered")
        return _to(named.target, "lost")


def _forward(rt: Runtime, named: Named) -> Response:
    """Remember it first: a write of some milliseconds, and what is forwarded is on the disk."""
    machine = _is_machine()
    if machine and named.target is not None:
        return _to(named.target, "machine")
    delivery = deliveries.find(rt.db, [named.delivery_id]).get(named.delivery_id)
    target = named.target or _target(delivery, named.place)
    if target is None:
        return _no_link()
    if machine:
        return _to(target, "machine")
    return _to(target, "kept" if _remember(rt, delivery, named.place) else "of_nobody")


def _is_machine() -> bool:
    agent = request.headers.get("User-Agent", "")
    purposes = (request.headers.get(name, "").lower() for name in _PREFETCHING)
    return (
        request.method == "HEAD"
        or not agent
        or _MACHINES.search(agent) is not None
        or any("prefetch" in one or "prerender" in one or "preview" in one for one in purposes)
    )


def _target(delivery: Delivery | None, place: int) -> str | None:
    found = links.targets(delivery["message"]) if delivery else []
    return found[place] if place < len(found) else None


def _remember(rt: Runtime, delivery: Delivery | None, place: int) -> bool:
    """Put the tap in line; whether it is somebody's. Of each link the first is one row."""
    if delivery is None or not delivery["campaign"] or delivery["purpose"] == Purpose.TEST:
        return False
    person = contacts.by_ids(rt.db, {delivery["contact_id"]}).get(delivery["contact_id"])
    if person is None:
        return False
    name = links.name_of(place)
    if name not in delivery["clicks"]:
        now = clock.now()
        row = tellings.item(delivery["_id"], CLICKED, person, at=now, now=now, link=name)
        journaled.put_in_line(rt, [row])
    return True


def _to(target: str, result: str) -> Response:
    metrics.LINKS.labels(result).inc()
    headers = {"Location": iri_to_uri(target), "Referrer-Policy": "no-referrer"}
    return _uncached(Response(status=HTTPStatus.FOUND, headers=headers))


def _no_link() -> Response:
    metrics.LINKS.labels("unknown").inc()
    return _plain("There is no such link.", HTTPStatus.NOT_FOUND)


def _plain(text: str, status: HTTPStatus) -> Response:
    return _uncached(Response(f"{text}\n", status, mimetype="text/plain"))


def _uncached(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
