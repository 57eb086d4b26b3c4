"""What campaigns and rules want to be told of contacts, kept where every door can see it."""

from collections.abc import Iterable, Iterator

from campaigns import course
from campaigns.content import document_of
from campaigns.documents import Definition, DripCampaign, Trigger
from campaigns.steps import DateAttribute, Stop
from store import campaigns, mongo, rule_versions, segments, watches
from store.documents.segment import SegmentKind
from store.documents.watch import EVERY, Watch, WatchKind

_SEGMENT, _ATTRIBUTE = "segment", "attribute"
Wish = tuple[str, str]


def of(document: Definition) -> Iterator[Wish]:
    """What a campaign asks for: (`segment` or `attribute`, its name). Pure."""
    for trigger in (document.begun_by(), document.taken_back_by()):
        if trigger is not None:
            yield from _of_trigger(trigger)
    if isinstance(document, DripCampaign):
        yield from _of_drip(document)


def _of_drip(document: DripCampaign) -> Iterator[Wish]:
    """Segments that end it, and dates that its steps count from."""
    for stop in document.stop_when:
        if isinstance(stop, Stop) and stop.segment is not None:
            yield _SEGMENT, stop.segment
    for step in document.steps:
        if isinstance(step.from_, DateAttribute):
            yield _ATTRIBUTE, step.from_.attribute


def _of_trigger(trigger: Trigger) -> Iterator[Wish]:
    for name in (trigger.segment_entered, trigger.segment_left):
        if name is not None:
            yield _SEGMENT, name
    if trigger.attribute_changed is not None:
        yield _ATTRIBUTE, trigger.attribute_changed


def begin(db: mongo.Db, document: Definition) -> None:
    """From now on, what this campaign asks for is told. Safe to repeat."""
    if wishes := set(of(document)):
        watches.add(db, _kinds(db, wishes))


def refresh(db: mongo.Db) -> list[Watch]:
    """Watch what begun campaigns and the published rules ask for, and nothing else; all of it.

    Safe to repeat, and for two at once. What is watched is read first: what somebody begins
    meanwhile is not among it, and so is not dropped.
    """
    rows = watches.every(db)
    wishes = set(_of_rules(db))
    for row in [*campaigns.begun(db, "triggered"), *campaigns.begun(db, "drip")]:
        wishes.update(of(document_of(row)))
    for run in campaigns.open_drips(db):  # what people in older versions of drips still go through
        wishes.update(of(course.of_run(run).document))
    wanted = dict.fromkeys(_kinds(db, wishes)) if wishes else {}
    standing = {(row["kind"], row["name"]): row for row in rows}
    if missing := [one for one in wanted if one not in standing]:
        watches.add(db, missing)
    if gone := [row["_id"] for one, row in standing.items() if one not in wanted]:
        watches.drop(db, gone)
    return watches.every(db) if missing or gone else rows


def _of_rules(db: mongo.Db) -> Iterator[Wish]:
    asked = rule_versions.watches(db)
    for kind in (_SEGMENT, _ATTRIBUTE):
        for name in asked.get(kind, ()):
            yield kind, name


def _kinds(db: mongo.Db, wishes: Iterable[Wish]) -> list[tuple[WatchKind, str]]:
    """With the kind of each segment. Every segment is every live one by name, and the others."""
    wishes = list(wishes)
    live = {one["_id"] for one in segments.every(db) if one["kind"] == SegmentKind.LIVE}
    found = []
    for kind, name in wishes:
        if kind == _ATTRIBUTE:
            found.append((WatchKind.ATTRIBUTE, name))
        else:
            found.append((WatchKind.LIVE if name in live else WatchKind.STATIC, name))
    if (_SEGMENT, EVERY) in wishes:
        found += [(WatchKind.LIVE, name) for name in sorted(live)]
    return found
