"""What happened in one run on one day of UTC."""

from datetime import datetime
from typing import Any, NotRequired, TypedDict

from bson import ObjectId


class RunDay(TypedDict):
    """`_id` is `<run>:<YYYYMMDD>`. Made by the first thing that happens.

    at: {half hour of the day, 0 to 47: {what: count}}. took_…: {bucket of store/marks: count}.
    by: {language | country | segment | variant | step | slot: {value: {what: count}}}.
    The others are as a run's tallies: {Meta's code | reason | button | category: …}.
    """

    _id: str
    run_id: ObjectId
    day: datetime
    at: NotRequired[dict[str, dict[str, int]]]
    took_delivered: NotRequired[dict[str, int]]
    took_read: NotRequired[dict[str, int]]
    took_replied: NotRequired[dict[str, int]]
    by: NotRequired[dict[str, Any]]
    code: NotRequired[dict[str, int]]
    skipped: NotRequired[dict[str, int]]
    button: NotRequired[dict[str, int]]
    cost: NotRequired[dict[str, dict[str, int]]]
