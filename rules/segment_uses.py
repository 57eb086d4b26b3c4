"""Who needs a segment: campaigns, live segments and published rules that name it."""

from collections.abc import Iterator, Mapping
from typing import Any

from contacts import segments
from contacts.filters.tree import Member, leaves
from rules import atoms, files, structure
from rules.vocabulary import PROPERTY
from store import campaigns, mongo, rule_versions
from store.documents.campaign import CampaignState

_OVER = (CampaignState.COMPLETED, CampaignState.CANCELLED)
_KEYS = ("segment", "segments", "exclude_segments", "contact.segments")
_FACTS = ("contact.segments", f"{PROPERTY}segment")


def of(db: mongo.Db, name: str) -> list[str]:
    """What names it, such as `campaign diwali_offer`; what is over needs it no more."""
    live = segments.directory(db).filters
    return [
        *(
            f"campaign {row['_id']}"
            for row in campaigns.all_of_them(db)
            if row["state"] not in _OVER and name in set(named_in(row["definition"]))
        ),
        *(
            f"segment {other}"
            for other, tree in live.items()
            if any(isinstance(leaf, Member) and leaf.segment == name for leaf in leaves(tree))
        ),
        *(f"rule {rule}" for rule in _rules(db, name)),
    ]


def named_in(definition: Mapping[str, Any]) -> Iterator[str]:
    """The segments that a document names, wherever it does. Pure.

    >>> list(named_in({"audience": {"segments": ["vip"], "where": {"segments": {"has": "a"}}}}))
    ['vip', 'a']
    """
    for key, value in definition.items():
        if key in _KEYS:
            yield from _texts(value)
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, Mapping) and key not in _KEYS:
                yield from named_in(part)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)


def _rules(db: mongo.Db, name: str) -> Iterator[str]:
    version = rule_versions.latest(db)
    if version is None:
        return
    documents, _ = files.read(dict(version["files"]))
    for placed in structure.contents(documents).rules:
        asked = {
            value
            for atom in atoms.of(placed.rule.when)
            if atom.fact in _FACTS
            for value in atom.values
        }
        done = {getattr(action, "segment", None) for action in placed.rule.actions}
        if name in asked | done:
            yield placed.rule.rule
