"""A file's lines, counted as an editor counts them, from bytes in pieces of any size. Pure."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

MAX_LINE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file, without its end. content is None where it was too long to keep."""

    number: int
    content: str | None

    @property
    def text(self) -> str:
        """Its text. Raises ValueError where it was too long."""
        if self.content is None:
            raise ValueError(f"is longer than {MAX_LINE_BYTES} bytes")
        return self.content


class Lines(Iterator[Line]):
    """The file's lines, of which some may be given back."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._fresh = _split(chunks)
        self._back: deque[Line] = deque()

    def __next__(self) -> Line:
        return self._back.popleft() if self._back else next(self._fresh)

    def give_back(self, lines: Sequence[Line]) -> None:
        self._back.extendleft(reversed(lines))


def _split(chunks: Iterable[bytes]) -> Iterator[Line]:
    number, held, too_long = 0, b"", False
    for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            number += 1
            yield _line(number, held + part, too_long)
            held, too_long = b"", False
        held += rest
        if len(held) > MAX_LINE_BYTES:
            held, too_long = b"", True
    if held or too_long:
        yield _line(number + 1, held, too_long)


def _line(number: int, raw: bytes, too_long: bool) -> Line:
    if too_long or len(raw) > MAX_LINE_BYTES:
        return Line(number, None)
    if number == 1:
        raw = raw.removeprefix(b"\xef\xbb\xbf")
    # What is no UTF-8 is noticed when the row is checked, and costs only that row.
    return Line(number, raw.removesuffix(b"\r").decode("utf-8", "surrogateescape"))
