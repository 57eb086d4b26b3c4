"""In what parts a batch is handled, so that each person's events stay in order. Pure."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from enum import Enum

from store.documents.inbox import InboxItem, InboxKind


class _Sort(Enum):
    STATUS = "status"
    SAID = "said"
    SUSPECT = "suspect"  # it may have taken a worker along


def waves(rows: Sequence[InboxItem]) -> Iterator[list[InboxItem]]:
    """Parts of statuses alone or of other items alone, and each suspect by itself.

    Of one person the parts are in the order Meta dates them; of different people nothing is
    promised, so that many statuses and many messages go together.
    """
    lines: dict[str, deque[InboxItem]] = defaultdict(deque)
    for row in sorted(rows, key=_when):
        lines[row["who"] or row["_id"]].append(row)
    while lines:
        for sort in _Sort:
            part = sorted(_heads(lines, sort), key=_when)
            if sort is _Sort.SUSPECT:
                yield from ([row] for row in part)
            elif part:
                yield part


def _heads(lines: dict[str, deque[InboxItem]], sort: _Sort) -> list[InboxItem]:
    """Take from each line what stands first and is of this sort."""
    part: list[InboxItem] = []
    for who, line in list(lines.items()):
        while line and _sort(line[0]) is sort:
            part.append(line.popleft())
        if not line:
            del lines[who]
    return part


def _sort(row: InboxItem) -> _Sort:
    if row["tries"] > 0:
        return _Sort.SUSPECT
    return _Sort.STATUS if row["kind"] == InboxKind.STATUS else _Sort.SAID


def _when(row: InboxItem) -> tuple[object, ...]:
    return row["at"], row["received_at"], row["_id"]
