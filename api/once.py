"""A call that is repeated with the same `Idempotency-Key` is done once, and answered the same.

Source: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from flask import Response, request

from api.problems import ProblemError
from store import answered, mongo
from store.documents.answered import Answered

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_MOST_CHARACTERS = 255
_MOST_BYTES = 16_000_000  # of a call whose body is looked at for this
_STILL_S = 5


def once(
    db: mongo.Db, caller: str, now: datetime, view: Callable[[], Response], *, whole: bool
) -> Response:
    """What `view` answers, or what it answered to the first call of this key.

    whole: the body counts for whether it is the same call; a streamed one is told by its length.
    Raises ProblemError: 400 for a bad key, 409 while the first is under way, 422 where the key was
    used for another call. What failed is not kept, so it may be tried again with the same key.
    """
    given = request.headers.get(HEADER)
    if given is None:
        return view()
    if not (0 < len(given) <= _MOST_CHARACTERS and given.isascii() and given.isprintable()):
        raise ProblemError(
            HTTPStatus.BAD_REQUEST,
            f"`{HEADER}` is 1 to {_MOST_CHARACTERS} printable ASCII characters.",
        )
    key = hashlib.sha256(f"{caller}\0{given}".encode()).hexdigest()
    earlier = answered.begin(db, key, mark := _fingerprint(whole=whole), now)
    if earlier is not None:
        return _again(earlier, mark)
    try:
        response = view()
    except BaseException:
        answered.forget(db, key)
        raise
    if response.is_streamed or response.status_code >= HTTPStatus.BAD_REQUEST:
        answered.forget(db, key)
    else:
        answered.keep(db, key, response.status_code, response.mimetype or "", response.get_data())
    return response


def _again(earlier: Answered, mark: str) -> Response:
    if earlier["fingerprint"] != mark:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"This `{HEADER}` came with another call before; take a new one for a new call.",
        )
    status = earlier["status"]
    if status is None:
        raise ProblemError(
            HTTPStatus.CONFLICT,
            f"The first call with this `{HEADER}` is still under way. Ask again in a moment.",
            headers={"Retry-After": str(_STILL_S)},
        )
    body = earlier["body"]
    response = Response(body, status, mimetype=earlier["mimetype"] or None)
    response.headers[REPLAYED] = "true"
    return response


def _fingerprint(*, whole: bool) -> str:
    """Of the call: its method, address and body."""
    said = hashlib.sha256(f"{request.method}\0{request.full_path}\0".encode("utf-8", "replace"))
    if whole:
        request.max_content_length = _MOST_BYTES
        said.update(request.get_data(cache=True))
    else:
        said.update(f"{request.mimetype}\0{request.content_length}".encode())
    return said.hexdigest()
