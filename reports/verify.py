"""Prove that the numbers add up: recount every run, and look for what cannot be."""

from collections.abc import Iterator, Mapping
from itertools import accumulate

from reports import funnel
from store import figures, mongo
from store.documents.delivery import DeliveryStatus
from store.figures import Recount

_FORWARD = ("read", "delivered", "sent", "accepted")


def problems(db: mongo.Db) -> list[str]:
    """A sentence for each number that is wrong; empty where all is well. Changes nothing.

    Each run is looked at in one snapshot, so that it may be asked while messages are sent.
    """
    found = []
    with figures.unhurried():
        for run_id in figures.run_ids(db):
            recount = figures.recount(db, run_id)
            if recount is not None:
                found += of_run(recount)
        if stray := figures.strays(db):
            found.append(f"{stray} deliveries belong to a run that does not exist")
    return found


def of_run(recount: Recount) -> list[str]:
    """What is wrong with one run. Pure."""
    run = recount.run
    where = f"campaign {run['campaign']}, run {run['number']}"
    return [
        f"{where}: {text}"
        for text in [
            *_counters(run["counters"], recount.by_status),
            *_tallies(recount),
            *_reached(recount),
            *(f"{count} deliveries are {what}" for what, count in recount.broken.items()),
        ]
    ]


def _counters(said: Mapping[str, int], counted: Mapping[str, int]) -> Iterator[str]:
    for status in sorted({*said, *counted}):
        if said.get(status, 0) != counted.get(status, 0):
            yield (
                f"its counter says {said.get(status, 0)} {status}, "
                f"its deliveries say {counted.get(status, 0)}"
            )


def _tallies(recount: Recount) -> Iterator[str]:
    tallies = funnel.tallied([recount.run])
    said = {"replied": tallies.get("replied", 0), "clicked": tallies.get("clicked", 0)}
    counted = {"replied": recount.replied, "clicked": recount.clicked}
    for reason, count in funnel.named(tallies.get("skipped", {})).items():
        said[f"skipped for {reason}"] = count
    for code, count in funnel.by_code(tallies.get("failed", {})).items():
        said[f"failed with {code}"] = count
    for code, count in recount.failed.items():
        counted[f"failed with {code}"] = count
    for reason, count in recount.skipped.items():
        counted[f"skipped for {reason}"] = count
    left_out = sum(recount.run.get("excluded", {}).values())
    if recount.by_status.get(DeliveryStatus.EXCLUDED, 0) > left_out:
        yield f"it says {left_out} were excluded, its deliveries say more"
    for what in sorted({*said, *counted}):
        if said.get(what, 0) != counted.get(what, 0):
            yield (
                f"its tally says {said.get(what, 0)} {what}, "
                f"its deliveries say {counted.get(what, 0)}"
            )


def _reached(recount: Recount) -> Iterator[str]:
    """Who stands at a status was there; a failure, though, may undo what was reached."""
    reached = funnel.reached(funnel.tallied([recount.run]))
    by_status = dict(recount.by_status)
    by_status["read"] = by_status.get("read", 0) + by_status.pop(DeliveryStatus.PLAYED, 0)
    stand_there = accumulate(by_status.get(status, 0) for status in _FORWARD)
    for status, least in zip(_FORWARD, stand_there, strict=True):
        if reached[status] < least:
            yield f"its tally says {reached[status]} reached {status}, but {least} stand there"
