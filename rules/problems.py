"""Something to mend in a rule file: which file, which line, which column, and a sentence."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something to mend in a rule file, and where: line and column count from 1.

    warning: it may be meant so; `flask rules check` tells of it, and publishing goes on.
    """

    file: str
    line: int
    column: int
    message: str
    warning: bool = False

    def __str__(self) -> str:
        said = f"warning: {self.message}" if self.warning else self.message
        return f"{self.file}:{self.line}:{self.column}: {said}"


class RuleFilesError(Exception):
    """The files hold problems; `problems` lists every one, in the order of the files."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))
