"""A version of a drip as it is gone through: its steps, each as a campaign of one message."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from campaigns.documents import CampaignDocument, DripCampaign, read
from campaigns.steps import Step
from store.documents.campaign import Run


@dataclass(frozen=True, slots=True)
class Course:
    """views: by place; None of a step that is a fork and has no message."""

    document: DripCampaign
    views: tuple[CampaignDocument | None, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.document.steps

    def name_of(self, place: int) -> str:
        """A step as people call it: by its name, else by its number from 1."""
        return self.steps[place].step or f"step {place + 1}"


@lru_cache(maxsize=512)
def _course(definition: str) -> Course:
    document = read(json.loads(definition))
    if not isinstance(document, DripCampaign):
        raise TypeError(f"{document.campaign} is {document.type}, and has no steps")
    views = (document.at_step(step.message) if step.message else None for step in document.steps)
    return Course(document, tuple(views))


def of_definition(definition: dict[str, Any]) -> Course:
    """The course of a drip's document; checking it again costs more than comparing its text."""
    return _course(json.dumps(definition, sort_keys=True))


def of_run(run: Run) -> Course:
    """What people in this version of a drip go through. Raises TypeError for other campaigns."""
    return of_definition(run.get("definition") or {})
