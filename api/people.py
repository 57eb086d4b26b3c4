"""Whom an address speaks of: `{phone}` as a phone number in any usual form, or as a BSUID."""

from http import HTTPStatus

from api.problems import ProblemError
from api.routing import runtime
from contacts import fields
from contacts.identity import Identity
from store import contacts
from store.documents.contact import Contact


def identity_of(phone: str) -> Identity:
    """`+919812345670`, `919812345670`, `098123 45670` or `IN.1349…`. Raises ProblemError (400)."""
    try:
        return fields.identity(phone, runtime().settings.default_country)
    except ValueError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"The phone number: {error}.") from None


def find(phone: str) -> Contact | None:
    """The contact, or None. Raises ProblemError where it is no phone number."""
    identity = identity_of(phone)
    found = contacts.by_identities(
        runtime().db, filter(None, [identity.wa_id]), filter(None, [identity.bsuid])
    )
    return found[0] if found else None


def known(phone: str) -> Contact:
    """The contact. Raises ProblemError (404) where there is none."""
    contact = find(phone)
    if contact is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "There is no contact with this phone number.")
    return contact


def whole(phone: str) -> Identity:
    """The identity, with what the contact is known by besides. Raises ProblemError (400)."""
    contact = find(phone)
    if contact is None:
        return identity_of(phone)
    return Identity(contact["wa_id"], contact["bsuid"])
