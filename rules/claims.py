"""Words that two intents claim: whoever says one would mean both. Pure."""

from collections.abc import Iterator, Sequence

from rules.model import Intent
from rules.problems import Problem
from rules.structure import PlacedIntent
from rules.text import fold, spoken

# Words and phrases are looked for alike; the whole message is another matter.
_PLACES = {"words": "anywhere", "phrases": "anywhere", "exact": "whole", "like": "like"}


def problems(intents: Sequence[PlacedIntent]) -> Iterator[Problem]:
    """One for each text that an intent before claims in the same way."""
    first: dict[tuple[str, str], tuple[str, Problem]] = {}
    for placed in intents:
        for way, place, key in _claimed(placed.intent):
            here = placed.document.problem((*placed.path, way, place), "")
            name, before = first.setdefault(key, (placed.name, here))
            if name != placed.name:
                message = f"{key[1]!r} is claimed by intent {name!r} too"
                yield placed.document.problem(
                    (*placed.path, way, place), f"{message}, at {before.file}:{before.line}"
                )


def _claimed(intent: Intent) -> Iterator[tuple[str, int, tuple[str, str]]]:
    for way, where in _PLACES.items():
        for place, text in enumerate(getattr(intent, way) or ()):
            yield way, place, (where, spoken(text))
    for place, text in enumerate(intent.regex or ()):
        yield "regex", place, ("regex", text)
    for place, text in enumerate(intent.buttons or ()):
        yield "buttons", place, ("button", fold(text, 256))
