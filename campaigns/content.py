"""What a campaign sends to one person: its message filled in, and the category it counts as."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from campaigns import templates as fill
from campaigns.documents import CampaignDocument, Definition, DripCampaign, read
from deliveries import replies
from store import mongo, templates
from store.documents.campaign import Campaign
from store.documents.contact import Contact
from store.documents.delivery import Whom
from store.documents.template import Template


@lru_cache(maxsize=512)
def _document(definition: str) -> Definition:
    return read(json.loads(definition))


def document_of(campaign: Campaign) -> Definition:
    """The campaign's document; checking it again costs more than comparing its text."""
    return _document(json.dumps(campaign["definition"], sort_keys=True))


def views(document: Definition) -> list[tuple[int, CampaignDocument]]:
    """Each message that it may send, as a campaign of that one, with the place of its step."""
    if isinstance(document, CampaignDocument):
        return [(0, document)]
    if not isinstance(document, DripCampaign):
        return []
    steps = enumerate(document.steps)
    return [(place, document.at_step(step.message)) for place, step in steps if step.message]


def template_of(db: mongo.Db, document: CampaignDocument) -> Template | None:
    """The template it sends, as it was last synced; None for a free-form text, too."""
    message = document.message
    if message.template is None or message.language is None:
        return None
    return templates.find(db, message.template, message.language)


def filled(
    document: CampaignDocument, template: Template | None, context: Mapping[str, Any]
) -> dict[str, Any]:
    """The content of Meta's body, filled in from `context`. Raises contacts.texts.TextError."""
    if document.message.template is not None:
        return fill.content(document.message, context, template)
    return replies.content(document.message.free_form(), context)


def category_of(document: CampaignDocument, template: Template | None) -> str:
    """What its messages count as.

    A marketing template is marketing, whatever the document says: Meta decides, and charges. An
    unknown template is taken for marketing: the strictest gates.
    """
    if document.message.template is None:
        return document.category or "service"
    meta_says = template["category"].lower() if template else "marketing"
    return meta_says if meta_says == "marketing" else document.category or meta_says


def whom(document: CampaignDocument, person: Contact) -> Whom:
    """What reports tell the person apart by: frozen, so that a number once told stays true."""
    frozen: Whom = {}
    if person["language"]:
        frozen["language"] = person["language"]
    if person["country"]:
        frozen["country"] = person["country"]
    theirs = [name for name in document.audience.segments if name in person["segments"]]
    if theirs:
        frozen["segments"] = theirs
    return frozen


def holds(document: CampaignDocument) -> dict[str, str]:
    """Whether what meets the cap, the night or Meta's limit waits or is dropped."""
    limits = document.limits
    return {
        "frequency_cap": limits.when_capped,
        "quiet_hours": limits.at_night,
        "messaging_limit": limits.over_limit,
    }


def ignores(document: CampaignDocument) -> list[str]:
    """The gates that its document tells it to pass."""
    gates = ("quiet_hours", "frequency_cap")
    return [name for name in gates if getattr(document.limits, f"ignore_{name}")]
