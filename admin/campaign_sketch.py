"""What a campaign that is being written would come to: how many people, and how it would look.

Each half is asked by itself, so that it is there while the other is not right yet.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from campaigns import samples
from campaigns.documents import Audience, CampaignDocument
from campaigns.messages import CampaignMessage
from campaigns.samples import Sample
from contacts import audience
from contacts.segments import ImpossibleSegmentError
from runtime import Runtime
from store import mongo


@dataclass(frozen=True, slots=True)
class Sketch:
    """count: of people; None where it cannot be said, and `whom` says why, or else who they are."""

    count: int | None
    whom: str
    sample: Sample


def of(rt: Runtime, document: dict[str, Any], phone: str, now: datetime) -> Sketch:
    """Look at a document that may be half done. Reads only."""
    people = _audience(document.get("audience") or {})
    count, whom = None, "The conditions are not right yet."
    if people is not None:
        count, whom = _counted(rt.db, people, document["type"], now)
    return Sketch(count, whom, _sample(rt, document, people or Audience(), phone, now))


def _audience(written: Any) -> Audience | None:
    try:
        return Audience.model_validate(written)
    except ValidationError:
        return None


def _counted(db: mongo.Db, people: Audience, kind: str, now: datetime) -> tuple[int | None, str]:
    if people.is_everybody():
        if kind == "triggered":
            return None, "Everybody for whom it starts."
        return None, "Choose segments, or give conditions."
    try:
        return audience.count(db, people.people(), now), people.people().words()
    except ImpossibleSegmentError as error:
        return None, f"{error}"


def _sample(
    rt: Runtime, document: dict[str, Any], people: Audience, phone: str, now: datetime
) -> Sample:
    try:
        message = CampaignMessage.model_validate(document.get("message") or {})
    except ValidationError:
        return Sample(None, None)
    made = CampaignDocument(
        campaign="sketch", type=document["type"], audience=people, message=message
    )
    return samples.of_document(rt, made, now, phone or None)
