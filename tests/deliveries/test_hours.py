"""Hours of some weekdays: the next moment within is never before, and always within."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from deliveries.hours import opens
from tests.clock import NOW

clocks = st.times().map(lambda at: f"{at:%H:%M}")
spans = st.fixed_dictionaries(
    {
        "from": clocks,
        "to": clocks,
        "on": st.lists(st.integers(0, 6), min_size=1, unique=True),
    }
).filter(lambda span: span["from"] != span["to"])
moments = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes))


def lies_within(span: dict[str, object], at: datetime) -> bool:
    """Obviously, minute by minute."""
    start, end, on = str(span["from"]), str(span["to"]), span["on"]
    clock = f"{at:%H:%M}"
    assert isinstance(on, list)
    if start < end:
        return at.weekday() in on and start <= clock < end
    yesterday = (at - timedelta(days=1)).weekday()
    return (at.weekday() in on and clock >= start) or (yesterday in on and clock < end)


@given(spans, moments)
def test_it_is_the_first_moment_within(span: dict[str, object], at: datetime) -> None:
    found = opens(span, at)

    assert found >= at
    assert lies_within(span, found)
    if lies_within(span, at):
        assert found == at
    else:
        assert not lies_within(span, found - timedelta(minutes=1)), "it opens then"
        hours = int((found - at) / timedelta(hours=1))
        assert not any(lies_within(span, at + timedelta(hours=h)) for h in range(hours))
