"""People in a drip by their numbers: put in by hand, by the API or from a file, and taken out."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice

from campaigns import content, enrolling, leaving, service
from campaigns.documents import DripCampaign
from campaigns.enrolling import Entry
from campaigns.service import ImpossibleStepError
from contacts import fields
from contacts.identity import Identity
from runtime import Runtime
from store import campaigns, contacts, mongo
from store.documents.campaign import Campaign, CampaignState
from store.documents.contact import Contact

AT_ONCE = 1000
UNKNOWN = "nobody is known by it; import them, or have them write first"


@dataclass(slots=True)
class Taken:
    """left_out: (place from 0, why) of those who are not in it now by this."""

    enrolled: int = 0
    left_out: list[tuple[int, str]] = field(default_factory=list)


def drip(db: mongo.Db, name: str) -> Campaign:
    """The drip of that name. Raises service.UnknownCampaignError, ImpossibleStepError."""
    campaign = service.find(db, name)
    document = content.document_of(campaign)
    if not isinstance(document, DripCampaign):
        raise ImpossibleStepError(f"{name} is {document.type}, and has no steps to go through")
    return campaign


def enrol(
    rt: Runtime, name: str, numbers: Iterable[str], entry: Entry, now: datetime
) -> Iterator[Taken]:
    """Put the people with these numbers (or BSUIDs) in, AT_ONCE at a time; what came of each part.

    Safe to repeat with the same cause. Raises service.UnknownCampaignError, and ImpossibleStepError
    where the drip takes nobody in.
    """
    campaign = drip(rt.db, name)
    if campaign["state"] != CampaignState.ACTIVE:
        raise ImpossibleStepError(f"{name} is {campaign['state']}, and takes nobody in")
    rest, place = iter(numbers), 0
    while part := list(islice(rest, AT_ONCE)):
        yield _part(rt, name, part, place, entry, now)
        place += len(part)


def _part(
    rt: Runtime, name: str, part: Sequence[str], place: int, entry: Entry, now: datetime
) -> Taken:
    taken, found = Taken(), _people(rt, part)
    known = {person["_id"]: person for person in found if not isinstance(person, str)}
    came = enrolling.enrol(rt, name, list(known.values()), entry, now)
    counted = set()
    for number, person in enumerate(found, place):
        if isinstance(person, str):
            taken.left_out.append((number, person))
            continue
        admission = came[person["_id"]]
        if admission.enrolment is None:
            taken.left_out.append((number, admission.detail))
        elif person["_id"] not in counted:
            counted.add(person["_id"])
            taken.enrolled += 1
    return taken


def _people(rt: Runtime, numbers: Sequence[str]) -> list[Contact | str]:
    """Each person, or why there is none."""
    named: list[Identity | str] = []
    for number in numbers:
        try:
            named.append(fields.identity(number, rt.settings.default_country))
        except ValueError as error:
            named.append(str(error))
    whos = [one for one in named if not isinstance(one, str)]
    rows = contacts.by_identities(
        rt.db, [who.wa_id for who in whos if who.wa_id], [who.bsuid for who in whos if who.bsuid]
    )
    by_name = {text: row for row in rows for text in (row["wa_id"], row["bsuid"]) if text}
    return [
        one if isinstance(one, str) else by_name.get(one.wa_id or one.bsuid or "", UNKNOWN)
        for one in named
    ]


def numbers_in(lines: Iterable[str]) -> Iterator[str]:
    """The phone numbers in a file: of a CSV with a column `phone`, else one a line. Streamed."""
    rest = iter(lines)
    first = next(rest, "")
    heads = [cell.strip().lower() for cell in next(csv.reader([first]), [])]
    if "phone" not in heads:
        yield from (line.strip() for line in chain([first], rest) if line.strip())
        return
    column = heads.index("phone")
    for row in csv.reader(rest):
        if row:
            yield row[column].strip() if column < len(row) else ""


def withdraw(rt: Runtime, name: str, number: str, by: str, now: datetime) -> bool:
    """Take the person out; whether they were in it. What is owed and has not left is taken back.

    Raises service.UnknownCampaignError, and ImpossibleStepError where nobody has this number.
    """
    drip(rt.db, name)
    (person,) = _people(rt, [number])
    if isinstance(person, str):
        raise ImpossibleStepError(person)
    return leaving.withdraw(rt, person, name, by, now)


def open_for_hand(db: mongo.Db) -> list[str]:
    """The drips that somebody may be put in now, by name. Index: type_1_state_1."""
    begun = campaigns.begun(db, "drip")
    return sorted(one["_id"] for one in begun if one["state"] == CampaignState.ACTIVE)
