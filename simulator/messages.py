"""One message of a conversation, in either direction, and its name (`wamid`)."""

import base64
import json
import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

RANK = {"accepted": 0, "sent": 1, "delivered": 2, "read": 3}


@dataclass(slots=True)
class Message:
    """seq: place in the order of acceptance, from 1; 0 for what a person wrote.

    direction: `in` from the person to the business, `out` the other way. body: as it went over
    the wire; shown: as the phone shows it; both kept as JSON, which takes less memory.
    addressed: the number or BSUID the sender named.
    status: accepted, sent, delivered, read or failed; `in` messages are sent, then read.
    seen: the person has looked at it; without read receipts the business never learns that.
    """

    wamid: str
    wa_id: str
    direction: str
    type: str
    at: float
    body_json: str
    shown_json: str
    status: str
    seq: int = 0
    addressed: str = ""
    callback_data: str | None = None
    category: str = "service"
    seen: bool = False
    reaction: str = ""
    error: dict[str, Any] | None = field(default=None)

    @property
    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body_json)
        return found

    @property
    def shown(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.shown_json)
        return found

    @property
    def by_user_id(self) -> bool:
        """Whether the sender named the person by BSUID."""
        return "." in self.addressed

    def view(self) -> dict[str, Any]:
        """What the control API answers."""
        whole, shown = asdict(self), self.shown
        del whole["body_json"], whole["shown_json"]
        return {**whole, "shown": shown, "text": text(shown)}


def text(shown: dict[str, Any]) -> str:
    """One string of all a person reads, top to bottom."""
    header = shown.get("header") or {}
    lines = [
        header.get("text") or (f"[{header['kind']}]" if "kind" in header else ""),
        shown.get("body", ""),
        shown.get("footer", ""),
        *(f"[{button['title']}]" for button in shown.get("buttons", [])),
    ]
    return "\n".join(line for line in lines if line)


def new_wamid(wa_id: str, *, inbound: bool = False) -> str:
    """A name in Meta's form: base64 of the number and of a random key, so `=`, `+`, `/` occur."""
    number = wa_id.encode()
    key = secrets.token_hex(9).upper().encode()
    mark = b"\x12\x18" if inbound else b"\x11\x18"
    raw = b"\x1c\x18" + bytes([len(number)]) + number + b"\x15\x02\x00" + mark
    return "wamid." + base64.b64encode(raw + bytes([len(key)]) + key + b"\x00").decode()
