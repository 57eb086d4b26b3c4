"""What becomes of one webhook body, whoever carries it: the check, the rows, the answer.

Anything but a 200 makes Meta send the body again, for days. So a body that Meta signed is kept
even where we cannot read it, and 200 means that everything in it is on the disk.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from config import clock, metrics, tracing
from store.documents.inbox import InboxItem
from webhooks.journal import Group, Journal, NotJournaledError
from webhooks.rows import of_body
from whatsapp.signature import is_signed

PATH = "/webhooks/whatsapp"
MAX_BYTES = 3 * 1024 * 1024  # Meta's own limit


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, and a sentence for whoever looks."""

    status: int
    text: str


TAKEN = Answer(200, "")
CUT_OFF = Answer(400, "the body was cut off")
UNSIGNED = Answer(401, "the signature is missing or wrong")
TOO_SLOW = Answer(408, "the body came too slowly")
TOO_LARGE = Answer(413, "a body of more than 3 MiB")
NOT_KEPT = Answer(503, "could not be kept; send it again")


class RefusedError(Exception):
    """The body is not taken. answer: what its sender is told."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.text)
        self.answer = answer


class Door:
    """One a process."""

    def __init__(self, secrets: Sequence[str], journal: Journal) -> None:
        """secrets: any of them may sign. journal: where the rows go."""
        self._secrets = secrets
        self._journal = journal

    def take(self, raw: bytes, signature: str | None) -> Group:
        """Check a whole body and leave its rows to be written; wait for the group before the 200.

        Raises RefusedError. Safe to repeat: the rows are recognised.
        """
        if len(raw) > MAX_BYTES:
            raise RefusedError(TOO_LARGE)
        if not is_signed(raw, signature, self._secrets):
            raise RefusedError(UNSIGNED)
        span = tracing.root("webhook", bytes=len(raw))
        rows = of_body(raw, clock.now())
        try:
            group = self._journal.join(_traced(rows, span))
        except NotJournaledError:
            raise RefusedError(NOT_KEPT) from None
        if span is not None:
            group.when_done(lambda: span.end(rows=len(rows), kept=group.kept is True))
        return group


def _traced(rows: list[InboxItem], span: tracing.Span | None) -> list[InboxItem]:
    if span is not None:
        for row in rows:
            row["trace"] = span.traceparent
    return rows


def counted(answer: Answer) -> Answer:
    """The same answer, which the metrics have seen."""
    metrics.WEBHOOKS.labels(status=str(answer.status)).inc()
    return answer
