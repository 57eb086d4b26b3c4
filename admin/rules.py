"""The rules that decide: versions, what each changed, the way back, and why what would happen."""

from datetime import timedelta

from flask import Blueprint, abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from admin import plain_rules, sessions
from admin.forms import ExplainForm, RollbackForm
from config import clock
from contacts import fields
from events import foresee, foretold
from events.foresee import Question
from rules import diff, publish
from rules.books import Books, NoRulesError
from rules.event import MESSAGE
from rules.problems import Problem, RuleFilesError
from store import contacts, mongo, past, rule_drafts, rule_versions
from store.documents.contact import Contact
from store.documents.rule_version import RuleVersion

_VERSIONS = 30
_LATELY = timedelta(days=7)
_LATEST_EVENTS = 20_000


def add_routes(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint, whose guard stands before them."""
    blueprint.add_url_rule("/rules", view_func=rules)
    blueprint.add_url_rule("/rules/explain", view_func=explain_rules, methods=["GET", "POST"])
    blueprint.add_url_rule("/rules/versions/<int:number>", view_func=rule_version)
    blueprint.add_url_rule(
        "/rules/versions/<int:number>/rollback", view_func=roll_rules_back, methods=["POST"]
    )


def rules() -> ResponseReturnValue:
    """What decides now, what it did lately, its files, and the versions."""
    db = sessions.runtime().db
    version = rule_versions.latest(db)
    texts = dict(version["files"]) if version else {}
    fired, more = past.fired(db, clock.now() - _LATELY, _LATEST_EVENTS)
    return render_template(
        "admin/rules.html",
        version=version,
        texts=texts,
        problems=_faults(db, texts),
        lately=plain_rules.lately(texts, fired),
        events_counted=_LATEST_EVENTS if more else None,
        versions=_listed(rule_versions.recent(db, _VERSIONS)),
        draft=rule_drafts.find(db),
        form=ExplainForm(),
    )


def _faults(db: mongo.Db, texts: dict[str, str]) -> list[Problem]:
    """What keeps these files from being published; warnings do not."""
    return [one for one in publish.problems(db, texts) if not one.warning]


def _listed(versions: list[RuleVersion]) -> list[tuple[RuleVersion, str]]:
    return [(version, diff.summary(version["changes"])) for version in versions]


def rule_version(number: int) -> ResponseReturnValue:
    """One version: who, when, why, what it changed, and the way back to it."""
    db = sessions.runtime().db
    version = rule_versions.find(db, number)
    if version is None:
        abort(404)
    earlier = rule_versions.before(db, number)
    before, after = dict(earlier["files"]) if earlier else {}, dict(version["files"])
    was = f"version {earlier['_id']}" if earlier else "nothing"
    return render_template(
        "admin/rule_version.html",
        version=version,
        summary=diff.summary(version["changes"]),
        lines=plain_rules.diff_lines(diff.text(before, after, was=was, now=f"version {number}")),
        decides=rule_versions.latest_number(db) == number,
        problems=_faults(db, after),
        texts=after,
        form=RollbackForm(),
    )


def roll_rules_back(number: int) -> ResponseReturnValue:
    """Let an earlier version's files decide again; what is wrong with them is said."""
    form, db = RollbackForm(), sessions.runtime().db
    if not form.is_sent_and_valid():
        flash("Say why, for the history.", "warning")
        return redirect(url_for("admin.rule_version", number=number))
    try:
        version, new = publish.rollback(
            db,
            number,
            by=sessions.signed_in().name,
            note=(form.note.data or "").strip(),
            now=clock.now(),
        )
    except publish.UnknownVersionError:
        abort(404)
    except (RuleFilesError, publish.BusyError) as error:
        flash(f"Version {number} does not decide again: {error}", "warning")
        return redirect(url_for("admin.rule_version", number=number))
    done = f"Version {version['_id']} decides, with the files of version {number}."
    same = f"Version {version['_id']} decides already, with these very files."
    flash(done if new else same, "success" if new else "info")
    return redirect(url_for("admin.rules"))


def explain_rules() -> ResponseReturnValue:
    """What something would bring about, and why. Changes nothing."""
    form = ExplainForm()
    if not form.is_sent_and_valid():
        page = render_template("admin/rule_explain.html", form=form, seen=None)
        return page, 422 if form.errors else 200
    rt = sessions.runtime()
    if not any(field.data for field in (form.text, form.button, form.event)):
        form.text.errors = ["Say what happens: a message, a button or an event."]
    person = _person(form)
    question = Question(
        event=(form.event.data or "").strip() or MESSAGE,
        text=(form.text.data or "").strip() or None,
        button=(form.button.data or "").strip() or None,
        campaign=(form.campaign.data or "").strip() or None,
        contact=person,
    )
    if form.errors:
        return render_template("admin/rule_explain.html", form=form, seen=None), 422
    try:
        book = _books().current(rt.db)
    except NoRulesError as error:
        form.text.errors = [f"{str(error).capitalize()}."]
        return render_template("admin/rule_explain.html", form=form, seen=None), 422
    seen = foretold.document(foresee.foresee(rt, book, question, clock.now()))
    return render_template("admin/rule_explain.html", form=form, seen=seen, person=person)


def _person(form: ExplainForm) -> Contact | None:
    """Whom it is asked as; what is wrong with the number the form says."""
    given = (form.phone.data or "").strip()
    if not given:
        return None
    rt = sessions.runtime()
    try:
        identity = fields.identity(given, rt.settings.default_country)
    except ValueError as error:
        form.phone.errors = [f"The phone number: {error}."]
        return None
    known = contacts.by_identities(
        rt.db, filter(None, [identity.wa_id]), filter(None, [identity.bsuid])
    )
    if not known:
        form.phone.errors = ["Nobody with this number is known."]
    return known[0] if known else None


def _books() -> Books:
    """One for each process: a set of rules is compiled once."""
    mine = Books(sessions.runtime().settings)
    books: Books = current_app.extensions.setdefault("drumbeat.books", mine)
    return books
