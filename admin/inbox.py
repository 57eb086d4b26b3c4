"""The inbox: who wrote to us, one conversation, and answering it in the rules' place."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId
from bson.errors import InvalidId
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin import people, plain_talk, sessions
from admin.forms import HOURS, ReplyForm, StepForm, TakeOverForm
from config import logs
from contacts import handover, sent_files
from deliveries import by_hand
from deliveries.by_hand import RefusedReplyError, Written
from reports import conversation, history
from store import conversations
from store.conversations import Talk
from store.documents.contact import Contact
from whatsapp.client import GraphError
from whatsapp.media import NoMediaError

log = logs.get(__name__)

_LISTED = 30
_OF_AGENTS = 200
_MESSAGES = 40
_MOST_BYTES = 20 * 2**20
# What a browser shows by itself; everything else is offered as a file to keep.
_SHOWN = frozenset(
    {
        "image/jpeg", "image/png", "image/webp", "image/gif", "audio/aac", "audio/amr",
        "audio/mp4", "audio/mpeg", "audio/ogg", "video/mp4", "video/3gpp",
    }
)  # fmt: skip


def add_routes(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint, whose guard stands before them."""
    one = "/inbox/<contact_id>"
    blueprint.add_url_rule("/inbox", view_func=inbox)
    blueprint.add_url_rule(one, view_func=talk)
    blueprint.add_url_rule(f"{one}/lines", view_func=talk_lines)
    blueprint.add_url_rule(f"{one}/files/<name>", view_func=sent_file)
    blueprint.add_url_rule(f"{one}/reply", view_func=write_reply, methods=["POST"])
    blueprint.add_url_rule(f"{one}/take-over", view_func=take_over, methods=["POST"])
    blueprint.add_url_rule(f"{one}/hand-back", view_func=give_back, methods=["POST"])


def inbox() -> ResponseReturnValue:
    """Conversations, newest first, or those alone that an agent answers."""
    db, now = sessions.runtime().db, datetime.now(UTC)
    agents = request.args.get("of") == "agents"
    if agents:
        rows, onward = conversations.of_agents(db, now, _OF_AGENTS), None
    else:
        rows = conversations.newest(db, _LISTED + 1, _cursor(request.args.get("before", "")))
        onward = _cursor_of(rows[_LISTED - 1]) if len(rows) > _LISTED else None
    return render_template(
        "admin/inbox.html", talks=rows[:_OF_AGENTS if agents else _LISTED], agents=agents,
        onward=onward, now=now,
    )  # fmt: skip


def _cursor(given: str) -> conversations.Cursor | None:
    """The place in the list that an address names; a broken one is the beginning."""
    moment, _, last = given.partition("-")
    try:
        return datetime.fromtimestamp(int(moment) / 1000, UTC), ObjectId(last)
    except (ValueError, OverflowError, OSError, InvalidId):
        return None


def _cursor_of(last: Talk) -> str:
    at = last["last_inbound_at"]
    return f"{int(at.timestamp() * 1000) if at else 0}-{last['_id']}"


def talk(contact_id: str) -> ResponseReturnValue:
    """One conversation, and the form to go on with it."""
    return _talk(people.named(contact_id), ReplyForm())


def _talk(person: Contact, form: ReplyForm) -> ResponseReturnValue:
    db = sessions.runtime().db
    if not form.errors or form.once.errors:
        form.once.data = secrets.token_hex(12)
    page = render_template(
        "admin/talk.html",
        suppressions=history.standing_of(db, person).values(),
        form=form,
        step=StepForm(),
        hours=HOURS,
        **_moving(person),
    )
    return page, 422 if form.errors else 200


def talk_lines(contact_id: str) -> ResponseReturnValue:
    """The part of the page that moves, asked for every second or so while somebody looks."""
    return render_template("admin/_talk.html", **_moving(people.named(contact_id)))


def _moving(person: Contact) -> dict[str, Any]:
    until = _moment(request.args.get("until", ""))
    page = conversation.of_contact(sessions.runtime().db, person["_id"], _MESSAGES, until)
    now = datetime.now(UTC)
    window = person["window_until"]
    return {
        "person": person,
        "page": page,
        "until": until,
        "agent": plain_talk.agent(person, now),
        "window": window if window and window > now else None,
    }


def _moment(given: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(given) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def sent_file(contact_id: str, name: str) -> ResponseReturnValue:
    """A file that they sent, through us: the browser never asks Meta, and only who may look does.

    It never changes, so a browser that has it asks us only whether it may still show it.
    """
    rt, person = sessions.runtime(), people.named(contact_id)
    media_id = sent_files.media_id(rt.db, person["_id"], name)
    if media_id is None:
        abort(404)
    kept = Response()
    kept.set_etag(name)
    kept.headers["Cache-Control"] = "private, no-cache"
    if request.if_none_match.contains(name):
        kept.status_code = 304
        return kept
    try:
        media = rt.whatsapp.download(media_id, _MOST_BYTES)
    except (GraphError, NoMediaError) as error:
        log.warning("a file could not be shown", contact_id=contact_id, error=str(error))
        return render_template("admin/no_file.html", why=str(error), person=person), 502
    kept.response = media.pieces
    inline = media.media_type in _SHOWN
    kept.mimetype = media.media_type if inline else "application/octet-stream"
    kept.headers["Content-Disposition"] = "inline" if inline else "attachment"
    # Whatever it turns out to be, it runs nothing and loads nothing.
    kept.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return kept


def write_reply(contact_id: str) -> ResponseReturnValue:
    """Answer them, as a reply through the gate; the rules keep quiet meanwhile where asked to."""
    rt, now, person, form = (
        sessions.runtime(),
        datetime.now(UTC),
        people.named(contact_id),
        ReplyForm(),
    )
    if not form.is_sent_and_valid():
        return _talk(person, form)
    by = sessions.signed_in().name
    written = Written(form.text.data or "", by, f"{person['_id']}:{form.once.data}")
    try:
        by_hand.write(rt, person, written, now)
    except RefusedReplyError as error:
        form.text.errors = [str(error)]
        return _talk(person, form)
    if form.quiet.data and plain_talk.agent(person, now) is None:
        _hand_over(person, handover.DEFAULT, now)
    return _back(person)


def take_over(contact_id: str) -> ResponseReturnValue:
    """From now on an agent answers, and no rule."""
    form, person = TakeOverForm(), people.named(contact_id)
    if not form.is_sent_and_valid():
        flash("Choose for how long.", "warning")
        return _back(person)
    _hand_over(person, timedelta(hours=form.hours.data or 0), datetime.now(UTC))
    flash("You answer now; the rules keep quiet.", "success")
    return _back(person)


def _hand_over(person: Contact, lasts: timedelta, now: datetime) -> None:
    handed = handover.taken(now, now + lasts, sessions.signed_in().name)
    conversations.hand_over(sessions.runtime().db, person["_id"], handed, now)


def give_back(contact_id: str) -> ResponseReturnValue:
    """The rules answer again."""
    person = people.named(contact_id)
    if conversations.hand_back(sessions.runtime().db, person["_id"], datetime.now(UTC)):
        flash("The rules answer again.", "success")
    else:
        flash("The rules answered already.", "warning")
    return _back(person)


def _back(person: Contact) -> ResponseReturnValue:
    return redirect(url_for("admin.talk", contact_id=person["_id"], _anchor="latest"))
