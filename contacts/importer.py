"""Bring contacts in from a CSV or NDJSON file, in batches, with the same memory for any file.

What a file says is added to what stands: segments are joined, empty cells change nothing. The same
file once more changes nothing. A number that stands twice in a file is refused the second time,
since whichever line won, the other would have been lost without a word. A value that is not of its
attribute's kind costs its row, and so does a live segment, which takes no members.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from contacts import attributes, changes, rows, touch
from contacts.attributes import AttributeClashError, Held
from contacts.changes import Watched
from contacts.identity import Identity
from contacts.rows import FileKind, Rejection, Row
from contacts.seen import FirstLines
from store import contacts, mongo, segments, suppressions
from store.documents.contact import Consent, Contact, OptIn

SOURCE = "import"
BATCH = 1_000
MAX_LISTED = 1_000
_TRIES = 5
_BATCH_S = 30.0


@dataclass(slots=True)
class ImportReport:
    """What came of a file. Only the first MAX_LISTED rejections are listed; all are counted.

    updated: contacts that really changed. opt_outs_kept: rows that said `opted_in` of somebody who
    had opted out; they stay so, whatever a file says. lines: read so far. id: of the import, where
    it is kept. latest: rejections of the batch at hand.
    """

    id: str = ""
    lines: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    opt_outs_kept: int = 0
    rejected_total: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    latest: list[Rejection] = field(default_factory=list)

    def reject(self, rejection: Rejection) -> None:
        self.rejected_total += 1
        self.latest.append(rejection)
        if len(self.rejected) < MAX_LISTED:
            self.rejected.append(rejection)


def run(
    db: mongo.Db,
    chunks: Iterable[bytes],
    kind: FileKind,
    *,
    default_country: str,
    evidence: str | None,
    now: datetime,
    after_batch: Callable[[list[Rejection], ImportReport], None] | None = None,
    so_far: ImportReport | None = None,
) -> ImportReport:
    """Import a file, given as bytes in pieces of any size. Safe to repeat, also half-way through.

    so_far: what came of its lines up to `so_far.lines`, which are read over: they are written.

    evidence: where the file came from, kept with each consent it changed. after_batch: called with
    the rejections of each batch and the report so far. Raises UnusableFileError before anything
    is written, and StoreError.
    """
    report = so_far or ImportReport()
    written = report.lines
    found = rows.read(chunks, kind, default_country)
    held = _held(db, kind)
    with FirstLines() as seen:
        while batch := list(islice(found, BATCH)):
            new = batch if batch[0].line > written else _behind(batch, seen, written)
            with mongo.patience(_BATCH_S):
                usable = _typed(db, held, list(_usable(new, seen, report)), now, report)
                _keep(db, usable, evidence, now, report)
                report.lines = max(written, batch[-1].line)
                if after_batch:
                    after_batch(report.latest, report)
            report.latest.clear()
    report.rejected.sort(key=lambda rejection: rejection.line)
    return report


def _behind(
    batch: Sequence[Row | Rejection], seen: FirstLines, written: int
) -> list[Row | Rejection]:
    """The rows behind line `written`; of those before it only the numbers are noted."""
    for one in batch:
        if one.line <= written and isinstance(one, Row):
            seen.earlier(one.wa_id, one.line)
    return [one for one in batch if one.line > written]


def _usable(
    batch: Iterable[Row | Rejection], seen: FirstLines, report: ImportReport
) -> Iterator[Row]:
    for one in batch:
        if isinstance(one, Rejection):
            report.reject(one)
        elif (first := seen.earlier(one.wa_id, one.line)) is not None:
            reason = f"phone: the same number stands on line {first}, which was taken"
            report.reject(Rejection(one.line, reason))
        else:
            yield one


def _held(db: mongo.Db, kind: FileKind) -> Held:
    if kind is FileKind.CSV:
        return Held(db, SOURCE, read=attributes.from_text, infer=attributes.kind_of_text)
    return Held(db, SOURCE)


def _typed(
    db: mongo.Db, held: Held, batch: Sequence[Row], now: datetime, report: ImportReport
) -> list[Row]:
    """The rows with their attributes as contacts keep them; the others are rejected."""
    held.know({name for row in batch for name in row.attributes})
    live = set(segments.live_among(db, {name for row in batch for name in row.segments}))
    typed = []
    for row in batch:
        try:
            if taken := live.intersection(row.segments):
                raise ValueError(f"segments: {min(taken)} is live, and takes no members")  # noqa: TRY301  # one place turns reasons into rejections
            typed.append(replace(row, attributes=held.values(row.attributes, now)))
        except AttributeClashError as error:
            report.reject(Rejection(row.line, f"attributes.{error.name}: {error}"))
        except ValueError as error:
            report.reject(Rejection(row.line, str(error)))
    return typed


@dataclass(frozen=True, slots=True)
class _Step:
    """What one row asks for; neither where the contact stands as the row says already."""

    row: Row
    new: Contact | None
    change: contacts.Change | None
    opt_out_kept: bool


def _keep(
    db: mongo.Db, batch: Sequence[Row], evidence: str | None, now: datetime, report: ImportReport
) -> None:
    """Write one batch. What another changed between our reading and writing is tried again."""
    suppressed = _suppressed(db, batch, now)
    on = changes.watched(db)
    created = updated = 0
    for turn in range(_TRIES + 1):
        found = contacts.by_identities(db, [row.wa_id for row in batch], [])
        standing = {contact["wa_id"]: contact for contact in found}
        steps = [
            _step(row, standing.get(row.wa_id), row.wa_id in suppressed, evidence, now)
            for row in batch
        ]
        left = [step for step in steps if step.new or step.change]
        if not left or turn == _TRIES:
            break
        if on:
            left = [_told(step, standing.get(step.row.wa_id), on, now) for step in left]
        new = [step.new for step in left if step.new]
        changed = [step.change for step in left if step.change]
        done = contacts.write_many(db, new, changed)
        created += done.created
        updated += done.changed
        if done.created + done.changed == len(left):
            left = []
            break
    for step in left:
        reason = "others kept changing this contact; import it again"
        report.reject(Rejection(step.row.line, reason))
    report.created += created
    report.updated += updated
    report.unchanged += len(batch) - created - updated - len(left)
    report.opt_outs_kept += sum(step.opt_out_kept for step in steps)


def _told(step: _Step, before: Contact | None, on: Watched, now: datetime) -> _Step:
    """The same, and with it what those are told who watch. Pure, but for what makes it one."""
    if step.new is not None:
        if told := changes.news(on, None, step.new, now):
            step.new["news"] = told
        return step
    if step.change is None or before is None:
        return step
    update = step.change.update
    fields: dict[str, Any] = update["$set"]
    after: Contact = {**before, "segments": list(before["segments"])}
    after["attributes"] = {
        **before["attributes"],
        **{
            name.removeprefix("attributes."): value
            for name, value in fields.items()
            if name.startswith("attributes.")
        },
    }
    after["segments"] += update.get("$addToSet", {}).get("segments", {}).get("$each", [])
    for name in ("language", "consent"):
        if name in fields:
            after[name] = fields[name]
    told = changes.news(on, before, after, now)
    return replace(step, change=replace(step.change, update={**update, **changes.pushed(told)}))


def _suppressed(db: mongo.Db, batch: Sequence[Row], now: datetime) -> frozenset[str]:
    """The wa_ids of those whom a row calls opted in and who asked not to be disturbed."""
    names = {
        name: row.wa_id
        for row in batch
        if row.opted_in is OptIn.YES
        for name in suppressions.identities(row.wa_id, None)
    }
    found = suppressions.find(db, names)
    return frozenset(names[name] for name, row in found.items() if suppressions.standing(row, now))


def _step(
    row: Row, contact: Contact | None, suppressed: bool, evidence: str | None, now: datetime
) -> _Step:
    """Decide what a row changes. Pure.

    A file may correct what an earlier file said of consent, but not what the person said.
    """
    standing = contact["consent"] if contact else None
    said_no = standing and standing["state"] == OptIn.NO and standing["source"] != SOURCE
    kept = row.opted_in is OptIn.YES and (suppressed or bool(said_no))
    consent: Consent | None = None
    if row.opted_in and not kept and not (standing and standing["state"] == row.opted_in):
        consent = {"state": row.opted_in, "source": SOURCE, "at": now}
        if evidence:
            consent["evidence"] = evidence
    if contact is None:
        return _Step(row, _new(row, consent, now), None, kept)
    return _Step(row, None, _change(contact, row, consent, now), kept)


def _new(row: Row, consent: Consent | None, now: datetime) -> Contact:
    contact = touch.new_contact(Identity(row.wa_id), row.name, SOURCE, now)
    contact["language"] = row.language or contact["language"]
    contact["timezone"] = row.timezone or contact["timezone"]
    contact["attributes"] = dict(row.attributes)
    contact["segments"] = list(row.segments)
    contact["consent"] = consent or contact["consent"]
    return contact


def _change(
    contact: Contact, row: Row, consent: Consent | None, now: datetime
) -> contacts.Change | None:
    news: dict[str, Any] = {}
    if row.name and row.name != contact["name"]:
        news["name"] = row.name
    if row.language and row.language != contact["language"]:
        news["language"] = row.language
    if row.timezone and row.timezone != contact["timezone"]:
        news["timezone"] = row.timezone
    for name, value in row.attributes.items():
        standing = contact["attributes"].get(name)
        # 1 and true are equal to Python, and not to a rule.
        if standing != value or type(standing) is not type(value):
            news[f"attributes.{name}"] = value
    guard: dict[str, Any] = {}
    if consent:
        news["consent"] = consent
        # The person may answer STOP while a file is read; then this row decides again.
        guard = {f"consent.{key}": contact["consent"][key] for key in ("state", "source")}
    segments = [name for name in row.segments if name not in contact["segments"]]
    if not news and not segments:
        return None
    update: dict[str, Any] = {"$set": {**news, "updated_at": now}}
    if segments:
        update["$addToSet"] = {"segments": {"$each": segments}}
    return contacts.Change(contact["_id"], update, guard)
