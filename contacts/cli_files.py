"""Files of people on the command line: of which kind, how they are read, what was wrong."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import click

from contacts.rows import FileKind, Rejection

KINDS = {".csv": FileKind.CSV, ".ndjson": FileKind.NDJSON, ".jsonl": FileKind.NDJSON}
_CHUNK_BYTES = 256 * 1024


def kind_of(file: Path, holds: str = "holds") -> FileKind:
    """By its name's ending. Raises ClickException. holds: what it does, or is to do."""
    kind = KINDS.get(file.suffix.lower())
    if kind is None:
        raise click.ClickException(f"{file}: name it {', '.join(KINDS)}, after what it {holds}")
    return kind


def chunks(opened: BinaryIO) -> Iterator[bytes]:
    """What stands in it, piece by piece."""
    while chunk := opened.read(_CHUNK_BYTES):
        yield chunk


def tell_rejections(file: Path, rejected: Sequence[Rejection], total: int) -> None:
    """Say on standard error which rows could not be used, and how many are not listed."""
    for rejection in rejected:
        click.echo(f"{file}:{rejection.line}: {rejection.reason}", err=True)
    if (more := total - len(rejected)) > 0:
        click.echo(f"{file}: and {more} more rows were rejected", err=True)
