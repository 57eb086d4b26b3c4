"""A machine's clock may be wrong, or be set; the clock goes by MongoDB's."""

from datetime import UTC, datetime, timedelta

from store import moment, mongo
from workers.moment import Moment

HOUR = timedelta(hours=1)
CLOSE = timedelta(seconds=2)


def test_an_hour_ahead_or_behind_is_seen(db: mongo.Db) -> None:
    for wrong in (-HOUR, timedelta(0), HOUR):
        behind = moment.behind(db, lambda wrong=wrong: datetime.now(UTC) + wrong)  # type: ignore[misc]  # a default binds it

        assert abs(behind + wrong) < CLOSE


def test_a_jump_between_two_looks_is_not_believed(db: mongo.Db) -> None:
    jump = timedelta(0)
    seconds = 0.0

    def system() -> datetime:
        return datetime.now(UTC) + jump

    goes = Moment(db, here=system, system=system, elapsed_s=lambda: seconds)
    first = goes.look()
    jump, seconds = HOUR, 2.0

    assert goes.now() == first + timedelta(seconds=2)
    assert abs(goes.look() - datetime.now(UTC)) < CLOSE


def test_time_that_was_moved_on_for_everybody_stays_moved(db: mongo.Db) -> None:
    day = timedelta(days=1)

    goes = Moment(db, here=lambda: datetime.now(UTC) + day)

    assert abs(goes.look() - datetime.now(UTC) - day) < CLOSE
