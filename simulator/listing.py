"""Meta's lists: fields, filters and pages with cursors. Pure."""

import base64
import binascii
from typing import Any
from urllib.parse import urlencode

from simulator.errors import GraphError

Row = dict[str, Any]


def choose(row: Row, fields: str | None) -> Row:
    """Only the asked-for fields, and always the id.

    >>> choose({"id": "1", "name": "a", "status": "b"}, "name")
    {'id': '1', 'name': 'a'}
    """
    if not fields:
        return row
    wanted = {"id", *(field.strip() for field in fields.split(","))}
    return {key: value for key, value in row.items() if key in wanted}


def page(rows: list[Row], query: dict[str, str], address: str) -> Row:
    """One page. Raises GraphError 131059 for a cursor of ours that is none, 100 for a bad limit."""
    for filtered in ("name", "status", "category", "language"):
        if filtered in query:
            rows = [row for row in rows if row.get(filtered) == query[filtered]]
    limit_text = query.get("limit", "25")
    if not limit_text.isdecimal() or not 0 < int(limit_text) <= 1000:
        raise GraphError(100, f"limit: {limit_text} is not a number from 1 to 1000")
    limit = int(limit_text)
    start = place(query["after"]) + 1 if "after" in query else 0
    data = [choose(row, query.get("fields")) for row in rows[start : start + limit]]
    answer: Row = {"data": data}
    if not data:
        return answer
    cursors = {"before": cursor(start), "after": cursor(start + len(data) - 1)}
    answer["paging"] = {"cursors": cursors}
    if start + len(data) < len(rows):
        following = urlencode({**query, "after": cursors["after"]})
        answer["paging"]["next"] = f"{address}?{following}"
    return answer


def cursor(position: int) -> str:
    """
    >>> cursor(7)
    'cDc='
    """
    return base64.urlsafe_b64encode(f"p{position}".encode()).decode()


def place(given: str) -> int:
    """The position in a cursor. Raises GraphError 131059."""
    try:
        text = base64.urlsafe_b64decode(given.encode()).decode()
    except (binascii.Error, ValueError):
        text = ""
    if not text.startswith("p") or not text[1:].isdecimal():
        raise GraphError(131059, "The paging cursor is invalid; start again without one.")
    return int(text[1:])
