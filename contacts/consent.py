"""Do not disturb, and what people said about marketing: kept by identity, with its evidence."""

from datetime import datetime

from contacts.identity import Identity
from store import mongo, suppressions
from store.documents.suppression import Scope, SuppressionChange

_OWN_WISH = frozenset({"keyword", "button", "preference", "error"})


def suppress(
    db: mongo.Db,
    identity: Identity,
    *,
    scope: Scope,
    until: datetime | None,
    source: str,
    reason: str | None,
    evidence: str | None,
    now: datetime,
) -> None:
    """Hold back messages to this person from now on. Safe to repeat.

    A wider scope that stands already is not narrowed: somebody who wrote STOP and then turned
    marketing off in WhatsApp has still written STOP. Nor does a rule's or the shop's thirty days
    put an end to what the person asked for themselves.
    """
    names = suppressions.identities(identity.wa_id, identity.bsuid)
    change = _change("suppressed", scope, until, source, reason, evidence, now)
    own = source in _OWN_WISH and until is None  # a person says no time
    standing = standing_scope(db, identity, now)
    narrower = standing is Scope.ALL and scope is Scope.MARKETING
    if not narrower and not (standing is scope and not own and asked_for_it(db, identity)):
        suppressions.suppress(db, names, change)
    if own:
        suppressions.keep_own(db, names, change)


def lift(
    db: mongo.Db,
    identity: Identity,
    *,
    source: str,
    reason: str | None,
    evidence: str | None,
    now: datetime,
    only: Scope | None = None,
) -> None:
    """Let messages through again. only: leave a suppression of another scope. Safe to repeat."""
    names = suppressions.identities(identity.wa_id, identity.bsuid)
    standing = standing_scope(db, identity, now)
    if standing is None:
        return
    if only is not None and standing is not only:
        taken_back = _change("lifted", only, None, source, reason, evidence, now)
        suppressions.take_back_own(db, names, taken_back)
        return
    suppressions.lift(db, names, _change("lifted", standing, None, source, reason, evidence, now))


def is_newer(db: mongo.Db, identity: Identity, at: datetime) -> bool:
    """Whether what stands was said after `at`: Meta delivers late too, and the last word counts."""
    found = suppressions.find(db, suppressions.identities(identity.wa_id, identity.bsuid))
    return any(row["at"] > at and suppressions.standing(row, at) for row in found.values())


def asked_for_it(db: mongo.Db, identity: Identity) -> bool:
    """Whether the person's own wish holds messages back: a word, a button, a preference of
    WhatsApp's, or Meta's refusal that reports one."""
    found = suppressions.find(db, suppressions.identities(identity.wa_id, identity.bsuid))
    return any(row.get("own") is not None for row in found.values())


def standing_scope(db: mongo.Db, identity: Identity, now: datetime) -> Scope | None:
    """What is held back now: `all`, `marketing` or None."""
    found = suppressions.find(db, suppressions.identities(identity.wa_id, identity.bsuid))
    scopes = {suppressions.standing(row, now) for row in found.values()}
    return Scope.ALL if Scope.ALL in scopes else Scope.MARKETING if scopes - {None} else None


def _change(
    change: str,
    scope: Scope,
    until: datetime | None,
    source: str,
    reason: str | None,
    evidence: str | None,
    now: datetime,
) -> SuppressionChange:
    return {
        "at": now,
        "change": change,
        "scope": scope,
        "source": source,
        "reason": reason,
        "until": until,
        "evidence": evidence,
    }
