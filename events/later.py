"""What is told of somebody later, unless something comes in between: a checkout that was left.

It waits as a fire that holds its journal row; when it is due, the row is put in line.
"""

from collections.abc import Sequence
from datetime import datetime

from bson import ObjectId

from contacts import journaled
from runtime import Runtime
from store import contacts, fires
from store.documents.fire import Fire, FireKind
from store.documents.inbox import InboxItem


def put_off(rt: Runtime, row: InboxItem, contact_id: ObjectId | None, due_at: datetime) -> None:
    """Have `row` told at `due_at`; said again later, it is told later. Durable when it returns."""
    fires.put(
        rt.db,
        {
            "_id": f"tell:{row['_id']}",
            "kind": FireKind.TELL,
            "subject": {"contact_id": contact_id, "row": dict(row)},
            "due_at": due_at,
            "version": 0,
            "lease": None,
            "tries": 0,
        },
    )


def forget(rt: Runtime, keys: Sequence[str]) -> int:
    """These rows will not be told any more; how many would have been. Safe to repeat."""
    return fires.drop(rt.db, [f"tell:{key}" for key in keys])


def journal_due(rt: Runtime, due: Sequence[Fire], now: datetime) -> dict[str, datetime]:
    """Put these in line; none waits any longer. Safe to repeat: each is one row."""
    known = {fire["subject"]["contact_id"] for fire in due} - {None}
    people = contacts.by_ids(rt.db, known) if known else {}
    rows: list[InboxItem] = []
    for fire in due:
        contact_id = fire["subject"]["contact_id"]
        if contact_id is not None and contact_id not in people:
            continue  # erased
        row: InboxItem = {**fire["subject"]["row"]}  # type: ignore[typeddict-item]  # put there whole
        row["at"] = row["received_at"] = now
        rows.append(row)
    journaled.put_in_line(rt, rows, urgent=True)
    return {}
