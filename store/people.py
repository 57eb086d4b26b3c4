"""Many contacts at once, by a filter's query: counted, or streamed in the order of their ids.

Which index serves a query is for MongoDB's planner, by what the filter affirms: segments_1__id_1,
attributes, had, window_until_1 or last_inbound_at_1; `_id` where it affirms nothing narrow. It
tries them against each other: one pass over the ids begins to answer at once where many are meant,
an index ends at once where few are.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING
from pymongo.cursor import Cursor
from pymongo.errors import CursorNotFound

from store import mongo
from store.documents.contact import Contact

Query = dict[str, Any]
_PATIENCE_S = 120.0


def count(db: mongo.Db, query: Query) -> int:
    """How many contacts answer `query`. Indexes: see above; an empty query counts all."""
    if not query:
        return mongo.contacts(db).estimated_document_count()
    with mongo.patience(_PATIENCE_S):
        return mongo.contacts(db).count_documents(query)


def stream(
    db: mongo.Db, query: Query, after: ObjectId | None, batch: int
) -> Iterator[list[Contact]]:
    """Contacts that answer `query` and whose id is beyond `after`, each once, in order of `_id`.

    Lists of at most `batch`, of which one is held at a time. A cursor that MongoDB forgot, since
    whoever reads took long over a batch, is taken up where it was.
    """
    while True:
        try:
            for people in _batches(db, query, after, batch):
                yield people
                after = people[-1]["_id"]
        except CursorNotFound:
            continue
        return


def _batches(
    db: mongo.Db, query: Query, after: ObjectId | None, batch: int
) -> Iterator[list[Contact]]:
    beyond: Query = {"_id": {"$gt": after}} if after is not None else {}
    asked: Query = {"$and": [beyond, query]} if beyond and query else beyond or query
    with mongo.contacts(db).find(asked).sort("_id", ASCENDING).batch_size(batch) as cursor:
        while held := _next(cursor, batch):
            yield held


def _next(cursor: Cursor[Contact], batch: int) -> list[Contact]:
    with mongo.patience(_PATIENCE_S):
        return list(islice(cursor, batch))


def sample(db: mongo.Db, query: Query, limit: int) -> list[Contact]:
    """A few contacts that answer `query`, any of them."""
    with mongo.patience(_PATIENCE_S):
        return list(mongo.contacts(db).find(query).limit(limit))
