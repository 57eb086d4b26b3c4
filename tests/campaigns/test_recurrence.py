"""Days and hours of a recurring campaign, against dateutil's own and a slow, obvious reference."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from dateutil import rrule
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from campaigns.recurrence import Recurrence, days, first_day

NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
YEARS_50 = 50 * 366
FREQUENCIES: dict[str, Any] = {
    "days": rrule.DAILY, "weeks": rrule.WEEKLY, "months": rrule.MONTHLY, "years": rrule.YEARLY,
}  # fmt: skip


def made(every: str = "day", **fields: Any) -> Recurrence:
    return Recurrence(**{"every": every, "at": "10:00", "timezone": "UTC", **fields})


def said(every: str, anchor: str, count: int, **fields: Any) -> list[str]:
    found = islice(days(made(every, **fields), date.fromisoformat(anchor)), count)
    return [day.isoformat() for day in found]


@pytest.mark.parametrize(
    ("every", "anchor", "expected"),
    [
        ("day", "2026-12-31", ["2026-12-31", "2027-01-01", "2027-01-02"]),
        ("15 days", "2026-02-20", ["2026-02-20", "2026-03-07", "2026-03-22"]),
        ("month", "2026-01-31", ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
        ("month", "2028-01-30", ["2028-01-30", "2028-02-29", "2028-03-30"]),
        ("6 months", "2026-08-31", ["2026-08-31", "2027-02-28", "2027-08-31"]),
        ("year", "2028-02-29", ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28",
                                "2032-02-29"]),
        ("year", "2026-03-31", ["2026-03-31", "2027-03-31"]),
    ],
)  # fmt: skip
def test_days_as_people_would_count_them(every: str, anchor: str, expected: list[str]) -> None:
    assert said(every, anchor, len(expected)) == expected


def test_weeks_take_weekdays_and_count_from_the_anchors_week() -> None:
    # 25 November 2026 is a Wednesday.
    assert said("2 weeks", "2026-11-25", 4, on=["thu", "mon"]) == [
        "2026-11-26", "2026-12-07", "2026-12-10", "2026-12-21",
    ]  # fmt: skip
    assert said("week", "2026-11-25", 2) == ["2026-11-25", "2026-12-02"]


def test_it_ends_on_its_last_day_or_after_its_last_time() -> None:
    until = made(until="2026-01-03")
    assert len(list(days(until, date(2026, 1, 1)))) == 3
    assert len(list(made("month", count=4).occasions(date(2026, 1, 31)))) == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"every": "0 days"}, {"every": "fortnight"}, {"at": "25:00"}, {"timezone": "Mars/Base"},
        {"on": ["mon"]}, {"until": "2026-01-01", "count": 3}, {"count": 0}, {"starts": "soon"},
        {"starts": "2026-02-01", "until": "2026-01-01"}, {"starts": "2026-02-30"},
        {"missed": "maybe"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        made(**wrong)


def test_an_hour_that_yaml_took_for_minutes_is_understood() -> None:
    assert made(at=630).at == "10:30"


def test_a_first_time_is_never_in_the_past() -> None:
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)

    assert first_day(made(), noon) == date(2026, 11, 25)
    assert first_day(made(at="13:00"), noon) == date(2026, 11, 24)
    assert first_day(made(starts="2026-01-31"), noon) == date(2026, 1, 31)


def test_wall_time_holds_across_both_changes_of_the_clocks() -> None:
    spring = list(
        islice(made(at="02:30", timezone="Europe/Berlin").occasions(date(2026, 3, 28)), 3)
    )
    autumn = list(
        islice(made(at="02:30", timezone="Europe/Berlin").occasions(date(2026, 10, 24)), 3)
    )

    assert [one.at.strftime("%d %H:%M") for one in spring] == ["28 01:30", "29 01:30", "30 00:30"]
    assert [one.at.strftime("%d %H:%M") for one in autumn] == ["24 00:30", "25 00:30", "26 01:30"]


def test_a_day_that_samoa_left_out_is_no_second_message() -> None:
    zone = "Pacific/Apia"
    found = list(islice(made(timezone=zone).occasions(date(2011, 12, 29)), 3))

    assert [one.at.astimezone(ZoneInfo(zone)).day for one in found] == [29, 31, 1]


def test_each_persons_own_clock_begins_where_the_first_one_shows_the_hour() -> None:
    (first,) = islice(made(timezone="recipient").occasions(date(2026, 11, 30)), 1)

    assert first.at == datetime(2026, 11, 29, 20, tzinfo=UTC)


ANCHORS = st.dates(date(1980, 1, 1), date(2040, 1, 1))
UNITS = st.sampled_from(["days", "weeks", "months", "years"])


def slowly(count: int, unit: str, on: set[int], anchor: date) -> Iterator[date]:
    """Look at every day there is for 50 years, and ask whether it is one."""
    for passed in range(YEARS_50):
        day = anchor + timedelta(days=passed)
        months = (day.year - anchor.year) * 12 + day.month - anchor.month
        clamped = min(anchor.day, monthrange(day.year, day.month)[1])
        monday, first_monday = (one - timedelta(days=one.weekday()) for one in (day, anchor))
        if (
            (unit == "days" and passed % count == 0)
            or (
                unit == "weeks"
                and (monday - first_monday).days // 7 % count == 0
                and day.weekday() in (on or {anchor.weekday()})
            )
            or (unit == "months" and months % count == 0 and day.day == clamped)
            or (unit == "years" and months % (12 * count) == 0 and day.day == clamped)
        ):
            yield day


@settings(max_examples=40, deadline=None)
@given(ANCHORS, UNITS, st.integers(1, 40), st.sets(st.integers(0, 6)))
def test_fifty_years_agree_with_asking_every_day(
    anchor: date, unit: str, count: int, on: set[int]
) -> None:
    on = on if unit == "weeks" else set()
    until = anchor + timedelta(days=YEARS_50 - 1)
    rule = made(f"{count} {unit}", on=[NAMES[place] for place in on], until=until)

    assert list(days(rule, anchor)) == list(slowly(count, unit, on, anchor))


@settings(max_examples=40, deadline=None)
@given(st.dates(date(1980, 1, 1), date(2040, 1, 1)).filter(lambda day: day.day <= 28), UNITS,
       st.integers(1, 40))  # fmt: skip
def test_where_no_month_is_too_short_dateutils_plain_rule_says_the_same(
    anchor: date, unit: str, count: int
) -> None:
    begins = datetime.combine(anchor, datetime.min.time())

    expected = [
        one.date() for one in rrule.rrule(FREQUENCIES[unit], begins, interval=count, count=100)
    ]
    assert list(islice(days(made(f"{count} {unit}"), anchor), 100)) == expected


# From 1973 on, when the last place had come to whole minutes, to where tzdata's tables end.
FIRST, WEEKS = datetime(1973, 1, 1, tzinfo=UTC), 64 * 52
HOURS = ["00:00", "00:30", "01:30", "02:00", "02:30", "03:00", "23:30"]


@cache
def changes(name: str) -> tuple[date, ...]:
    """The days on which the zone's offset is another than the day before."""
    zone = ZoneInfo(name)
    offsets = [
        (FIRST + timedelta(weeks=week)).astimezone(zone).utcoffset() for week in range(WEEKS)
    ]
    return tuple(
        day
        for week in range(1, WEEKS)
        if offsets[week] != offsets[week - 1]
        for day in [changed_in(zone, FIRST + timedelta(weeks=week - 1))]
        if day is not None
    )


def changed_in(zone: ZoneInfo, monday: datetime) -> date | None:
    seen = [(monday + timedelta(days=day)).astimezone(zone) for day in range(8)]
    return next((b.date() for a, b in pairwise(seen) if a.utcoffset() != b.utcoffset()), None)


def shown_first(day: date, hour: str, zone: ZoneInfo) -> datetime:
    """The first moment, UTC, at which the clock shows the hour.

    Slow and obvious: each quarter of an hour around it is asked what the clock shows. One that is
    never shown comes as long after the jump as it would have come after the moment of it.
    """
    wanted = datetime.fromisoformat(f"{day.isoformat()}T{hour}")
    around = wanted.replace(tzinfo=UTC)
    quarters = [around + timedelta(minutes=15 * n) for n in range(-26 * 4, 26 * 4)]
    shown = [moment.astimezone(zone).replace(tzinfo=None) for moment in quarters]
    if wanted in shown:
        return quarters[shown.index(wanted)]
    past = next(place for place, wall in enumerate(shown) if wall > wanted)
    offset = quarters[past - 1].astimezone(zone).utcoffset()
    assert offset is not None
    return around - offset


def agrees(name: str, edge: date, hour: str) -> None:
    zone = ZoneInfo(name)
    rule = made(at=hour, timezone=name)

    found = list(islice(rule.occasions(edge - timedelta(days=2)), 4))

    for one in found:
        assert one.at == shown_first(one.day, hour, zone), (name, one.day, hour)
    assert found == sorted(found, key=lambda one: one.at)
    assert len({one.at for one in found}) == len(found)


def test_every_zone_that_ever_changed_shows_the_hour_at_its_edges() -> None:
    changing = {name: edges for name in available_timezones() if (edges := changes(name))}

    assert len(changing) > 300
    for place, (name, edges) in enumerate(sorted(changing.items())):
        for edge in {edges[0], *edges[-2:]}:
            agrees(name, edge, HOURS[place % len(HOURS)])


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_edge_of_any_zone_shows_the_hour_once(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(n for n in available_timezones() if changes(n))))

    agrees(name, data.draw(st.sampled_from(changes(name))), data.draw(st.sampled_from(HOURS)))
