"""One person: found by their number or user id, or named by an address of ours."""

from bson import ObjectId
from bson.errors import InvalidId
from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from admin import sessions
from contacts import fields
from store import contacts
from store.documents.contact import Contact


def add_routes(blueprint: Blueprint) -> None:
    """Add it to the blueprint, whose guard stands before it."""
    blueprint.add_url_rule("/contacts/find", view_func=find_contact, methods=["POST"])


def find_contact() -> ResponseReturnValue:
    """To the person's page. Posted, since a number in an address would be logged."""
    rt, given = sessions.runtime(), request.form.get("who", "")[:140].strip()
    try:
        identity = fields.identity(given, rt.settings.default_country)
    except ValueError as error:
        flash(f"The number: {error}.", "warning")
        return redirect(url_for("admin.contacts_page"))
    known = contacts.by_identities(
        rt.db, filter(None, [identity.wa_id]), filter(None, [identity.bsuid])
    )
    if not known:
        flash("Nobody is known by this number.", "warning")
        return redirect(url_for("admin.contacts_page"))
    return redirect(url_for("admin.contact", contact_id=known[0]["_id"]))


def named(contact_id: str) -> Contact:
    """Whom an address names; the answer 404 where that is nobody."""
    try:
        which = ObjectId(contact_id)
    except InvalidId:
        abort(404)
    person = contacts.by_ids(sessions.runtime().db, [which]).get(which)
    if person is None:
        abort(404)
    return person
