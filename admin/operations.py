"""How the machinery is: what waits, who works, how fast, what Meta refuses, what our number may.

Made from RQ's own registries and from what every process counts. rq-dashboard is not mounted here:
it imports a package that it does not ask for, reads jobs as pickles where ours are JSON, and styles
its pages inline, which our Content-Security-Policy refuses.
"""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from admin import sessions
from runtime import Runtime, publisher
from store import counters, gauges, inbox, queue, senders
from store.redis import RedisDownError
from whatsapp.errors import verdict

_SENDS, _ERRORS = "drumbeat_sends_total", "drumbeat_meta_errors_total"


def add_routes(blueprint: Blueprint) -> None:
    """Add the page to the blueprint, whose guard stands before it."""
    blueprint.add_url_rule("/operations", view_func=operations)


def operations() -> ResponseReturnValue:
    """All of it on one page; without Redis what MongoDB knows."""
    rt, now = sessions.runtime(), datetime.now(UTC)
    return render_template(
        "admin/operations.html",
        waiting={
            "messages due": gauges.deliveries_due(rt.db, now),
            "sends in doubt": gauges.deliveries_unknown(rt.db),
            "fires due": gauges.fires_due(rt.db, now),
            **{f"journal rows {state}": n for state, n in inbox.counts(rt.db).items()},
        },
        sender=senders.find(rt.db, rt.settings.whatsapp_phone_number_id),
        number=rt.settings.whatsapp_phone_number_id,
        per_s=rt.settings.messages_per_s,
        **_of_redis(rt),
    )


def _of_redis(rt: Runtime) -> dict[str, Any]:
    try:
        standing, queues = counters.standing(rt.redis), queue.registries(rt.redis)
        tokens, rate = rt.pace.standing()
    except RedisDownError:
        return {"away": True}
    samples = [(*publisher.sample_of(field), value) for field, value in standing.counts.items()]
    sends = {labels["outcome"]: int(n) for name, labels, n in samples if name == _SENDS}
    errors = [
        (int(labels["code"]), verdict(int(labels["code"]), 1).title, int(n))
        for name, labels, n in samples
        if name == _ERRORS and labels.get("code", "").isdigit()
    ]
    return {
        "queues": queues,
        "processes": sorted(standing.seen.items()),
        "sends": sends,
        "errors": sorted(errors, key=lambda row: -row[2]),
        "rate": rate,
        "tokens": int(tokens),
    }
