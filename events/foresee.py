"""What an event would bring about, and why: asked, and nothing of it done.

It reads what the real handling reads, with the same functions, and writes nothing and takes no
tokens.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from campaigns.content import document_of
from contacts import handover, touch, words
from contacts.identity import Identity
from contacts.words import Wish
from deliveries import links
from events import foreseen, messages, standing
from events.answers import Answered
from events.decide import facts_of, happening
from events.foreseen import Step
from events.work import Work
from rules.book import RuleBook
from rules.event import CAMPAIGN_EVENTS, MESSAGE, NEGATIVES, ContactFacts, Event
from rules.explain import Explanation
from runtime import Runtime
from store import campaigns, deliveries
from store.documents.contact import Contact
from store.documents.delivery import Delivery
from whatsapp.inbound import Message

ID = "explain"


@dataclass(frozen=True, slots=True)
class Question:
    """What might happen. contact None: somebody we know nothing of.

    campaign: whose message it is about, or answers. after_s: of `not_read` and its like.
    """

    event: str = MESSAGE
    text: str | None = None
    button: str | None = None
    campaign: str | None = None
    link: str | None = None  # as rules call it: `link:1`, or where it leads
    error_code: int | None = None
    after_s: int | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    contact: Contact | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One event as the rules would see it, and what would be done, in order."""

    explanation: Explanation
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """before: sentences on what the event is taken for and what happens whatever the rules say.

    asked: what happened, held against every rule. told: what the rules would be told of, in turn:
    what happened, and what else it is, such as the answer to a campaign, a tap, an opt-out.
    """

    before: tuple[str, ...]
    asked: Explanation
    told: tuple[Told, ...]


def foresee(rt: Runtime, book: RuleBook, question: Question, now: datetime) -> Foreseen:
    """What would come of it now. Changes nothing."""
    before = []
    contact = question.contact
    if contact is None:
        before.append("Asked as somebody of whom nothing is known.")
        contact = touch.new_contact(Identity("0"), None, "explain", now)
    work = Work(rt, book, now)
    if question.event != MESSAGE:
        return _happened(work, book, contact, question, before)
    contact = {**contact, "last_inbound_at": now, "window_until": now + touch.WINDOW}
    return _said(work, book, contact, question, before)


def _said(
    work: Work, book: RuleBook, contact: Contact, question: Question, before: list[str]
) -> Foreseen:
    message = Message(
        wamid=ID,
        type="interactive" if question.button else "text",
        at=work.now,
        text=question.text,
        button=question.button,
    )
    taken = messages.taken(work, contact, ID, message, _answered(work, contact, question))
    before.append(_whose(taken.answered, question))
    first = replace(taken.event, **_of_campaign(work, taken.event, question))
    events = [first, *taken.told]
    if taken.wish is not None:
        before.append(_wish_sentence(work, contact, taken.event, taken.wish))
        left = replace(first, name="opted_out")
        stopped = taken.wish[0] is Wish.STOP and book.uses("opted_out", left.campaign)
        events = [left] if stopped else []
    elif handover.is_for_an_agent(contact, MESSAGE, work.now):
        before.append("An agent answers them now: no rule is asked about what they say.")
        events = []
    elif book.uses("replied", question.campaign) and question.campaign and not taken.told:
        events.append(replace(first, name="replied"))
    told = [events[0]] if events else []
    told += [event for event in events[1:] if book.uses(event.name, event.campaign)]
    return _foreseen(work, book, contact, before, first, told)


def _answered(work: Work, contact: Contact, question: Question) -> Answered | None:
    """The message of the campaign that was named, where this person had one."""
    if question.campaign is None:
        return None
    found = deliveries.latest_of_campaign(work.rt.db, question.campaign, contact["_id"])
    return Answered(found, "exact") if found else None


def _whose(answered: Answered | None, question: Question) -> str:
    if answered is None:
        if question.campaign:
            return f"Nothing of {question.campaign} was sent to them; asked as if it had been."
        return "It answers no campaign's message."
    how = "named" if question.campaign else "tapped or quoted"
    if answered.attribution == "window":
        how = "the last one, within its reply window"
    return f"It answers the message of {answered.delivery['campaign'] or 'a reply'} ({how})."


def _wish_sentence(work: Work, contact: Contact, event: Event, wish: messages.WishMade) -> str:
    what, scope = wish
    honoured = f"{what.value.upper()} is honoured before any rule is asked"
    said = words.confirmation(what, contact["language"], event.text or event.button or "", scope)
    told = f"and confirmed once with: {said}"
    if not messages.is_confirmed(work.rt, contact, wish, work.now):
        told = "and not confirmed: they were told before"
    effect = "lifts do-not-disturb" if what is Wish.START else f"do not disturb with {scope.value}"
    return f"{honoured}: {effect}, {told}"


def _happened(
    work: Work, book: RuleBook, contact: Contact, question: Question, before: list[str]
) -> Foreseen:
    event = Event(
        id=ID,
        name=question.event,
        at=work.now,
        text=question.text,
        button=question.button,
        link=links.forms(question.link) if question.link else frozenset(),
        error_code=question.error_code,
        after_s=question.after_s,
        properties=question.properties,
    )
    event = replace(event, **_of_campaign(work, event, question))
    if question.event not in CAMPAIGN_EVENTS | NEGATIVES:
        taken_back = work.triggers.cancelled_by(happening(event, ()))
        before += [f"Takes back what waits of campaign {name}." for name in taken_back]
    elif question.campaign is None:
        before.append(f"`{question.event}` is about a campaign's message; none was named.")
    if not book.uses(event.name, event.campaign):
        before.append("No rule looks at such an event, so none is asked.")
    return _foreseen(work, book, contact, before, event, [event])


def _of_campaign(work: Work, event: Event, question: Question) -> dict[str, Any]:
    if question.campaign is None or event.campaign is not None:
        return {}
    row = campaigns.find(work.rt.db, question.campaign)
    kind = document_of(row).type if row else None
    about: dict[str, Any] = {"campaign": question.campaign, "campaign_type": kind}
    theirs = _message(work, question)
    became = {event.name} & CAMPAIGN_EVENTS
    if theirs is not None:
        about["step"] = theirs["step"]
        about["buttons"] = frozenset(theirs["clicks"])
        about["reached"] = standing.reached(theirs, became)
    elif became:
        about["reached"] = frozenset(became)
    return about


def _message(work: Work, question: Question) -> Delivery | None:
    """The last message of the campaign that this person had."""
    if question.contact is None or question.campaign is None:
        return None
    db = work.rt.db
    return deliveries.latest_of_campaign(db, question.campaign, question.contact["_id"])


def _foreseen(
    work: Work,
    book: RuleBook,
    contact: Contact,
    before: list[str],
    first: Event,
    events: list[Event],
) -> Foreseen:
    """Each event in turn; a later one sees what the earlier ones would have changed."""
    asked = book.explain(first, _facts(work, contact), work.now)
    told = []
    for event in events:
        explained = asked
        if event is not first:
            explained = book.explain(event, _facts(work, contact), work.now)
        steps, contact = foreseen.steps(work, contact, event, explained)
        told.append(Told(explained, steps))
    return Foreseen(tuple(before), asked, tuple(told))


def _facts(work: Work, contact: Contact) -> ContactFacts:
    return facts_of(contact, work.live.of(contact, work.now))
