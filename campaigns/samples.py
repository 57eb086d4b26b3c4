"""Somebody from the audience, and the message as their phone will show it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from campaigns import content, phone, service
from campaigns.documents import CampaignDocument
from campaigns.phone import Bubble
from contacts import audience, identity, texts
from contacts.segments import ImpossibleSegmentError
from runtime import Runtime
from store import contacts
from store.documents.contact import Contact

_TRIED = 20


@dataclass(frozen=True, slots=True)
class Sample:
    """person: None where nobody is there to look at. bubble: None where it cannot be filled in
    for them; fault says why."""

    person: Contact | None
    bubble: Bubble | None
    fault: str | None = None


def of(rt: Runtime, name: str, now: datetime, phone_number: str | None = None) -> Sample:
    """What the person with this number would see; where none is given, somebody from its audience.

    Of a drip, the first of its messages. Reads only. Raises service.UnknownCampaignError.
    """
    views = content.views(content.document_of(service.find(rt.db, name)))
    if not views:
        return Sample(None, None, "It has no message.")
    return of_document(rt, views[0][1], now, phone_number)


def of_document(
    rt: Runtime, document: CampaignDocument, now: datetime, phone_number: str | None = None
) -> Sample:
    """The same of a document that nobody kept. Reads only."""
    if phone_number:
        return _of_number(rt, document, phone_number)
    samples = [_shown(rt, document, person) for person in _some(rt, document, now)]
    good = [one for one in samples if one.bubble is not None]
    return next(iter(good or samples), Sample(None, None, "Nobody is there to look at."))


def _of_number(rt: Runtime, document: CampaignDocument, phone_number: str) -> Sample:
    try:
        wa_id = identity.parse_phone(phone_number, rt.settings.default_country)
    except ValueError as error:
        return Sample(None, None, f"{phone_number}: {error}.")
    known = contacts.by_identities(rt.db, [wa_id], [])
    if not known:
        return Sample(None, None, f"Nobody of the number +{wa_id} is known.")
    return _shown(rt, document, known[0])


def _some(rt: Runtime, document: CampaignDocument, now: datetime) -> Iterator[Contact]:
    """A few from its audience; of one that is for anybody, a few of all."""
    try:
        found = audience.stream(rt.db, document.audience.people(), now, batch=_TRIED)
        yield from next(found, [])
    except ImpossibleSegmentError:
        return


def _shown(rt: Runtime, document: CampaignDocument, person: Contact) -> Sample:
    template = content.template_of(rt.db, document)
    try:
        message = content.filled(document, template, texts.context(person))
    except texts.TextError as error:
        return Sample(person, None, f"It cannot be filled in for them: {error}.")
    return Sample(person, phone.bubble(message, template))
