"""Do not disturb, set and lifted by hand: by a number, for all that its person is known by."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from contacts import consent
from contacts.identity import Identity
from store import contacts, mongo, suppressions
from store.documents.contact import Contact
from store.documents.suppression import Scope, Suppression

MAX_REASON_CHARS = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """What to hold back from somebody. until: UTC; None: until it is lifted."""

    scope: Scope
    until: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One row of the list. standing: what it holds back now; until: of that. person: where a
    contact has this identity; name: the number or the BSUID itself, None once it was erased."""

    row: Suppression
    standing: Scope | None
    until: datetime | None
    person: Contact | None
    name: str | None


def until_of(written: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """`2026-12-31`: to the end of that day on the clock of `zone`; or a moment with its zone, in
    ISO 8601; empty: no end. Raises ValueError with a sentence. Pure.
    """
    given = written.strip()
    if not given:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", given, re.ASCII):
            day = date.fromisoformat(given) + timedelta(days=1)
            moment = datetime.combine(day, time.min, zone).astimezone(UTC)
        else:
            moment = datetime.fromisoformat(given)
            moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    except (ValueError, OverflowError):
        raise ValueError("must be a day such as 2026-12-31, or a moment in ISO 8601") from None
    if moment.tzinfo is None:
        raise ValueError("needs its time zone, such as 2026-12-31T18:00:00Z")
    if moment <= now:
        raise ValueError("lies in the past")
    return moment.astimezone(UTC)


def whole(db: mongo.Db, identity: Identity) -> Identity:
    """The identity, with what the contact is known by besides."""
    found = _contacts(db, [identity])
    return Identity(found[0]["wa_id"], found[0]["bsuid"]) if found else identity


def hold_back(
    db: mongo.Db,
    identity: Identity,
    wish: Wish,
    *,
    source: str,
    evidence: str | None,
    now: datetime,
) -> bool:
    """Hold it back from now on; False where that changes nothing. Safe to repeat."""
    everything = whole(db, identity)
    names = suppressions.identities(everything.wa_id, everything.bsuid)
    if stands(suppressions.find(db, names), names, wish, now):
        return False
    consent.suppress(
        db, everything, scope=wish.scope, until=wish.until, source=source, reason=wish.reason,
        evidence=evidence, now=now,
    )  # fmt: skip
    return True


def let_through(
    db: mongo.Db,
    identity: Identity,
    *,
    source: str,
    reason: str | None,
    evidence: str | None,
    now: datetime,
) -> bool:
    """Let messages through again, whoever held them back; False where nothing stood."""
    everything = whole(db, identity)
    if consent.standing_scope(db, everything, now) is None:
        return False
    consent.lift(db, everything, source=source, reason=reason, evidence=evidence, now=now)
    return True


def stands(
    rows: Mapping[str, Suppression], names: Iterable[str], wish: Wish, now: datetime
) -> bool:
    """Whether `wish` would change nothing for the person of `names`. Pure.

    rows: {identity: suppression} of them. What is wider, and what the person asked for
    themselves, stands whatever we wish; a wish without a reason does not take one away.
    """
    wider = {suppressions.standing(row, now) for row in rows.values()}
    if Scope.ALL in wider and wish.scope is Scope.MARKETING:
        return True
    if wish.scope in wider and any(row.get("own") is not None for row in rows.values()):
        return True
    return all(name in rows and _says(rows[name], wish) for name in names)


def _says(row: Suppression, wish: Wish) -> bool:
    same = row["scope"] == wish.scope and row["until"] == wish.until
    return same and wish.reason in (None, row["reason"])


def shown(db: mongo.Db, rows: Iterable[Suppression], now: datetime) -> list[Shown]:
    """The rows with whom they are of, in their order. Two look-ups, however many there are."""
    every = list(rows)
    found = _contacts(db, [identity for row in every if (identity := identity_of(row))])
    people = {f"wa_id:{one['wa_id']}": one for one in found}
    people |= {f"bsuid:{one['bsuid']}": one for one in found}
    return [_shown(row, people.get(row.get("identity", "")), now) for row in every]


def _shown(row: Suppression, person: Contact | None, now: datetime) -> Shown:
    standing, identity = suppressions.standing(row, now), identity_of(row)
    name = _named(identity) if identity else None
    return Shown(row, standing, until_told(row, standing), person, name)


def shown_alone(row: Suppression, now: datetime) -> Shown:
    """As `shown`, without a look for the person. Pure."""
    return _shown(row, None, now)


def _named(identity: Identity) -> str | None:
    return f"+{identity.wa_id}" if identity.wa_id else identity.bsuid


def until_told(row: Suppression, standing: Scope | None) -> datetime | None:
    """When what stands ends; a person's own wish has no end. Pure."""
    return row["until"] if standing is not None and standing != row.get("own") else None


def identity_of(row: Suppression) -> Identity | None:
    """Whose row it is; None once the person was erased. Pure."""
    kind, _, name = row.get("identity", "").partition(":")
    if not name:
        return None
    return Identity(wa_id=name) if kind == "wa_id" else Identity(bsuid=name)


def _contacts(db: mongo.Db, identities: Iterable[Identity]) -> list[Contact]:
    every = list(identities)
    phones = [one.wa_id for one in every if one.wa_id]
    return contacts.by_identities(db, phones, [one.bsuid for one in every if one.bsuid])
