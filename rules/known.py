"""What the rest of the product knows, against which rule files are checked."""

from dataclasses import dataclass

from rules.model import ACTION_KINDS


@dataclass(frozen=True, slots=True)
class Known:
    """None means not known, so not checked.

    performable: the actions that can be carried out here. deadlines: whether negative events
    (`not_read` with `after:`) are served. untold: campaign events that rules are not told of.
    """

    campaigns: frozenset[str] | None = None
    segments: frozenset[str] | None = None
    events: frozenset[str] | None = None  # custom events that other systems send
    performable: frozenset[str] = ACTION_KINDS
    deadlines: bool = True
    untold: frozenset[str] = frozenset()
