"""What strange and hostile requests are answered, what is stored, and that the server lives on.

Each is sent as bytes to real gunicorn: no client library stands between that would mend them.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demo.stack import Stack
from store import mongo
from tests.server.conftest import PATH, ask, chunked, post, processes, request
from tests.webhooks.conftest import SECRET, message, of_messages
from webhooks.door import MAX_BYTES
from whatsapp.signature import sign

SENT_AT = datetime.fromtimestamp(1795510000, UTC)
TEXT = {"from": "919812345670", "from_user_id": "IN.1349120865", "id": "wamid.one",
        "timestamp": "1795510000", "type": "text", "text": {"body": "price"}}  # fmt: skip
GOOD = json.dumps(message()).encode()
SIGNED = sign(GOOD, SECRET)
STATUS = {"id": "wamid.out", "status": "read", "timestamp": "1795510000",
          "recipient_id": "919812345670"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """raw: the bytes sent. stored: (kind, state) of each row. at: what the row is dated with, if
    that is looked at; `now` stands for when it came."""

    name: str
    raw: bytes
    status: int = 200
    stored: tuple[tuple[str, str], ...] = ()
    at: datetime | str | None = None


ONE = (("message", "new"),)
DEAD = (("unreadable", "dead"),)
OTHER = (("other", "new"),)
MIXED = (*ONE, ("status", "new"), ("status", "new"))
BROKEN: Any = {"id": {}, "status": []}


def signature(name: str, *values: str) -> Case:
    """A good body under these signature headers."""
    headers = [("X-Hub-Signature-256", value) for value in values]
    return Case(f"signature: {name}", request(GOOD, headers=headers), 401)


def body(name: str, raw: bytes | Any, stored: tuple[tuple[str, str], ...], **more: Any) -> Case:
    """A rightly signed body."""
    made = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
    return Case(f"body: {name}", request(made), 200, stored, **more)


def field(name: str, change: dict[str, Any], **more: Any) -> Case:
    """A text message with some of its fields changed; None takes one away."""
    item = {key: value for key, value in {**TEXT, **change}.items() if value is not None}
    return body(name, of_messages(item), ONE, **more)


def nested(depth: int) -> bytes:
    """A good webhook whose message holds a list of that depth."""
    return GOOD.replace(b'"price"', b"[" * depth + b"]" * depth)


def told(**headers: str) -> bytes:
    """A good body under these headers, its length and the signature."""
    given = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return request(GOOD, headers=[("X-Hub-Signature-256", SIGNED), *given])


def alone(raw: bytes, **headers: str) -> bytes:
    """These bytes under these headers alone."""
    given = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return request(raw, headers=given, length=False)


def of_value(**value: Any) -> Any:
    """A webhook with this value, and nothing else in it."""
    return {"entry": [{"changes": [{"field": "messages", "value": value}]}]}


UNKNOWN: Any = of_messages({**TEXT, "of_2031": {"a.b": [1]}})
UNKNOWN["of_2031"] = {"$or": 1}
UNKNOWN["entry"][0]["of_2031"] = None
UNKNOWN["entry"][0]["changes"][0]["value"]["of_2031"] = "?"
RAW_UTF8 = json.dumps(of_messages({**TEXT, "text": {"body": "कीमत 🙂"}}), ensure_ascii=False)

CASES = [
    signature("missing"),
    signature("empty", ""),
    signature("of another body", sign(b"{}", SECRET)),
    signature("of another secret", sign(GOOD, "somebody else's")),
    signature("without its prefix", SIGNED.removeprefix("sha256=")),
    signature("prefix in capitals", SIGNED.replace("sha256", "SHA256")),
    signature("sha1", "sha1=" + SIGNED.removeprefix("sha256=")),
    signature("twice the right one", SIGNED, SIGNED),
    signature("a right and a wrong one", SIGNED, "sha256=00"),
    signature("several in one header", f"{SIGNED},{SIGNED}"),
    signature("not ASCII", "sha256=é"),
    signature("very long", "sha256=" + "0" * 4_000),
    Case("signature: sha1 header alone", request(GOOD, headers=[("X-Hub-Signature", SIGNED)]), 401),
    body("raw UTF-8", RAW_UTF8.encode(), ONE, at=SENT_AT),
    body("escaped", json.dumps(json.loads(RAW_UTF8)).encode(), ONE, at=SENT_AT),
    body("UTF-16", RAW_UTF8.encode("utf-16"), ONE),
    body("broken UTF-8", RAW_UTF8.encode()[:-60] + b"\xff\xff", DEAD),
    body("lone surrogates", GOOD.replace(b"price", b"\\ud83d"), ONE),
    body("a NUL in a text", GOOD.replace(b"price", b"\\u0000"), ONE),
    body("a NUL in an id", GOOD.replace(b"wamid.one", b"wamid.\\u0000"), ONE),
    body("numbers that are none", GOOD.replace(b'"price"', b"[NaN, 1e999, %d]" % 9**99), ONE),
    body("an integer of 5,000 digits", GOOD.replace(b'"price"', b"9" * 5_000), DEAD),
    body("malformed", GOOD[:-1], DEAD),
    body("two documents", GOOD + GOOD, DEAD),
    body("nested 100 deep", nested(100), ONE),
    body("nested 100,000 deep", nested(100_000), DEAD),
    body("nothing but brackets", b"[" * 500_000, DEAD),
    body("3 MiB of one text", GOOD.replace(b"price", b"x" * (MAX_BYTES - len(GOOD))), ONE),
    body("3 MiB that would be 18", GOOD.replace(b"price", b"\x7f" * (MAX_BYTES - len(GOOD))), DEAD),
    body("empty", b"", DEAD),
    body("of white space", b" \r\n", DEAD),
    *(body(text, text.encode(), DEAD) for text in ("null", "1", '"x"', "[]", "{}")),
    *(body(text, text.encode(), DEAD) for text in ('{"entry":[]}', '{"entry":5}', '{"entry":[1]}')),
    body("an entry without changes", {"entry": [{"id": "1", "changes": []}]}, DEAD),
    body("a change of null", {"entry": [{"id": "1", "changes": [None]}]}, OTHER),
    body("lists for objects", {"entry": [{"changes": [{"field": [], "value": []}]}]}, OTHER),
    body("a message of null", of_value(messages=[None]), OTHER),
    body("unknown fields everywhere", UNKNOWN, (*ONE, *OTHER)),
    body("contacts missing", of_value(messages=[TEXT]), ONE),
    body("contacts of nonsense", of_value(messages=[TEXT], contacts=[None, 5, {"wa_id": []}]), ONE),
    body("a broken status too", of_value(messages=[TEXT], statuses=[BROKEN, STATUS]), MIXED),
    body("the same message ten times", of_messages(*[TEXT] * 10), ONE),
    field("phone missing", {"from": None}),
    field("BSUID missing", {"from_user_id": None}),
    field("phone and BSUID missing", {"from": None, "from_user_id": None}),
    field("a BSUID where the phone belongs", {"from": "IN.1349120865", "from_user_id": None}),
    field("a phone of nonsense", {"from": {"$gt": ""}}),
    field("id missing", {"id": None}),
    field("an id of an object", {"id": {"$ne": 1}}),
    field("an id of 100,000 letters", {"id": "w" * 100_000}),
    field("timestamp in milliseconds", {"timestamp": "1795510000000"}, at=SENT_AT),
    field("timestamp as a number", {"timestamp": 1795510000}, at=SENT_AT),
    field("timestamp in the future", {"timestamp": "4102444800"}, at="now"),
    field("timestamp absent", {"timestamp": None}, at="now"),
    field("timestamp negative", {"timestamp": "-1"}, at="now"),
    field("timestamp of nonsense", {"timestamp": "yesterday"}, at="now"),
    field("timestamp beyond all numbers", {"timestamp": "9" * 400}, at="now"),
    field("timestamp not a number at all", {"timestamp": "nan"}, at="now"),
    Case("content type: a form", told(Content_Type="application/x-www-form-urlencoded"), 200, ONE),
    Case("content type: multipart", told(Content_Type="multipart/form-data; boundary=x"), 200, ONE),
    Case("content type: nonsense", told(Content_Type="\xff/\xff"), 200, ONE),
    Case("said to be gzip, and is not", told(Content_Encoding="gzip"), 200, ONE),
    Case("in chunks", chunked(GOOD, 100), 200, ONE),
    Case("in chunks of a byte", chunked(GOOD, 1), 200, ONE),
    Case("in chunks, wrongly signed", chunked(GOOD, 100, signed=b"{}"), 401),
    Case("a chunk without its size", alone(b"nonsense\r\n", Transfer_Encoding="chunked"), 400),
    Case("a length and chunks", told(Transfer_Encoding="chunked"), 400),
    Case("two lengths", told(Content_Length="1"), 400),
    Case("a length of nonsense", alone(b"", Content_Length="-5"), 400),
    Case("over the limit", request(b" " * (MAX_BYTES + 1)), 413),
    Case("said to be a gigabyte", alone(b"", Content_Length=str(2**30)), 413),
    Case("a head of 1,000 lines", request(GOOD, headers=[("X-A", "b")] * 1_000), 431),
    Case("a line of 100,000 letters", request(GOOD, path=PATH + "?" + "a" * 100_000), 414),
    Case("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    Case("PUT", request(GOOD, method="PUT"), 405),
    Case("DELETE with a body", request(GOOD, method="DELETE"), 405),
    Case("another path", request(GOOD, path=PATH + "/"), 404),
    Case("a path with dots", request(GOOD, path="/static/..%2f..%2f.env"), 404),
    Case("a handshake without its token", request(b"", headers=[], path=PATH, method="GET"), 403),
    Case("HTTP/1.0", request(GOOD).replace(b"HTTP/1.1", b"HTTP/1.0", 1), 200, ONE),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_answered_and_stored_and_the_server_lives(
    web: Stack, db: mongo.Db, case: Case
) -> None:
    before = processes(web)
    came = datetime.now(UTC)

    assert ask(web, case.raw) == case.status

    rows = list(db.inbox.find())
    assert sorted((row["kind"], row["state"]) for row in rows) == sorted(case.stored)
    if case.at is not None:
        (row,) = rows
        expected = came if case.at == "now" else case.at
        assert isinstance(expected, datetime)
        assert abs(row["at"] - expected) < timedelta(milliseconds=1 if case.at != "now" else 30_000)
    assert processes(web) == before
    assert post(web, message("wamid.after")) == 200


def test_what_cannot_be_read_is_kept_as_it_came(web: Stack, db: mongo.Db) -> None:
    assert post(web, b'{"entry":[]}') == 200

    (row,) = db.inbox.find()
    assert (row["raw"], row["state"]) == (b'{"entry":[]}', "dead")
    assert row["reason"] == "not a webhook: nothing in it"
