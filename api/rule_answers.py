"""What the API gives about rules."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from rules.problems import Problem
from store.documents.rule_draft import RuleDraft
from store.documents.rule_version import RuleVersion


class RuleProblemAnswer(BaseModel):
    """warning: it may be meant so, and does not keep the files from being published."""

    file: str
    line: int
    column: int
    message: str
    warning: bool = False


class CheckAnswer(BaseModel):
    """good: nothing is to be mended; warnings may be left."""

    good: bool
    problems: list[RuleProblemAnswer]

    @classmethod
    def of(cls, found: Iterable[Problem]) -> Self:
        told = [RuleProblemAnswer.model_validate(one, from_attributes=True) for one in found]
        return cls(good=all(one.warning for one in told), problems=told)


class DraftAnswer(BaseModel):
    """Files that somebody works on. base: the version they were begun from."""

    files: dict[str, str]
    base: int
    saved_at: datetime
    saved_by: str
    good: bool
    problems: list[RuleProblemAnswer]

    @classmethod
    def of(cls, row: RuleDraft, found: Iterable[Problem]) -> Self:
        checked = CheckAnswer.of(found)
        return cls.model_validate(
            {**row, "files": dict(row["files"]), **checked.model_dump(mode="python")}
        )


class RuleFilesAnswer(BaseModel):
    """The version that decides; version 0 and no files where none does. draft: as last saved."""

    version: int
    files: dict[str, str]
    published_at: datetime | None
    published_by: str | None
    note: str
    draft: DraftAnswer | None

    @classmethod
    def of(cls, row: RuleVersion | None, draft: DraftAnswer | None) -> Self:
        if row is None:
            given: dict[str, Any] = {"version": 0, "files": {}, "note": ""}
            return cls(**given, published_at=None, published_by=None, draft=draft)
        return cls.model_validate(
            {**row, "version": row["_id"], "files": dict(row["files"]), "draft": draft}
        )


class SavedAnswer(BaseModel):
    """The draft as it is kept now; version: the new one, where it was to be published."""

    draft: DraftAnswer | None
    version: int | None


class PublishAnswer(BaseModel):
    """new: false where these very files decide already. restores: whose files they are again."""

    version: int
    new: bool
    restores: int | None

    @classmethod
    def of(cls, published: tuple[RuleVersion, bool]) -> Self:
        row, new = published
        return cls(version=row["_id"], new=new, restores=row["restores"])


class VersionAnswer(BaseModel):
    """One version. changes: what it changed against the one before, counted by file, rule, intent;
    null for versions of earlier releases."""

    version: int
    published_at: datetime
    published_by: str
    note: str
    restores: int | None
    changes: dict[str, Any] | None

    @classmethod
    def of(cls, row: RuleVersion) -> Self:
        return cls.model_validate({**row, "version": row["_id"]})


class VersionsAnswer(BaseModel):
    """Newest first."""

    versions: list[VersionAnswer]


class WholeVersionAnswer(VersionAnswer):
    """diff: against the version before, as `diff -u` writes it."""

    files: dict[str, str]
    diff: str


class ExplainAnswer(BaseModel):
    """Every rule, in the order in which rules are asked, with each condition and what it saw.

    passed_over: intents that were near and not found, and why. before: what comes before any rule.
    would: what would be done, in order, each with the check that would hold it back (`held_back`,
    and `until` where it would only wait). also: the same for what else it is, such as the answer
    to a campaign.
    """

    rule_version: int
    engine: str
    engines_agree: bool
    event: str
    text: str | None
    intents: list[dict[str, Any]]
    passed_over: list[dict[str, Any]]
    rules: list[dict[str, Any]]
    before: list[str]
    would: list[dict[str, Any]]
    also: list[dict[str, Any]]


class ReplayAnswer(BaseModel):
    """What the candidate decides otherwise than version `version`. before, after: how many events
    matched; gained, lost: matched now and not before, and the other way; otherwise: match both and
    do something else. answered: by a reply or a campaign. Rules and intents that change nothing are
    left out. note: what was not known of then.
    """

    version: int
    since: datetime
    events: int
    by_event: dict[str, int]
    changed: int
    people_gone: int
    rules: dict[str, dict[str, Any]]
    intents: dict[str, dict[str, Any]]
    answered: dict[str, Any]
    note: str
