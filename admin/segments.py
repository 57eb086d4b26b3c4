"""Segments on pages: whom each means in words, how many they are, and a few of them."""

import time
from datetime import datetime

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from admin import plain, sessions
from config import clock
from contacts import audience, segments
from contacts.audience import Audience
from contacts.segments import ImpossibleSegmentError
from store import mongo, people

_SAMPLE = 20
# Counting a live segment may be one pass over everybody; a page of many does not wait for all.
_COUNT_FOR_S = 2.0


def add_routes(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint, whose guard stands before them."""
    blueprint.add_url_rule("/segments", view_func=segment_list)
    blueprint.add_url_rule("/segments/<name>", view_func=segment)


def segment_list() -> ResponseReturnValue:
    """Every segment with its sentence and its count."""
    db, now = sessions.runtime().db, clock.now()
    every, enough = segments.every(db), time.monotonic() + _COUNT_FOR_S
    counts = {
        one.segment: _count(db, one.segment, now) if time.monotonic() < enough else None
        for one in every
    }
    return render_template("admin/segments.html", segments=every, counts=counts)


def segment(name: str) -> ResponseReturnValue:
    """One segment, and some of the people in it."""
    db, now = sessions.runtime().db, clock.now()
    found = segments.find(db, name)
    if found is None:
        abort(404)
    count, sample = _count(db, name, now), []
    if count:
        query = audience.query(db, Audience(segments=(name,)), now)
        sample = people.sample(db, query, _SAMPLE)
    return render_template(
        "admin/segment.html",
        segment=found,
        lines=plain.lines(found.where or {}),
        count=count,
        sample=sample,
    )


def _count(db: mongo.Db, name: str, now: datetime) -> int | None:
    """None where it cannot be asked; the sentence says why."""
    try:
        return audience.count(db, Audience(segments=(name,)), now)
    except ImpossibleSegmentError:
        return None
