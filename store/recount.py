"""Count a run anew from its deliveries, in one snapshot, and put its numbers right.

What is said and what is counted are read at the same instant, so the difference between them is the
fault alone. Adding it is right whatever was counted since: traffic need not stop for it.
"""

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bson import ObjectId
from pymongo.client_session import ClientSession

from store import course, marks, mongo
from store.documents.campaign import Run
from store.documents.delivery import DeliveryStatus

_AT_META = (
    DeliveryStatus.ACCEPTED,
    DeliveryStatus.SENT,
    DeliveryStatus.DELIVERED,
    DeliveryStatus.READ,
    DeliveryStatus.PLAYED,
)
_COUNTED = {
    "status": 1, "status_at": 1, "reason": 1, "times": 1, "error": 1, "reply.at": 1, "clicks": 1,
    "pricing": 1, "step": 1, "of": 1,
}  # fmt: skip
_BATCH = 2_000
K = TypeVar("K", bound=Hashable)


@dataclass(slots=True)
class Recount:
    """One run, its days, and its deliveries, counted one by one at the same instant.

    said, counted: {path in the run's row: count}. days_said, days_counted: {(day, path): count}.
    broken: {what is wrong: deliveries}.
    """

    run: Run
    said: dict[str, int]
    days_said: dict[tuple[int, str], int]
    counted: Counter[str] = field(default_factory=Counter)
    days_counted: Counter[tuple[int, str]] = field(default_factory=Counter)
    broken: dict[str, int] = field(default_factory=dict)

    def differences(self) -> dict[str, tuple[int, int]]:
        """{path: (said, counted)} where the run's row is wrong."""
        return _differences(self.said, self.counted)

    def days_differences(self) -> dict[tuple[int, str], tuple[int, int]]:
        """{(day, path): (said, counted)} where a day's row is wrong."""
        return _differences(self.days_said, self.days_counted)


def _differences(said: Mapping[K, int], counted: Mapping[K, int]) -> dict[K, tuple[int, int]]:
    return {
        path: (said.get(path, 0), counted.get(path, 0))
        for path in sorted({*said, *counted}, key=str)
        if said.get(path, 0) != counted.get(path, 0)
    }


def of_run(db: mongo.Db, run_id: ObjectId) -> Recount | None:
    """Count a run anew; None where it is gone. Index: run_id_1.

    MongoDB keeps a snapshot for five minutes, unless it is told otherwise: a few million
    deliveries of one run. Raises StoreError where that was too short.
    """
    with db.client.start_session(snapshot=True) as session:
        run = mongo.runs(db).find_one({"_id": run_id}, session=session)
        if run is None:
            return None
        told = {"counters": run["counters"], "tallies": run["tallies"]}
        days = {
            (row["day"].toordinal(), path): count
            for row in course.of_runs(db, [run_id], session)
            for path, count in course.flat(row).items()
        }
        result = Recount(run, course.flat(told), days)
        by_mark: Counter[tuple[int, marks.Mark]] = Counter()
        rows = mongo.deliveries(db).find({"run_id": run_id}, _COUNTED, session=session)
        for row in rows.batch_size(_BATCH):
            result.counted[f"counters.{row['status']}"] += 1
            result.counted.update(f"tallies.{path}" for path in marks.tallied(row))
            by_mark.update(marks.of(row))
        for (day, mark), count in by_mark.items():
            for path in marks.paths(mark):
                result.days_counted[day, path] += count
        result.broken = {
            name: count
            for name, query in _IMPOSSIBLE.items()
            if (count := _how_many(db, {"run_id": run_id, **query}, session))
        }
        return result


def repair(db: mongo.Db, found: Recount) -> bool:
    """Add what the run and its days are short of; False where another did so since it was counted.

    Safe while messages are sent. Index: _id.
    """
    wrong, days = found.differences(), found.days_differences()
    changes: course.Changes = {}
    for (day, path), (said, counted) in days.items():
        changes.setdefault((found.run["_id"], day), Counter())[path] = counted - said
    seen = found.run.get("repairs", 0)
    moved = {path: counted - said for path, (said, counted) in wrong.items()}

    def work(session: ClientSession) -> bool:
        done = mongo.runs(db).update_one(
            {"_id": found.run["_id"], "repairs": seen or None},
            {"$inc": {**moved, "repairs": 1}},
            session=session,
        )
        if done.matched_count != 1:
            return False
        course.write(db, changes, session)
        return True

    return mongo.in_transaction(db, work)


def _how_many(db: mongo.Db, query: dict[str, Any], session: ClientSession) -> int:
    return mongo.deliveries(db).count_documents(query, session=session)


# A wamid carries the phone number, so erasing a person takes it out; those rows are told by their
# cause.
_NOT_ERASED = {"cause": {"$not": {"$regex": "^erased:"}}}
_IMPOSSIBLE: dict[str, dict[str, Any]] = {
    "at Meta without a wamid": {"status": {"$in": _AT_META}, "wamid": None, **_NOT_ERASED},
    "being sent by nobody": {"status": DeliveryStatus.SENDING, "lease": None},
    "skipped without a reason": {"status": DeliveryStatus.SKIPPED, "reason": None},
    "failed without an error": {"status": DeliveryStatus.FAILED, "error": None},
}
