"""What contacts remember of campaigns stands by campaign: `did` was a list of `<campaign>:<what>`.

Every change of that list cost the keys of all indexes of contacts; see store/behaviour.py.
"""

from itertools import islice

from pymongo import UpdateOne

from config.settings import Settings
from store import behaviour, indexes, mongo

_BATCH = 500


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Write each list as it is kept now; its index goes. Safe to repeat. One pass over contacts."""
    indexes.drop(db, "contacts", "did")
    rows = db.contacts.find({"did": {"$type": "array"}}, {"did": 1})
    while batch := list(islice(rows, _BATCH)):
        db.contacts.bulk_write(
            [
                UpdateOne({"_id": row["_id"], "did": row["did"]}, [{"$set": _by_campaign(row)}])
                for row in batch
            ],
            ordered=False,
        )


def _by_campaign(row: dict[str, object]) -> dict[str, object]:
    listed = row["did"]
    if not isinstance(listed, list):
        return {}
    did: dict[str, dict[str, object]] = {}
    for one in listed:
        campaign, _, what = one["k"].rpartition(":")
        did.setdefault(campaign, {})[what] = one["at"]
    kept = list(did)[-behaviour.MOST :]
    return {
        "did": {"$literal": {name: did[name] for name in kept}},
        "had": {"$literal": kept},
    }
