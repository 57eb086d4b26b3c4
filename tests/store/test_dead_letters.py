"""What could not be handled can be looked at, newest first, without what people wrote in it."""

from datetime import timedelta

from store import dead_letters, inbox, mongo
from store.documents.inbox import InboxItem, InboxKind, InboxState
from tests.clock import NOW


def _item(number: int) -> InboxItem:
    return InboxItem(
        _id=f"message:{number}",
        kind=InboxKind.MESSAGE,
        shard=0,
        at=NOW,
        received_at=NOW + timedelta(seconds=number),
        payload='{"text": "price"}',
        who="a" * 64,
        state=InboxState.NEW,
        tries=3,
    )


def test_the_latest_come_first_without_their_payload(db: mongo.Db) -> None:
    inbox.journal(db, [_item(number) for number in range(4)])
    for number in (0, 2, 3):
        inbox.bury(db, f"message:{number}", "cannot be read")

    found = dead_letters.latest(db, limit=2)

    assert [item["_id"] for item in found] == ["message:3", "message:2"]
    assert all("payload" not in item for item in found)
    assert dead_letters.count(db, at_most=100) == 3
    assert dead_letters.count(db, at_most=2) == 2
