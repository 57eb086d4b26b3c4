"""Prove that the numbers add up: recount every run, look for what cannot be, and put it right."""

from collections.abc import Iterator
from datetime import date

from store import figures, keys, mongo, recount
from store.documents.delivery import DeliveryStatus
from store.recount import Recount


def problems(db: mongo.Db) -> list[str]:
    """A sentence for each number that is wrong; empty where all is well. Changes nothing.

    Each run is looked at in one snapshot, so that it may be asked while messages are sent.
    """
    found = []
    with figures.unhurried():
        for one in _recounts(db):
            found += of_run(one)
        if stray := figures.strays(db):
            found.append(f"{stray} deliveries belong to a run that does not exist")
    return found


def repair(db: mongo.Db) -> list[str]:
    """Put every run's numbers right; a sentence for each that was wrong and is not any more.

    Safe while messages are sent: only what was missing at one instant is added. Safe to repeat.
    What is no number (a delivery that cannot be) stays; `problems` goes on naming it.
    """
    mended = []
    with figures.unhurried():
        for one in _recounts(db):
            wrong = numbers(one)
            if wrong and recount.repair(db, one):
                mended += wrong
    return mended


def _recounts(db: mongo.Db) -> Iterator[Recount]:
    for run_id in figures.run_ids(db):
        one = recount.of_run(db, run_id)
        if one is not None:
            yield one


def of_run(found: Recount) -> list[str]:
    """What is wrong with one run. Pure."""
    where = _where(found)
    left_out = sum(found.run.get("excluded", {}).values())
    more = []
    if found.counted[f"counters.{DeliveryStatus.EXCLUDED}"] > left_out:
        more.append(f"{where}: it says {left_out} were excluded, its deliveries say more")
    return [
        *numbers(found),
        *more,
        *(f"{where}: {count} deliveries are {what}" for what, count in found.broken.items()),
    ]


def numbers(found: Recount) -> list[str]:
    """Those of its numbers that are wrong. Pure."""
    where = _where(found)
    return [
        *(
            f"{where}: its {_named(path)}, its deliveries say {counted}".replace("{}", str(said))
            for path, (said, counted) in found.differences().items()
        ),
        *(
            f"{where}: on {date.fromordinal(day)} it says {said} under {path}, "
            f"its deliveries say {counted}"
            for (day, path), (said, counted) in found.days_differences().items()
        ),
    ]


def _where(found: Recount) -> str:
    return f"campaign {found.run['campaign']}, run {found.run['number']}"


def _named(path: str) -> str:
    """`counter says {} sent`, `tally says {} failed with 131049`."""
    kind, _, what = path.partition(".")
    if kind == "counters":
        return f"counter says {{}} {what}"
    for prefix, words in (
        ("reached.", "reached "), ("skipped.", "skipped for "), ("failed.", "failed with "),
        ("button.", "taps of "),
    ):  # fmt: skip
        if what.startswith(prefix):
            return f"tally says {{}} {words}{keys.unsafe(what.removeprefix(prefix))}"
    return f"tally says {{}} {what}"
