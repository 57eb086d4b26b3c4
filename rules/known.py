"""What the rest of the product knows, against which rule files are checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.model import ACTION_KINDS


@dataclass(frozen=True, slots=True)
class Known:
    """None means not known, so not checked.

    performable: the actions that can be carried out here.
    """

    campaigns: frozenset[str] | None = None
    segments: frozenset[str] | None = None
    live: frozenset[str] = frozenset()  # segments whose filter says who is in them
    attributes: Mapping[str, frozenset[str]] | None = None  # to their kinds: text, number, list …
    triggers: Mapping[str, frozenset[str]] = field(default_factory=dict)  # intent -> campaigns
    events: frozenset[str] | None = None  # custom events that other systems send
    addresses: frozenset[str] | None = None  # of other systems, which `notify` tells
    performable: frozenset[str] = ACTION_KINDS
