"""A drip by its steps: who got to each, who waits before it, and who left there."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from campaigns import course
from campaigns.course import Course
from reports import funnel
from store import enrolments, mongo
from store.documents.campaign import Run
from store.documents.enrolment import EnrolmentState

_WENT_THROUGH = (EnrolmentState.ACTIVE, EnrolmentState.COMPLETED)
Standing = Sequence[tuple[int, str, str | None, int]]


def of_runs(db: mongo.Db, runs: Sequence[Run]) -> dict[str, Any]:
    """`steps`, those of the newest version first, and `enrolments`: how all of them stand.

    It reads every enrolment of the drip.
    """
    steps: list[dict[str, Any]] = []
    states: Counter[str] = Counter()
    ended: Counter[str] = Counter()
    for run in runs:
        if "definition" not in run:
            continue
        standing = enrolments.standing(db, run["_id"])
        passed = enrolments.passed(db, run["_id"], run["version"])
        sent = funnel.by_step([run])
        steps += of_version(course.of_run(run), run["version"], standing, passed, sent)
        for _, state, reason, people in standing:
            states[state] += people
            if state not in _WENT_THROUGH:
                ended[reason or state] += people
    return {"steps": steps, "enrolments": _summed(states, ended)}


def _summed(states: Mapping[str, int], ended: Counter[str]) -> dict[str, Any]:
    each = {state.value: states.get(state, 0) for state in EnrolmentState}
    return {"enrolled": sum(each.values()), **each, "ended_by_reason": dict(ended.most_common())}


def of_version(
    one: Course,
    version: int,
    standing: Standing,
    passed: Mapping[int, int],
    sent: Mapping[int, Mapping[str, int]],
) -> list[dict[str, Any]]:
    """Each step of a version. Pure.

    entered: people who got to it: who have it behind them, wait for it, or left before it went.
    waiting: who wait for it now. left: {why: people}. drop_off: left of entered, None of nobody.
    """
    waiting: Counter[int] = Counter()
    left: dict[int, Counter[str]] = defaultdict(Counter)
    for step, state, reason, people in standing:
        if state == EnrolmentState.ACTIVE:
            waiting[step] += people
        elif state != EnrolmentState.COMPLETED:
            left[step][reason or state] += people
    rows = []
    for place, _ in enumerate(one.steps):
        gone = left[place].total()
        entered = passed.get(place, 0) + waiting[place] + gone
        rows.append(
            {
                "step": place,
                "version": version,
                "name": one.name_of(place),
                "entered": entered,
                "waiting": waiting[place],
                "left": dict(left[place].most_common()),
                "drop_off": round(gone / entered, 4) if entered else None,
                "funnel": funnel.of_counts(sent.get(place, {})),
            }
        )
    return rows
