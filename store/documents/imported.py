"""One import of a contacts file, and the rows it could not use."""

from datetime import datetime
from enum import StrEnum
from typing import NotRequired, TypedDict


class ImportState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Import(TypedDict):
    """`_id` is a random token. Counts are those of the batches that are written.

    touched_at: of the last batch; a running import that has not been touched for long, and that no
    worker will take up again, was stopped with its process. Neither this nor the rejected rows hold
    anything of a person.
    """

    _id: str
    kind: str  # csv | ndjson
    source: str  # api | page | command line
    name: str | None  # the file's, where it has one
    by: str | None  # who was signed in
    state: ImportState
    error: str | None  # why it failed, as a sentence
    lines: int
    bytes_read: int
    bytes_in_all: int | None
    created: int
    updated: int
    unchanged: int
    opt_outs_kept: int
    rejected: int
    rejected_kept: int
    started_at: datetime
    touched_at: datetime
    ended_at: datetime | None
    due_at: NotRequired[datetime | None]  # of a file that a worker brings in: when to take it up
    token: NotRequired[str]  # of the worker that has it
    tries: NotRequired[int]  # that came to nothing


class RejectedRow(TypedDict):
    """`_id` is the import's and the line. The row itself is not kept: it names people, and nobody
    could find it to erase it. Its line leads to it in the file."""

    _id: str
    import_id: str
    line: int
    reason: str
    at: datetime
