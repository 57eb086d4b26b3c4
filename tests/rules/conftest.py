"""Both engines stand the same tests."""

from collections.abc import Callable, Iterator, Mapping

import pytest

from rules.book import RuleBook
from rules.engine import Choice

OpenBook = Callable[[Mapping[str, str]], RuleBook]


@pytest.fixture(params=["durable", "python"])
def engine(request: pytest.FixtureRequest) -> Choice:
    if request.param == "durable":
        pytest.importorskip("durable_rules_engine", reason="does not build on this Python")
    choice: Choice = request.param
    return choice


@pytest.fixture
def open_book(engine: Choice) -> Iterator[OpenBook]:
    """Opens rule files with the engine under test; closes them afterwards."""
    books: list[RuleBook] = []

    def opened(files: Mapping[str, str]) -> RuleBook:
        books.append(RuleBook(1, files, engine))
        return books[-1]

    yield opened
    for book in books:
        book.close()
