"""Contacts: found by phone, by BSUID or by both."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import InsertOne, ReturnDocument, UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError

from store import behaviour, enrolments, mongo
from store.documents.contact import Contact

_COUNTED = 200  # marks of what was counted, more than are ever repeated after a crash


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one contact, in MongoDB's words, made only where the guard still holds."""

    contact_id: ObjectId
    update: dict[str, Any]
    guard: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """How many of many writes took place."""

    created: int
    changed: int


def by_identities(db: mongo.Db, wa_ids: Iterable[str], bsuids: Iterable[str]) -> list[Contact]:
    """Everybody who has one of these. Indexes: wa_id_1, bsuid_1."""
    either: list[dict[str, Any]] = []
    if phones := sorted(set(wa_ids)):
        either.append({"wa_id": {"$in": phones}})
    if users := sorted(set(bsuids)):
        either.append({"bsuid": {"$in": users}})
    return list(mongo.contacts(db).find({"$or": either})) if either else []


def by_ids(db: mongo.Db, ids: Iterable[ObjectId]) -> dict[ObjectId, Contact]:
    """{_id: contact}; who was joined to another is found under both ids. Index: _id.

    A row written for somebody while they were being joined still names the id that is gone: it is
    given the right one here.
    """
    wanted = set(ids)
    found = {row["_id"]: row for row in mongo.contacts(db).find({"_id": {"$in": list(wanted)}})}
    if lost := wanted - found.keys():
        for joined in db.joined_contacts.find({"_id": {"$in": list(lost)}}):
            keeper = by_ids(db, [joined["into"]]).get(joined["into"])
            if keeper is not None and _rename(db, joined["_id"], keeper["_id"]):
                found[joined["_id"]] = found[keeper["_id"]] = keeper
    return found


def _rename(db: mongo.Db, old: ObjectId, new: ObjectId) -> bool:
    """False where the person is owed the same thing under both ids: the right one's row stands."""
    try:
        for collection in (mongo.deliveries(db), mongo.events(db)):
            collection.update_many({"contact_id": old}, {"$set": {"contact_id": new}})
    except DuplicateKeyError:
        return False
    return True


def insert(db: mongo.Db, contact: Contact) -> bool:
    """Keep a new contact; False where somebody with that phone or BSUID is there already."""
    try:
        mongo.contacts(db).insert_one(contact)
    except DuplicateKeyError:
        return False
    return True


def update(db: mongo.Db, contact_id: ObjectId, change: dict[str, Any]) -> Contact | None:
    """Apply MongoDB's `change` and return what stands now. Raises DuplicateKeyError on a clash."""
    return mongo.contacts(db).find_one_and_update(
        {"_id": contact_id}, change, return_document=ReturnDocument.AFTER
    )


def count_up(
    db: mongo.Db, contact_id: ObjectId, by: Mapping[str, int | float], once: str, now: datetime
) -> Contact | None:
    """Add to number attributes (keys as they are kept), once for each `once`; what stands then.

    A missing one counts from 0; one that is no number stays. None where it was counted before, or
    the contact is gone. Index: _id.
    """
    sums: dict[str, Any] = {}
    for name, more in by.items():
        held = f"$attributes.{name}"
        grown = {"$add": [held, {"$literal": more}]}
        kept = {"$ifNull": [held, {"$literal": more}]}
        sums[f"attributes.{name}"] = {"$cond": [{"$isNumber": held}, grown, kept]}
    counted = {"$concatArrays": [{"$ifNull": ["$counted", []]}, [{"$literal": once}]]}
    return mongo.contacts(db).find_one_and_update(
        {"_id": contact_id, "counted": {"$ne": once}},
        [
            {
                "$set": {
                    **sums,
                    "counted": {"$slice": [counted, -_COUNTED]},
                    "updated_at": {"$max": ["$updated_at", now]},
                }
            }
        ],
        return_document=ReturnDocument.AFTER,
    )


def hand_back(db: mongo.Db, wa_id: str | None, bsuid: str | None, now: datetime) -> bool:
    """Nobody answers this person in the rules' place any more; False where nobody did.

    Indexes: wa_id_1, bsuid_1.
    """
    who = {"wa_id": wa_id} if wa_id else {"bsuid": bsuid}
    done = mongo.contacts(db).update_one(
        {**who, "handed_over.until": {"$gt": now}},
        {"$unset": {"handed_over": ""}, "$max": {"updated_at": now}},
    )
    return done.modified_count == 1


def write_many(
    db: mongo.Db, new: Sequence[Contact], changes: Sequence[Change], *, in_order: bool = False
) -> Written:
    """Keep new contacts and make changes in one write; say how many took place. in_order: where
    the changes of one contact must be made one after the other.

    Fewer than asked for means that somebody was faster: the number is there already, or a guard
    no longer holds. The others are kept all the same; read again and ask for what is left.
    Raises StoreError where anything else went wrong. Indexes: _id, wa_id_1, bsuid_1.
    """
    writes: list[InsertOne[Contact] | UpdateOne] = [InsertOne(contact) for contact in new]
    writes += [
        UpdateOne({"_id": change.contact_id, **change.guard}, change.update) for change in changes
    ]
    if not writes:
        return Written(0, 0)
    try:
        done = mongo.contacts(db).bulk_write(writes, ordered=in_order)
    except BulkWriteError as error:
        mongo.repeated(error)
        details: Any = error.details or {}
        return Written(int(details.get("nInserted", 0)), int(details.get("nMatched", 0)))
    return Written(done.inserted_count, done.matched_count)


def take_over(db: mongo.Db, keeper: ObjectId, other: Contact, change: dict[str, Any]) -> Contact:
    """Two contacts turned out to be one person: give `other`'s identities and history to `keeper`,
    and what still waits for them.

    All or nothing. Safe to repeat.
    """

    def work(session: Any) -> Contact:
        mongo.contacts(db).delete_one({"_id": other["_id"]}, session=session)
        db.joined_contacts.update_one(
            {"_id": other["_id"]}, {"$set": {"into": keeper}}, upsert=True, session=session
        )
        kept = mongo.contacts(db).find_one_and_update(
            {"_id": keeper}, change, return_document=ReturnDocument.AFTER, session=session
        )
        if kept is None:
            raise LookupError(f"contact {keeper} is gone")
        kept = behaviour.take_over(db, keeper, other, session) or kept
        for collection in (mongo.deliveries(db), mongo.events(db)):
            collection.update_many(
                {"contact_id": other["_id"]}, {"$set": {"contact_id": keeper}}, session=session
            )
        mongo.fires(db).update_many(
            {"subject.contact_id": other["_id"]},
            {"$set": {"subject.contact_id": keeper}},
            session=session,
        )
        enrolments.take_over(db, keeper, other["_id"], session)
        return kept

    return mongo.in_transaction(db, work)


def delete(db: mongo.Db, contact_id: ObjectId) -> None:
    """Forget the contact. Safe to repeat."""
    mongo.contacts(db).delete_one({"_id": contact_id})


def in_segments(db: mongo.Db, segments: Sequence[str]) -> Iterator[Contact]:
    """Everybody in any of the segments. Index: segments_1."""
    yield from mongo.contacts(db).find({"segments": {"$in": list(segments)}})


def sample(db: mongo.Db, limit: int, before: datetime | None = None) -> list[Contact]:
    """The people heard from or imported last, newest first. Index: updated_at_-1."""
    query: dict[str, Any] = {"updated_at": {"$lt": before}} if before else {}
    return list(mongo.contacts(db).find(query).sort("updated_at", -1).limit(limit))


def note_addresses(db: mongo.Db, addresses: Mapping[ObjectId, str]) -> None:
    """{contact: how Meta writes their number}, kept where it is news. Safe to repeat. Index: _id.

    Costs nothing where there are none.
    """
    if addresses:
        mongo.contacts(mongo.lightly(db)).bulk_write(
            [
                UpdateOne(
                    {"_id": _id, "meta_wa_id": {"$ne": metas}}, {"$set": {"meta_wa_id": metas}}
                )
                for _id, metas in addresses.items()
            ],
            ordered=False,
        )
