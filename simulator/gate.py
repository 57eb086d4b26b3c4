"""Refusals that depend on what happened before: pace, window, preference. Hold the lock."""

from simulator.errors import GraphError
from simulator.people import Person
from simulator.settings import PairRate, Settings
from simulator.world import World


def check_throughput(world: World, now: float) -> None:
    """A bucket of one second's worth. Raises GraphError 130429."""
    rate = world.settings.throughput
    if rate is None:
        return
    spare = rate if world.spare < 0 else min(rate, world.spare + (now - world.spare_at) * rate)
    world.spare, world.spare_at = spare, now
    if spare < 1:
        raise GraphError(130429, "Cloud API message throughput has been reached.")
    world.spare -= 1


def check_pair(person: Person, limit: PairRate | None, now: float) -> None:
    """Raises GraphError 131056 when one person is written to too often."""
    if limit is None:
        return
    earned = (now - person.spare_at) / limit.every_s
    spare = limit.burst if person.spare < 0 else min(limit.burst, person.spare + earned)
    person.spare, person.spare_at = spare, now
    if spare < 1:
        raise GraphError(
            131056,
            "Message failed to send because there were too many messages sent from this phone "
            "number to the same phone number in a short period of time.",
        )
    person.spare -= 1


def window_open(person: Person | None, settings: Settings, now: float) -> bool:
    """Whether the person wrote within the customer service window."""
    if person is None or person.last_inbound_at is None:
        return False
    return now - person.last_inbound_at < settings.window_hours * 3600


def check_window(*, is_template: bool, is_open: bool) -> None:
    """Raises GraphError 131047."""
    if not is_template and not is_open:
        raise GraphError(
            131047,
            "Message failed to send because more than 24 hours have passed since the customer "
            "last replied to this number.",
        )


def check_preference(person: Person, category: str) -> None:
    """Raises GraphError 131050 for marketing to somebody who stopped it."""
    if category == "marketing" and person.stopped_marketing:
        raise GraphError(131050, "The recipient has stopped marketing messages from this business.")
