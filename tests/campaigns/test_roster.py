"""People put into a drip by their numbers."""

import pytest

from campaigns import roster
from campaigns.enrolling import Entry
from campaigns.service import ImpossibleStepError
from tests.campaigns.drips import School
from tests.makers import ASHA, CHEN, make_contact


def enrol(school: School, *numbers: str, cause: str = "file:1") -> roster.Taken:
    entry = Entry(cause, "asha", school.now)
    (taken,) = roster.enrol(school.rt, "welcome", numbers, entry, school.now)
    return taken


def test_each_who_is_left_out_is_told_with_the_place(school: School) -> None:
    school.start()
    make_contact(school.rt.db, ASHA)

    taken = enrol(school, f"+{ASHA}", "what", f"+{CHEN}", f"+{ASHA}")

    assert taken.enrolled == 1
    places = dict(taken.left_out)
    assert set(places) == {1, 2}
    assert places[2] == roster.UNKNOWN


def test_the_same_file_again_enrols_nobody_twice(school: School) -> None:
    school.start(reentry="always")
    make_contact(school.rt.db, ASHA)
    enrol(school, f"+{ASHA}")
    school.later(days=2)

    assert enrol(school, f"+{ASHA}").enrolled == 0
    assert enrol(school, f"+{ASHA}", cause="file:2").enrolled == 1


def test_a_drip_that_is_not_going_on_takes_nobody_in(school: School) -> None:
    school.define()

    with pytest.raises(ImpossibleStepError, match="is draft"):
        enrol(school, f"+{ASHA}")


@pytest.mark.parametrize(
    "lines",
    [["+1", "", "+2\n"], ["phone\n", "+1\n", "+2"], ["name,phone\n", "Asha,+1\n", '"C, D",+2\n']],
)
def test_a_file_has_a_column_phone_or_a_number_a_line(lines: list[str]) -> None:
    assert list(roster.numbers_in(lines)) == ["+1", "+2"]
