"""Why did, or didn't, she get it? One person and one campaign, or all she was ever owed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.content import document_of
from contacts import audience, segments
from contacts.segments import ImpossibleSegmentError
from reports.history import jsonable, standing_of
from store import campaigns, deliveries, mongo, suppressions
from store.documents.campaign import Campaign, CampaignState
from store.documents.contact import Contact, OptIn
from store.documents.delivery import Delivery

_LATEST = 20
_ANSWERS = {
    "pending": "Not yet: it is owed, and waits",
    "sending": "It is being sent at this moment",
    "unknown": "Nobody knows: Meta never answered, and has not reported on it",
    "accepted": "Meta has it, and has not reported that it was delivered",
    "sent": "Meta has sent it, and has not reported that it was delivered",
    "delivered": "Yes: it was delivered",
    "read": "Yes: it was delivered and read",
    "played": "Yes: it was delivered and played",
    "failed": "No: it failed",
    "skipped": "No: it was held back when it was due",
    "excluded": "No: the person was left out when the audience was written down",
}


@dataclass(frozen=True, slots=True)
class Why:
    """answer: one sentence. because: what it rests on, in sentences. delivery: the row, if any."""

    campaign: str | None
    answer: str
    because: list[str]
    delivery: dict[str, Any] | None


def of(db: mongo.Db, person: Contact, campaign: str | None, now: datetime) -> list[Why]:
    """The answer for a campaign; for the latest messages of all kinds where none is named.

    Empty where there is no such campaign, or nothing was ever owed.
    """
    if campaign is None:
        rows = deliveries.of_contact(db, person["_id"], _LATEST)
        return [_of_delivery(row, _standing(db, person, now)) for row in rows]
    row = deliveries.latest_of_campaign(db, campaign, person["_id"])
    if row is not None:
        return [_of_delivery(row, _standing(db, person, now))]
    known = campaigns.find(db, campaign)
    return [_never_owed(db, known, person, now)] if known else []


def of_campaigns(db: mongo.Db, person: Contact, most: int, now: datetime) -> list[Why]:
    """The answer for each of the `most` campaigns that were changed last, also for those that
    never owed anything."""
    every = sorted(campaigns.all_of_them(db), key=lambda row: row["updated_at"], reverse=True)
    standing, told = _standing(db, person, now), []
    for campaign in every[:most]:
        row = deliveries.latest_of_campaign(db, campaign["_id"], person["_id"])
        owed = _of_delivery(row, standing) if row else None
        told.append(owed or _never_owed(db, campaign, person, now))
    return told


def _of_delivery(row: Delivery, standing: list[str]) -> Why:
    status = str(row["status"])
    because = []
    if row["reason"]:
        because.append(f"The reason kept with it: {row['reason'].replace('_', ' ')}.")
    if row["error"]:
        code = f" (Meta's {row['error']['code']})" if row["error"]["code"] is not None else ""
        because.append(f"{row['error']['title']}{code}.")
    if status == "pending":
        because.append(f"It is due at {row['due_at']:%Y-%m-%d %H:%M} UTC.")
    because += [
        f"{name}: {at:%Y-%m-%d %H:%M} UTC." for name, at in sorted(row["times"].items(), key=_then)
    ]
    if rule := row["triggered_by"].get("rule"):
        because.append(f"Rule {rule} asked for it.")
    if status in ("skipped", "excluded", "pending"):
        because += standing
    shown = {key: value for key, value in row.items() if key not in ("_id", "lease", "contact_id")}
    told = jsonable({**shown, "id": row["_id"]})
    return Why(row["campaign"], f"{_ANSWERS[status]}.", because, told)


def _then(reached: tuple[str, datetime]) -> datetime:
    return reached[1]


def _standing(db: mongo.Db, person: Contact, now: datetime) -> list[str]:
    """What holds messages back from the person now."""
    told = []
    for row in standing_of(db, person).values():
        if (scope := suppressions.standing(row, now)) is not None:
            until = f" until {row['until']:%Y-%m-%d %H:%M} UTC" if row["until"] else ""
            why = f", {row['reason']}" if row["reason"] else ""
            told.append(f"Do not disturb stands now: {scope}{until}, by {row['source']}{why}.")
    if person["consent"]["state"] == OptIn.NO:
        told.append(f"The person opted out ({person['consent']['source']}).")
    return list(dict.fromkeys(told))


def _never_owed(db: mongo.Db, campaign: Campaign, person: Contact, now: datetime) -> Why:
    state = campaign["state"]
    because = [f"The campaign is {state.lower()}."]
    if state == CampaignState.DRAFT:
        because.append("It was never started.")
    because += _audience(db, campaign, person, now)
    because += _standing(db, person, now)
    return Why(campaign["_id"], "No: nothing was ever owed.", because, None)


def _audience(db: mongo.Db, campaign: Campaign, person: Contact, now: datetime) -> list[str]:
    meant = document_of(campaign).audience
    if meant.is_everybody():
        return ["It has not been started for this person."]
    try:
        inside = audience.includes(meant.people(), segments.directory(db), person, now)
    except ImpossibleSegmentError as error:
        return [f"Its audience cannot be asked: {error}."]
    if inside:
        return ["The person is in its audience now, and was not when it was written down."]
    return ["The person is not in its audience."]
