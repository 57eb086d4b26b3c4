"""How often a message met an error, each kind for itself. Pure.

Were all tries one count, a message that met a server error once would have none left for Meta's
marketing limit, which asks for one more try a day later.
"""

from store.documents.delivery import Delivery
from whatsapp.errors import Verdict, verdict

_MOST = 12  # in all: whatever keeps failing in new ways is not going to arrive


def key(code: int | None) -> str:
    """The name of a code in a delivery's `tries`."""
    return "none" if code is None else str(code)


def met(delivery: Delivery, code: int | None) -> int:
    """How often it has met this error, this time included."""
    return delivery.get("tries", {}).get(key(code), 0) + 1


def judged(
    delivery: Delivery,
    code: int | None,
    *,
    title: str | None = None,
    http_status: int | None = None,
    retry_after_s: float | None = None,
) -> Verdict:
    """What to do about it."""
    worn_out = delivery["attempts"] >= _MOST
    return verdict(
        code,
        _MOST if worn_out else met(delivery, code),
        title=title,
        http_status=http_status,
        retry_after_s=retry_after_s,
    )


def counted(delivery: Delivery, code: int | None) -> dict[str, int]:
    """The field that remembers it."""
    return {f"tries.{key(code)}": met(delivery, code)}
