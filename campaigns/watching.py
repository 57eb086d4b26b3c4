"""What campaigns and rules want to be told of contacts, kept where every door can see it."""

from collections.abc import Iterable, Iterator

from campaigns.content import document_of
from campaigns.documents import CampaignDocument, Trigger, TriggeredCampaign
from store import campaigns, mongo, rule_versions, segments, watches
from store.documents.segment import SegmentKind
from store.documents.watch import EVERY, Watch, WatchKind

_SEGMENT, _ATTRIBUTE = "segment", "attribute"
Wish = tuple[str, str]


def of(document: CampaignDocument) -> Iterator[Wish]:
    """What a campaign asks for: (`segment` or `attribute`, its name). Pure."""
    if isinstance(document, TriggeredCampaign):
        for trigger in (document.trigger, document.cancel_if):
            if trigger is not None:
                yield from _of_trigger(trigger)


def _of_trigger(trigger: Trigger) -> Iterator[Wish]:
    for name in (trigger.segment_entered, trigger.segment_left):
        if name is not None:
            yield _SEGMENT, name
    if trigger.attribute_changed is not None:
        yield _ATTRIBUTE, trigger.attribute_changed


def begin(db: mongo.Db, document: CampaignDocument) -> None:
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
    for row in campaigns.begun(db, "triggered"):
        wishes.update(of(document_of(row)))
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
