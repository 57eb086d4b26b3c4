"""Run candidate rules over what happened, beside those that decide, and count what would change.

Nothing is sent or written, and no more than a page of events is held at a time. Both sets are asked
about the same facts: the event as it was recorded, and the person as they are known today, since
what was known of them then is not kept.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain, islice

from campaigns.content import document_of
from campaigns.triggers import Triggers
from contacts import segments
from events import happened
from events.decide import facts_of, happening
from events.happened import Happened
from events.outcome import Outcome, Side
from rules import acts
from rules.book import Decision, RuleBook
from rules.event import MESSAGE, ContactFacts
from store import campaigns, contacts, mongo

PAGE = 500
_ANSWERS = (acts.SendReply, acts.StartCampaign)

Progress = Callable[[int], None]


def replay(
    db: mongo.Db,
    published: RuleBook,
    candidate: RuleBook,
    since: datetime,
    *,
    now: datetime,
    most: int | None = None,
    progress: Progress = lambda _count: None,
) -> Outcome:
    """What the candidate decides otherwise about everything since then, the latest first.

    most: look at so many events and no more. progress: called after each page with their number.
    """
    kinds = {row["_id"]: document_of(row).type for row in campaigns.all_of_them(db)}
    asked = frozenset(
        name for name in happened.OF_DELIVERIES if published.uses(name, None)
        or candidate.uses(name, None)
        or any(book.uses(name, campaign) for book in (published, candidate) for campaign in kinds)
    )  # fmt: skip
    triggers = Triggers.of(db)
    live = segments.directory(db)

    def deadlines(campaign: str) -> frozenset[tuple[str, int]]:
        return published.deadlines(campaign) | candidate.deadlines(campaign)

    became = happened.of_deliveries(db, since, asked, kinds, deadlines, now)
    events = chain(happened.recorded(db, since), became)
    outcome = Outcome()
    for page in _pages(events if most is None else islice(events, most)):
        people = contacts.by_ids(db, {one.contact_id for one in page})
        for one in page:
            person = people.get(one.contact_id)
            facts = ContactFacts()
            if person is not None:
                facts = facts_of(person, live.of(person, one.looked_at))
            outcome.people_gone += person is None
            outcome.add(
                one, *(_side(book, triggers, one, facts) for book in (published, candidate))
            )
        progress(outcome.events)
    return outcome


def _pages(events: Iterable[Happened]) -> Iterator[list[Happened]]:
    each = iter(events)
    while page := list(islice(each, PAGE)):
        yield page


def _side(book: RuleBook, triggers: Triggers, one: Happened, facts: ContactFacts) -> Side:
    if one.handled is not None:
        return Side({}, frozenset(), answered=False)  # before any rule, whatever the rules say
    decided = book.decide(one.event, facts, one.looked_at)
    rules = {hit.rule: hit.actions for hit in decided.hits}
    started = _started(triggers, one, decided)
    replies = any(isinstance(action, _ANSWERS) for each in rules.values() for action in each)
    intents = frozenset(match.name for match in decided.intents)
    return Side(rules, intents, answered=bool(started) or replies)


def _started(triggers: Triggers, one: Happened, decided: Decision) -> list[str]:
    event = one.event
    if event.campaign is not None and event.name != MESSAGE:
        return []
    return triggers.started_by(happening(event, decided.intents))
