"""In development a save of a rule file publishes it: watch a folder, and say what came of it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from threading import Event

from watchfiles import Change, watch

from rules import diff, files, publish
from rules.problems import RuleFilesError
from store import mongo, rule_versions
from store.mongo import StoreError

_LOOK_AGAIN_MS = 2_000  # for a folder that was replaced, and for a store that was away
_SETTLE_MS = 200  # an editor's save is several events

Say = Callable[[str], None]
Clock = Callable[[], datetime]


def follow(db: mongo.Db, folder: Path, stop: Event, say: Say, clock: Clock) -> None:
    """Publish `folder` now and whenever a file in it is saved, until `stop` is set.

    say: gets each line for people: `published version 7 …`, or every problem as
    `file:line:column: sentence`; then the last good version goes on. A folder that is away is
    waited for, and so is MongoDB.
    """
    published = False
    for changed in _saves(folder, stop, say):
        if changed or not published:
            published = _publish(db, folder, say, clock())


def _saves(folder: Path, stop: Event, say: Say) -> Iterator[bool]:
    """True where something was saved, False now and then; at first, and after the folder came
    back, True."""
    said = False
    while not stop.is_set():
        if not folder.is_dir():
            if not said:
                say(f"{folder}: is no folder; waiting for it")
            said = True
            stop.wait(0.5)
            continue
        said, seen, begun = False, folder.stat().st_ino, False
        yield True
        try:
            for changes in watch(
                folder,
                watch_filter=_is_rule_file,
                debounce=_SETTLE_MS,
                rust_timeout=_LOOK_AGAIN_MS,
                yield_on_timeout=True,
                stop_event=stop,
                raise_interrupt=False,
            ):
                # What was saved before the watching began was seen by nobody.
                yield bool(changes) or not begun
                begun = True
                if not folder.is_dir() or folder.stat().st_ino != seen:
                    break  # what is watched is the folder that is gone
        except OSError:
            stop.wait(0.5)  # it went while we began to look


def _is_rule_file(_change: Change, path: str) -> bool:
    return path.endswith(".yaml")


def _publish(db: mongo.Db, folder: Path, say: Say, now: datetime) -> bool:
    """Whether there is nothing to try again."""
    try:
        texts = files.read_dir(folder)
        version, new = publish.publish(db, texts, by="autopublish", note="saved", now=now)
        if new:
            say(f"published version {version['_id']}: {diff.summary(version['changes'])}")
    except RuleFilesError as error:
        for problem in error.problems:
            say(str(problem))
        say(_goes_on(db))
    except publish.BusyError:
        return False
    except StoreError:
        say("MongoDB does not answer; the saved rules wait for it")
        return False
    return True


def _goes_on(db: mongo.Db) -> str:
    try:
        number = rule_versions.latest_number(db)
    except StoreError:
        number = None
    return f"not published; version {number} goes on" if number else "not published"
