"""What happened in a run on one day: by half hour, by how long it took, and by whom.

One row a run and day, of UTC, so that none grows and a report of a million deliveries reads as many
rows as one of ten. It is written in the transaction that moves the deliveries, once for a batch,
after the run's own row: whoever holds that one has no rival for this one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from bson import ObjectId
from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from store import marks, mongo
from store.documents.delivery import Delivery
from store.documents.run_day import RunDay

if TYPE_CHECKING:
    from store.deliveries import Move

Changes = dict[tuple[ObjectId, int], Counter[str]]
_Marks = dict[tuple[ObjectId, int], Counter[marks.Mark]]


def add(db: mongo.Db, moves: Sequence["Move"], session: ClientSession) -> None:
    """Count what these moves change, in their transaction. Index: _id."""
    counted: _Marks = defaultdict(Counter)
    for one in moves:
        run_id = one.delivery["run_id"]
        if run_id is None:
            continue
        now = marks.after(one.delivery, one.to, one.fields, one.clicks)
        for day, mark, by in marks.difference(one.delivery, now):
            counted[run_id, day][mark] += by
    write(db, spread(counted), session)


def add_new(db: mongo.Db, rows: Iterable[Delivery], session: ClientSession) -> None:
    """Count these, which were just kept, in their runs' rows and days. Index: _id."""
    counted: _Marks = defaultdict(Counter)
    counters: dict[ObjectId, Counter[str]] = defaultdict(Counter)
    for row in rows:
        run_id = row["run_id"]
        if run_id is None:
            continue
        counters[run_id][f"counters.{row['status']}"] += 1
        counters[run_id].update(f"tallies.{path}" for path in marks.tallied(row))
        for (day, mark), by in marks.of(row).items():
            counted[run_id, day][mark] += by
    for run_id, more in counters.items():
        mongo.runs(db).update_one({"_id": run_id}, {"$inc": dict(more)}, session=session)
    write(db, spread(counted), session)


def spread(counted: Mapping[tuple[ObjectId, int], Mapping[marks.Mark, int]]) -> Changes:
    """{(run, day): {path: by how much}} of the same by mark. Pure."""
    changes: Changes = {}
    for of_day, by_mark in counted.items():
        changes[of_day] = Counter()
        for mark, by in by_mark.items():
            for path in marks.paths(mark) if by else ():
                changes[of_day][path] += by
    return changes


def write(
    db: mongo.Db, changes: Mapping[tuple[ObjectId, int], Mapping[str, int]], session: ClientSession
) -> None:
    """Add {(run, day): {path: by how much}}, one command for all of them. Index: _id."""
    writes = []
    for (run_id, day), counted in changes.items():
        moved = {path: by for path, by in counted.items() if by}
        if moved:
            at = datetime.combine(date.fromordinal(day), time(), UTC)
            writes.append(
                UpdateOne(
                    {"_id": f"{run_id}:{at:%Y%m%d}"},
                    {"$inc": moved, "$setOnInsert": {"run_id": run_id, "day": at}},
                    upsert=True,
                )
            )
    if writes:
        mongo.run_days(db).bulk_write(writes, ordered=False, session=session)


def of_runs(
    db: mongo.Db, run_ids: Iterable[ObjectId], session: ClientSession | None = None
) -> list[RunDay]:
    """Every day of these runs, in order. Index: run_id_1_day_1."""
    query = {"run_id": {"$in": list(run_ids)}}
    return list(mongo.run_days(db).find(query, session=session).sort("day", 1))


def flat(row: Mapping[str, Any], before: str = "") -> dict[str, int]:
    """{path: count} of a row's nested counts, without those that fell back to nought. Pure."""
    found: dict[str, int] = {}
    for key, value in row.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{before}{key}.")
        elif isinstance(value, int) and value:
            found[f"{before}{key}"] = value
    return found
