"""Transactions whose process died in the middle: they hold what they wrote for a minute or more.

MongoDB does not notice that a client is gone between two statements. Until it gives such a
transaction up (`transactionLifetimeLimitSeconds`, 60, looked after each half of that), nobody else
can write the rows it wrote: the counters of a run, say, which all of its deliveries need.
Source: https://www.mongodb.com/docs/manual/core/transactions-production-consideration/
"""

from datetime import timedelta
from typing import Any

from store import mongo

# Ours last milliseconds, and a live one that is ended is only made again.
ABANDONED_AFTER = timedelta(seconds=3)


def end_abandoned(db: mongo.Db, idle: timedelta = ABANDONED_AFTER) -> int:
    """End our transactions in which nothing has happened for so long; say how many.

    Whether they are a dead process's or a stalled one's, nothing is lost: a transaction that ends
    has written nothing, and who lives makes it anew. Needs no rights beyond one's own sessions.
    Safe to repeat.
    """
    stages: list[dict[str, Any]] = [
        {"$currentOp": {"idleSessions": True, "allUsers": False}},
        {
            "$match": {
                "type": "idleSession",
                "appName": mongo.APP,
                "transaction.timeInactiveMicros": {"$gte": int(idle.total_seconds() * 1e6)},
            }
        },
    ]
    abandoned = [row["lsid"]["id"] for row in db.client.admin.aggregate(stages)]
    if abandoned:
        db.client.admin.command("killSessions", [{"id": one} for one in abandoned])
    return len(abandoned)
