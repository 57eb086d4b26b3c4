"""`python -m bench.rules`: what one decision costs with 10 to 5,000 rules, beside a plain loop.

Times are CPU time of the deciding thread, so that neighbours on the machine count little; read the
ratios all the same. `--evaluations 1000000` runs the test of flat memory at its full length.
"""

import argparse
import gc
import json
import multiprocessing
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import psutil

from bench.plain import PlainLoop
from rules.book import RuleBook
from rules.event import ContactFacts, Event

SIZES = (10, 100, 1_000, 5_000)
EVENTS = 4_000
LOOPED = 200  # events that the plain loop decides too: it is slow
EVALUATIONS = 100_000
SETTLED = 50_000
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
_SYLLABLES = ("ka", "ti", "so", "mu", "re", "vin", "dol", "pa", "gex", "lun", "bri", "oth")
_WORDS = [one + two for one in _SYLLABLES for two in _SYLLABLES]

_T = TypeVar("_T")
Seen = tuple[Event, ContactFacts]


@dataclass(frozen=True, slots=True)
class Figures:
    """One size. Times in seconds of CPU."""

    size: int
    load_s: float
    load_bytes: int
    mean_s: float
    p99_s: float
    loop_s: float
    hits: float
    engine: str


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.rules", description=__doc__)
    parser.add_argument("--evaluations", type=int, default=EVALUATIONS)
    table(parser.parse_args().evaluations)


def table(evaluations: int = EVALUATIONS) -> None:
    """Print the figures."""
    print("one event decided (a third by intents, a third by intents and attributes, a third after")
    print("campaigns; texts all different), and a plain loop over the same rules\n")
    print("   rules   loaded in   memory   a second      mean       p99      loop    ratio")
    shown = [_alone(partial(measure, size)) for size in SIZES]
    for one in shown:
        print(
            f"{one.size:8,} {one.load_s:9.2f} s {one.load_bytes / 1e6:5.0f} MB "
            f"{1 / one.mean_s:10,.0f} {one.mean_s * 1e6:6.0f} µs {one.p99_s * 1e6:6.0f} µs "
            f"{one.loop_s * 1e6:6.0f} µs {one.loop_s / one.mean_s:8.1f}"
        )
    small, large = shown[1], shown[-1]
    print(
        f"\n  {large.size:,} rules cost {large.mean_s / small.mean_s:.2f} times as much as ", end=""
    )
    print(f"{small.size} ({large.engine} engine; {large.hits:.2f} rules hold for an event)")
    settled, end = _alone(partial(memory, evaluations))
    print(f"  resident after {SETTLED:,} evaluations {settled / 1e6:.1f} MB, ", end="")
    print(f"after {evaluations:,} {end / 1e6:.1f} MB: {end / settled - 1:+.1%}")


def _alone(job: "partial[_T]") -> _T:
    """The answer of a fresh process, so that each begins with the same memory."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(job)


def measure(size: int) -> Figures:
    """The figures of one size; raises AssertionError where the plain loop decides differently."""
    files = rule_files(size)
    before = psutil.Process().memory_info().rss
    begun = time.thread_time()
    book = RuleBook(1, files)
    load_s = time.thread_time() - begun
    gc.collect()
    load_bytes = psutil.Process().memory_info().rss - before
    seen = [happening(size, number) for number in range(EVENTS)]
    for event, contact in seen[:200]:
        book.decide(event, contact, NOW)
    took, hits = [], 0
    for event, contact in seen:
        begun = time.thread_time()
        decision = book.decide(event, contact, NOW)
        took.append(time.thread_time() - begun)
        hits += len(decision.hits)
    loop = PlainLoop(files)
    begun = time.thread_time()
    answers = [loop.decide(event, contact) for event, contact in seen[:LOOPED]]
    loop_s = (time.thread_time() - begun) / LOOPED
    for (event, contact), answer in zip(seen, answers, strict=False):
        assert [hit.rule for hit in book.decide(event, contact, NOW).hits] == answer, event
    took.sort()
    return Figures(
        size, load_s, load_bytes, sum(took) / EVENTS, took[EVENTS * 99 // 100], loop_s,
        hits / EVENTS, book.engine_name,
    )  # fmt: skip


def memory(evaluations: int) -> tuple[int, int]:
    """Resident bytes after SETTLED evaluations of 1,000 rules, and at the end."""
    book = RuleBook(1, rule_files(1_000))
    process, settled = psutil.Process(), 0
    for number in range(evaluations):
        if number == SETTLED:
            gc.collect()
            settled = process.memory_info().rss
        book.decide(*happening(1_000, number), NOW)
    gc.collect()
    return settled, process.memory_info().rss


def rule_files(size: int) -> Mapping[str, str]:
    """{file name: text} with `size` rules."""
    dice = random.Random(1)
    intents: dict[str, object] = {}
    rules = []
    for number in range(size):
        name = f"intent{number - number % 3}"
        when: dict[str, Any]
        if number % 3 == 0:
            intents[name] = _intent(number, dice)
            when = {"intent": name}
        elif number % 3 == 1:
            when = {
                "intent": name,
                "contact.attributes.city": {"in": [f"City{number % 50}", f"City{number % 50 + 1}"]},
                "contact.attributes.orders": {"gte": number % 7},
                "contact.segments": {"has": f"segment{number % 20}"},
            }
        else:
            when = {"campaign": f"c{number % 200}", "event": "replied", "button": f"B{number}"}
        rules.append({"rule": f"rule{number}", "when": when, "then": [{"reply": "ok"}]})
    parts = {
        f"{first:05}.yaml": json.dumps({"rules": rules[first : first + 500]})
        for first in range(0, size, 500)
    }
    return {"intents.yaml": json.dumps({"intents": intents}), **parts}


def _intent(number: int, dice: random.Random) -> dict[str, object]:
    intent: dict[str, object] = {"words": [f"word{number}"]}
    if number % 2:
        intent["phrases"] = [f"how much is thing{number}"]
    if number % 5 == 0:
        intent["regex"] = [rf"\border{number}-\d+"]
    if number % 5 == 1:
        intent["like"] = [" ".join(dice.sample(_WORDS, 6))]
    return intent


def happening(size: int, number: int) -> Seen:
    """The `number`th event, and the contact it is about: no two texts are the same."""
    dice = random.Random(number)
    asked = dice.randrange(size) // 3 * 3
    contact = ContactFacts(
        attributes={"city": f"City{dice.randrange(60)}", "orders": dice.randrange(10), "name": "x"},
        segments=frozenset({f"segment{dice.randrange(20)}"}),
        language="en",
        country="IN",
        timezone="Asia/Kolkata",
    )
    kind = dice.random()
    if kind < 0.2:
        campaign, button = f"c{(asked + 2) % 200}", f"B{asked + 2}"
        return Event(f"e{number}", "replied", NOW, button=button, campaign=campaign), contact
    if kind < 0.6:
        text = f"Hello, do you have word{asked} in blue please? {number}"
    elif kind < 0.7:
        text = f"my order{asked - asked % 15}-{number}"
    else:
        text = f"{' '.join(dice.sample(_WORDS, 5))} {number}"
    return Event(f"e{number}", "message", NOW, text=text), contact


if __name__ == "__main__":
    main()
