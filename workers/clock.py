"""The clock: has due fires done, and finds what was journaled or claimed and never finished.

Any number of clocks may run. Everything it does may be done twice.
"""

import sys
import threading
from datetime import datetime, timedelta

from campaigns import drips, ending, watching
from config import clock, logs, metrics
from config import settings as config_settings
from contacts import erasure
from deliveries import lanes, send
from events import tell
from events import watching as changes
from rules import autopublish, publish
from rules.problems import RuleFilesError
from runtime import publisher as publishing
from runtime.publisher import Publisher
from store import (
    fires,
    imports,
    inbox,
    intakes,
    launches,
    migrations,
    queue,
    rule_versions,
    sessions,
    subscriptions,
    texts,
)
from store.documents.fire import FireKind
from store.mongo import StoreError
from store.redis import RedisDownError
from workers import fires as due
from workers import process
from workers.moment import Moment
from workers.process import Process

TICK_S = 0.5
# An item younger than this was woken by whoever journaled it.
SWEEP_AFTER = timedelta(seconds=1)
_MOST_CHANGES = 1_000
_MOST_TEXTS = 1_000
LOOK_AGAIN_S = 10.0

log = logs.get(__name__)


def tick(here: Process, now: datetime) -> None:
    """One look at what may be due beside the fires. Raises StoreError or RedisDownError."""
    metrics.SWEEPS.inc()
    if waiting := inbox.waiting_shards(here.rt.db, now - SWEEP_AFTER):
        metrics.swept("shards", len(waiting))
        queue.wake_shards(here.rt.redis, waiting, inbox.said_in(here.rt.db, waiting))
    if launches.any_due(here.rt.db, now) or intakes.any_due(here.rt.db, now):
        queue.wake_launcher(here.rt.redis)
    if lanes.any_due(here.rt.db, now):
        metrics.swept("deliveries", 1)
        queue.wake_sender(here.rt.redis)
    if imports.any_due(here.rt.db, now):
        queue.wake_importer(here.rt.redis)
    if fires.any_due(here.rt.db, now, FireKind.NOTIFY) or subscriptions.any_due(here.rt.db, now):
        queue.wake_notifier(here.rt.redis)
    # What writes comes last: a dead worker's transaction may hold it up, but none of the above.
    if not clock.moved_lately() and (lost := send.settle_adrift(here.rt, now)):
        metrics.swept("adrift", lost)
        log.warning("sends whose worker died are in doubt", count=lost)
    ending.sweep(here.rt, now)
    drips.sweep(here.rt, now)
    tell_changes(here, now)
    erasure.finish_due(here.rt.db, now)
    forget_texts(here, now)


def forget_texts(here: Process, now: datetime) -> None:
    """What people wrote goes before its rows, where TEXTS_DAYS says so; a part at each tick."""
    if (days := here.rt.settings.texts_days) is not None:
        texts.forget(here.rt.db, now - timedelta(days=days), _MOST_TEXTS)


def end_abandoned(here: Process) -> None:
    """Until told to stop, end the transactions of processes that died in the middle of one.

    In a thread of its own, since a tick may be among those that such a transaction holds up.
    """
    while not here.stopping.wait(TICK_S):
        try:
            if ended := sessions.end_abandoned(here.rt.db):
                metrics.swept("transactions", ended)
                log.warning("transactions of a dead process were ended", count=ended)
        except StoreError:
            log.warning("whether a dead process left transactions cannot be seen")
            here.stopping.wait(LOOK_AGAIN_S)


def prepare(here: Process) -> None:
    """A first start: the database gets its shape, and the folder's rules become version 1.

    Later ones find nothing to do. Raises StoreError, RuleFilesError.
    """
    done = migrations.migrate(here.rt.db, here.rt.settings, process.now())
    if done:
        log.info("database migrated", count=len(done))
    if rule_versions.latest_number(here.rt.db) is None:
        version, _ = publish.publish_folder(
            here.rt, by="first start", note="", now=process.now(), campaigns_known=False
        )
        log.info("rules published", rule_version=version["_id"])


def tell_changes(here: Process, now: datetime) -> None:
    """Make events of what changed about people, where campaigns or rules watch it."""
    rows = watching.refresh(here.rt.db)
    if not rows:
        return
    directory = here.books.segments.current(here.rt.db)
    changes.sweep(here.rt.db, rows, directory, now)
    live = changes.ready(rows, directory)
    for _ in range(_MOST_CHANGES // tell.AT_ONCE + 1):
        if not tell.tell(here.rt, directory, live, now):
            return


def _follow_saves(here: Process) -> None:
    """In development a save of a rule file publishes it; what is wrong with one goes to standard
    error in plain lines, for whoever is writing it."""
    watching = threading.Thread(
        target=autopublish.follow,
        args=(here.rt.db, here.rt.settings.rules_path(), here.stopping, _say, process.now),
        name="autopublish",
        daemon=True,
    )
    watching.start()


def _say(line: str) -> None:
    sys.stderr.write(f"rules: {line}\n")
    sys.stderr.flush()


def main() -> None:
    """Tick until told to stop. A store that is away is waited for."""
    settings = config_settings.load_or_exit()
    process.start(settings.log_level)
    here = process.this()
    publisher = Publisher(here.rt.redis, publishing.CLOCK)
    publisher.start()
    log.info("clock started")
    threading.Thread(target=end_abandoned, args=(here,), daemon=True).start()
    prepared = False
    moment = Moment(here.rt.db)
    while not here.stopping.is_set():
        try:
            if not prepared:
                prepare(here)
                prepared = True
                threading.Thread(target=due.follow, args=(here,), name="fires", daemon=True).start()
                if settings.rules_autopublish:
                    _follow_saves(here)
            tick(here, moment.look())
        except RuleFilesError as error:
            log.error("the rule files are not good: see `flask rules check`", error=str(error))  # noqa: TRY400  # its traceback says nothing more
        except StoreError:
            log.warning("MongoDB does not answer; trying again")
        except RedisDownError:
            log.warning("Redis does not answer; trying again")
        here.stopping.wait(TICK_S)
    publisher.stop()
    log.info("clock stopped")


if __name__ == "__main__":
    main()
