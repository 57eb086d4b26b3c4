"""Reach MongoDB: one client a process, and each collection by a typed name.

Every write is acknowledged by the majority and journaled: what we say is kept is kept.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import pymongo
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import (
    BulkWriteError,
    CollectionInvalid,
    DocumentTooLarge,
    OperationFailure,
    PyMongoError,
    WriteError,
)
from pymongo.write_concern import WriteConcern

from store.documents.answered import Answered
from store.documents.api_token import ApiToken
from store.documents.attribute import AttributeDefinition
from store.documents.audit import AuditEntry
from store.documents.campaign import Campaign, Run
from store.documents.contact import Contact
from store.documents.delivery import Claim, Delivery
from store.documents.enrolment import Enrolment
from store.documents.erasure import Erasure
from store.documents.event import EventRecord
from store.documents.fire import Fire
from store.documents.imported import Import, RejectedRow
from store.documents.inbox import InboxItem
from store.documents.loop import Loop
from store.documents.reach import Reach, Reached
from store.documents.rule_draft import RuleDraft
from store.documents.rule_version import RuleVersion
from store.documents.run_day import RunDay
from store.documents.segment import Segment
from store.documents.sender import Sender
from store.documents.subscription import Subscription, Telling
from store.documents.suppression import Suppression
from store.documents.template import Template
from store.documents.upload import Upload
from store.documents.user import User
from store.documents.watch import Watch

Db = Database[dict[str, Any]]
StoreError = PyMongoError
T = TypeVar("T")
_DUPLICATE_KEY = 11000
_NAMESPACE_EXISTS = 48
APP = "drumbeat"  # what our connections are called at the server


def connect(uri: str, *, timeout_s: float = 10.0) -> Db:
    """The database that `uri` names (`drumbeat` where it names none). Connects when first used.

    timeout_s: how long one operation may take in all, waiting for a server included; after that it
    raises StoreError. Not to be shared across a fork.
    """
    client: MongoClient[dict[str, Any]] = MongoClient(
        uri,
        tz_aware=True,
        connect=False,
        appname=APP,
        timeoutMS=int(timeout_s * 1000),
        serverSelectionTimeoutMS=int(timeout_s * 1000),
    )
    return client.get_default_database("drumbeat").with_options(
        write_concern=WriteConcern(w="majority", j=True)
    )


def make_collections(db: Db, names: Iterable[str]) -> None:
    """Make those that are missing. Safe to repeat, and while another process does the same.

    Source of the code: https://www.mongodb.com/docs/manual/reference/error-codes/
    """
    standing = set(db.list_collection_names())
    for name in names:
        if name in standing:
            continue
        try:
            db.create_collection(name)
        except CollectionInvalid:
            continue  # another process was faster
        except OperationFailure as error:
            if error.code != _NAMESPACE_EXISTS:  # the same, found out by the server
                raise


def lightly(db: Db) -> Db:
    """The same database, for writes that may be lost: leases and tries, which guard nothing."""
    return db.with_options(write_concern=WriteConcern(w=1, j=False))


def ping(db: Db) -> None:
    """Raise StoreError where the server does not answer."""
    db.command("ping")


def patience(seconds: float) -> AbstractContextManager[None]:
    """Within this, operations may take `seconds` in all, whatever the client was made with.

    For what is long by nature, a report or a batch, in a process whose other answers must be quick.
    """
    return pymongo.timeout(seconds)


def in_transaction(db: Db, work: Callable[[ClientSession], T], *, settled: bool = True) -> T:
    """Run `work(session)` so that all of its writes are kept or none is.

    `work` may run more than once (two transactions may touch the same row), so it must not keep
    anything of an earlier try. settled: whether to return only once they are on the disk of the
    majority; else `settle` says when, or any later write that is acknowledged so.
    """
    concern = WriteConcern(w="majority", j=True) if settled else WriteConcern(w=1, j=False)
    with db.client.start_session() as session:
        return session.with_transaction(work, write_concern=concern)


def settle(db: Db) -> None:
    """Return once everything written so far is on the disk of the majority. Raises StoreError.

    A write that changes nothing waits for all before it.
    Source: https://www.mongodb.com/docs/manual/reference/write-concern/
    """
    db.settled.update_one({"_id": "nothing"}, {"$set": {"changed": False}})


def is_refusal(error: PyMongoError) -> bool:
    """Whether the server refused this very write, and would again: it is not away. Pure."""
    if error.has_error_label("TransientTransactionError"):
        return False
    if isinstance(error, BulkWriteError):
        details: Any = error.details or {}
        return bool(details.get("writeErrors")) and not details.get("writeConcernErrors")
    return isinstance(error, WriteError | DocumentTooLarge)


def repeated(error: BulkWriteError) -> list[int]:
    """The places, in a bulk write, of what was refused as a repeat of what is there already.

    Raises `error` where anything else went wrong with any of it.
    """
    details: Any = error.details or {}
    refused = details.get("writeErrors", [])
    unsure = details.get("writeConcernErrors", [])
    if unsure or any(entry.get("code") != _DUPLICATE_KEY for entry in refused):
        raise error
    return [int(entry["index"]) for entry in refused]


def inbox(db: Db) -> Collection[InboxItem]:
    return db.get_collection("inbox")  # type: ignore[return-value]  # one cast a collection


def contacts(db: Db) -> Collection[Contact]:
    return db.get_collection("contacts")  # type: ignore[return-value]  # as above


def attributes(db: Db) -> Collection[AttributeDefinition]:
    return db.get_collection("attributes")  # type: ignore[return-value]  # as above


def segments(db: Db) -> Collection[Segment]:
    return db.get_collection("segments")  # type: ignore[return-value]  # as above


def imports(db: Db) -> Collection[Import]:
    return db.get_collection("imports")  # type: ignore[return-value]  # as above


def import_rejections(db: Db) -> Collection[RejectedRow]:
    return db.get_collection("import_rejections")  # type: ignore[return-value]  # as above


def suppressions(db: Db) -> Collection[Suppression]:
    return db.get_collection("suppressions")  # type: ignore[return-value]  # as above


def templates(db: Db) -> Collection[Template]:
    return db.get_collection("templates")  # type: ignore[return-value]  # as above


def campaigns(db: Db) -> Collection[Campaign]:
    return db.get_collection("campaigns")  # type: ignore[return-value]  # as above


def runs(db: Db) -> Collection[Run]:
    return db.get_collection("runs")  # type: ignore[return-value]  # as above


def run_days(db: Db) -> Collection[RunDay]:
    return db.get_collection("run_days")  # type: ignore[return-value]  # as above


def deliveries(db: Db) -> Collection[Delivery]:
    return db.get_collection("deliveries")  # type: ignore[return-value]  # as above


def events(db: Db) -> Collection[EventRecord]:
    return db.get_collection("events")  # type: ignore[return-value]  # as above


def fires(db: Db) -> Collection[Fire]:
    return db.get_collection("fires")  # type: ignore[return-value]  # as above


def enrolments(db: Db) -> Collection[Enrolment]:
    return db.get_collection("enrolments")  # type: ignore[return-value]  # as above


def rule_versions(db: Db) -> Collection[RuleVersion]:
    return db.get_collection("rule_versions")  # type: ignore[return-value]  # as above


def rule_drafts(db: Db) -> Collection[RuleDraft]:
    return db.get_collection("rule_drafts")  # type: ignore[return-value]  # as above


def users(db: Db) -> Collection[User]:
    return db.get_collection("users")  # type: ignore[return-value]  # as above


def api_tokens(db: Db) -> Collection[ApiToken]:
    return db.get_collection("api_tokens")  # type: ignore[return-value]  # as above


def audit(db: Db) -> Collection[AuditEntry]:
    return db.get_collection("audit")  # type: ignore[return-value]  # as above


def answered(db: Db) -> Collection[Answered]:
    return db.get_collection("answered")  # type: ignore[return-value]  # as above


def subscriptions(db: Db) -> Collection[Subscription]:
    return db.get_collection("subscriptions")  # type: ignore[return-value]  # as above


def tellings(db: Db) -> Collection[Telling]:
    return db.get_collection("tellings")  # type: ignore[return-value]  # as above


def senders(db: Db) -> Collection[Sender]:
    return db.get_collection("senders")  # type: ignore[return-value]  # as above


def loops(db: Db) -> Collection[Loop]:
    return db.get_collection("loops")  # type: ignore[return-value]  # as above


def reach(db: Db) -> Collection[Reach]:
    return db.get_collection("reach")  # type: ignore[return-value]  # as above


def reached(db: Db) -> Collection[Reached]:
    return db.get_collection("reached")  # type: ignore[return-value]  # as above


def claims(db: Db) -> Collection[Claim]:
    return db.get_collection("claims")  # type: ignore[return-value]  # as above


def uploads(db: Db) -> Collection[Upload]:
    return db.get_collection("uploads")  # type: ignore[return-value]  # as above


def watches(db: Db) -> Collection[Watch]:
    return db.get_collection("watches")  # type: ignore[return-value]  # as above


def erasures(db: Db) -> Collection[Erasure]:
    return db.get_collection("erasures")  # type: ignore[return-value]  # as above
