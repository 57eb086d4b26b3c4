"""A span for each event of a part that came with a trace, open while the part is handled."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from config import tracing
from events.work import Work
from store.documents.inbox import InboxItem


@contextmanager
def opened(work: Work, part: Sequence[InboxItem]) -> Iterator[None]:
    """Within it `work.traces` says what follows from which row."""
    if not tracing.on():
        yield
        return
    spans = {}
    for row in part:
        about: dict[str, tracing.Value] = {"kind": row["kind"], "tries": row["tries"]}
        span = tracing.begin("event", row.get("trace"), together=len(part), **about)
        if span is not None:
            spans[row["_id"]] = span
    work.traces = {key: span.traceparent for key, span in spans.items()}
    raised = True
    try:
        yield
        raised = False
    finally:
        work.traces = {}
        for span in spans.values():
            span.end(raised=raised)
