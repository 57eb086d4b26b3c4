"""Before it goes out: send a campaign's message to people by name, or copy it to a new campaign."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId

from campaigns import content, service
from campaigns.documents import CampaignDocument
from campaigns.service import ImpossibleStepError
from contacts import texts
from contacts.identity import parse_phone
from deliveries import outbox
from deliveries.outbox import Order
from runtime import Runtime
from store import campaigns, contacts, mongo
from store.documents.campaign import Campaign
from store.documents.contact import Contact
from store.documents.delivery import Delivery, Purpose

MOST_TESTERS = 20


def send_test(
    rt: Runtime, name: str, phones: Sequence[str], by: str, now: datetime
) -> list[Delivery]:
    """Owe the campaign's message, as it stands now, to the people with these numbers.

    Of a drip each of its messages, at once. It is no part of the campaign's report. Suppression
    holds; consent, cap and quiet hours do not: the people were named. Raises
    service.UnknownCampaignError, and ImpossibleStepError with a sentence where somebody is not
    known or the message cannot be sent; then nobody gets it.
    """
    campaign = service.find(rt.db, name)
    if reasons := service.blockers(rt.db, campaign):
        raise ImpossibleStepError(" ".join(reasons))
    if not 1 <= len(phones) <= MOST_TESTERS:
        raise ImpossibleStepError(f"name from 1 to {MOST_TESTERS} people to try it on")
    test = ObjectId()
    people = _people(rt, phones)
    views = content.views(content.document_of(campaign))
    orders = [
        _order(rt, campaign, view, place, who, test, by, now)
        for who in people
        for place, view in views
    ]
    return [outbox.owe(rt.db, order, now)[0] for order in orders]


def _people(rt: Runtime, phones: Sequence[str]) -> list[Contact]:
    found = []
    for place, phone in enumerate(phones, 1):
        try:
            wa_id = parse_phone(phone, rt.settings.default_country)
        except ValueError as error:
            raise ImpossibleStepError(f"number {place}: {error}") from None
        known = contacts.by_identities(rt.db, [wa_id], [])
        if not known:
            raise ImpossibleStepError(
                f"number {place}: nobody is known by it; import them, or have them write first"
            )
        found += known
    return found


def _order(
    rt: Runtime,
    campaign: Campaign,
    document: CampaignDocument,
    place: int,
    person: Contact,
    test: ObjectId,
    by: str,
    now: datetime,
) -> Order:
    template = content.template_of(rt.db, document)
    try:
        message = content.filled(document, template, texts.context(person))
    except texts.TextError as error:
        raise ImpossibleStepError(f"the message cannot be filled in: {error}") from None
    return Order(
        cause=f"test:{test}",
        contact_id=person["_id"],
        step=place,
        purpose=Purpose.TEST,
        category=content.category_of(document, template),
        message=message,
        due_at=now,
        triggered_by={
            "test_of": campaign["_id"], "campaign_version": campaign["version"], "by": by,
        },
    )  # fmt: skip


def duplicate(db: mongo.Db, name: str, new_name: str, by: str, now: datetime) -> Campaign:
    """A draft `new_name` with the same definition. Raises UnknownCampaignError, and
    ImpossibleStepError where the name is taken, InvalidCampaignError where it is none."""
    definition: dict[str, Any] = {**service.find(db, name)["definition"], "campaign": new_name}
    if campaigns.find(db, new_name) is not None:
        raise ImpossibleStepError(f"there is a campaign {new_name} already")
    return service.define(db, new_name, definition, by, now)
