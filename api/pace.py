"""How often a system may call: counted, told with every answer, refused beyond.

Source: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
"""

import time
from http import HTTPStatus

from flask import Response, current_app, g, request

from api.problems import ProblemError
from runtime import Runtime
from store.limits import WINDOW_S, Limiter, Standing

POLICY, LIMIT, AWAY = "RateLimit-Policy", "RateLimit", "Drumbeat-Limiter"


def count(rt: Runtime, caller: str) -> None:
    """One more call; raises ProblemError (429) where it is one too many.

    While Redis is away reading is open to all, and changing is counted by each process alone; the
    answer says so.
    """
    quota = rt.settings.api_calls_per_minute
    if not quota:
        return
    standing = _limiter(rt, quota).count(caller, time.time())
    g.standing = standing
    if standing.exceeded and (standing.shared or request.method != "GET"):
        raise ProblemError(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"More than {standing.quota} calls within a minute. See `Retry-After`.",
            headers={"Retry-After": str(standing.resets_in_s)},
        )


def tell(response: Response) -> Response:
    """Put on the answer how much is left."""
    standing: Standing | None = g.get("standing")
    if standing is None:
        return response
    if not standing.shared:
        response.headers[AWAY] = "Redis is away; calls are not counted as they should be"
        return response
    response.headers[POLICY] = f'"calls";q={standing.quota};w={WINDOW_S}'
    response.headers[LIMIT] = f'"calls";r={max(0, standing.left)};t={standing.resets_in_s}'
    return response


def _limiter(rt: Runtime, quota: int) -> Limiter:
    """One for each process."""
    limiter: Limiter | None = current_app.extensions.get("drumbeat.limiter")
    if limiter is None:
        limiter = current_app.extensions.setdefault("drumbeat.limiter", Limiter(rt.redis, quota))
    return limiter
