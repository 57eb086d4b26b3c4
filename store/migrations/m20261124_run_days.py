"""Runs have a row a day, of what happened in it: a report no longer reads every delivery.

Reports counted all deliveries of a campaign whenever somebody opened them.
"""

from config.settings import Settings
from store import figures, mongo, recount


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Make the collection, and count every run's days from its deliveries.

    Safe to repeat: what is counted already differs in nothing. One pass over deliveries.
    """
    mongo.make_collections(db, ["run_days"])
    for run_id in figures.run_ids(db):
        found = recount.of_run(db, run_id)
        if found is not None and (found.differences() or found.days_differences()):
            recount.repair(db, found)
