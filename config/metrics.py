"""What every process counts as it happens: the one list of it, and one call for each moment.

Counts are ordinary ones of prometheus_client in a registry of our own. A thread of each process
adds them up in Redis (`runtime/publisher.py`), and any web process tells them all (`ops/figures`).
A label is one of a few fixed words, never a number, a text or anything a stranger may choose.
"""

import time
from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from itertools import product

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Histogram

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # has no types

REGISTRY = CollectorRegistry()
NEW, DUPLICATE = "new", "duplicate"
OUTCOMES = ("accepted", "refused", "unanswered")
ANSWER, WEBHOOK = "answer", "webhook"
FOUND = ("shards", "deliveries", "adrift", "transactions")
AGAIN, GIVEN_UP = "again", "given_up"
OTHER = "other"
UNREADABLE = "unreadable"

_LAGS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)
_WRITES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2)
_GROUPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
_CALLS = (0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 20)


def _counter(name: str, words: str, *labels: str) -> Counter:
    return Counter(f"drumbeat_{name}", words, labels, registry=REGISTRY)


def _histogram(name: str, words: str, buckets: Sequence[float], *labels: str) -> Histogram:
    return Histogram(f"drumbeat_{name}", words, labels, buckets=buckets, registry=REGISTRY)


WEBHOOKS = _counter("webhooks_total", "Webhook requests, by our answer", "status")
UPDATES = _counter("updates_total", "Updates journaled: new, or a duplicate", "kind", "result")
DEAD = _counter("dead_letters_total", "Updates set aside", "kind")
GROUP_ROWS = _histogram("journal_group_rows", "Rows of one write to the journal", _GROUPS)
WRITES = _histogram("journal_write_seconds", "One write to the journal", _WRITES)
HANDLED = _counter("events_handled_total", "Journal rows handled", "kind")
LAG = _histogram("event_lag_seconds", "From Meta's timestamp to handled", _LAGS, "kind")
JOURNAL_LAG = _histogram("journal_lag_seconds", "From received to handled", _LAGS, "kind")
DECISIONS = _counter("decisions_total", "Events the rules decided", "result")
ACTIONS_FAILED = _counter(
    "actions_failed_total", "Actions of rules that failed: tried again later, or given up", "result"
)
CHANGES_CUT = _counter(
    "changes_cut_total", "Changes of contacts not told, since they bring about each other endlessly"
)
RULES_UNREADABLE = _counter(
    "rule_versions_unreadable_total", "Published rule versions that a process could not read"
)
SENDS = _counter("sends_total", "Messages posted to Meta, by what came of it", "outcome")
UNKNOWN = _counter("sends_unknown_total", "Sends nobody knows the end of", "reason")
META_ERRORS = _counter("meta_errors_total", "Meta's errors by code", "code", "source")
META_SECONDS = _histogram("meta_request_seconds", "HTTP calls to Meta", _CALLS, "call")
REPLIES_CUT = _counter("replies_cut_total", "Answers not sent, since they were part of a loop")
SHOPS = ("shopify", "woocommerce")
SHOP_RESULTS = (
    "told", "ignored", "no_phone", "unreadable", "unsigned", "too_large", "not_kept",
)  # fmt: skip
SHOP_WEBHOOKS = _counter(
    "shop_webhooks_total", "Webhooks of shops, by what came of them", "shop", "result"
)
LINK_RESULTS = ("kept", "machine", "of_nobody", "lost", "unknown", "unavailable")
LINKS = _counter("links_opened_total", "Links of campaigns' messages, by what came of it", "result")
SWEEPS = _counter("sweeps_total", "The clock's looks at what may be due")
SWEPT = _counter("swept_total", "What sweeps found and nobody had been woken for", "what")
FIRE_LATE = _histogram(
    "fire_lateness_seconds", "From when a fire was due to when it was done", _LAGS
)
FIRES = _counter("fires_total", "Fires done, or failed and tried again", "result")


def prepare(kinds: Iterable[str], codes: Iterable[int]) -> None:
    """Let every series start at nought: one that starts at 1 shows no increase. Safe to repeat."""
    kinds = list(kinds)
    codes_told = (*map(str, codes), OTHER, "none")
    every: list[tuple[Counter | Histogram, Iterable[tuple[str, ...]]]] = [
        (WEBHOOKS, [("200",), ("400",), ("401",), ("408",), ("413",), ("503",)]),
        (UPDATES, product(kinds, (NEW, DUPLICATE))),
        (DEAD, product(kinds)),
        (HANDLED, product(kinds)),
        (LAG, product(kinds)),
        (JOURNAL_LAG, product(kinds)),
        (DECISIONS, [("matched",), ("unmatched",)]),
        (SENDS, product(OUTCOMES)),
        (UNKNOWN, [("unanswered",), ("sender_died",)]),
        (META_ERRORS, product(codes_told, (ANSWER, WEBHOOK))),
        (META_SECONDS, [("send",), ("get",)]),
        (SWEPT, product(FOUND)),
        (ACTIONS_FAILED, [(AGAIN,), (GIVEN_UP,)]),
        (SHOP_WEBHOOKS, product(SHOPS, SHOP_RESULTS)),
        (LINKS, product(LINK_RESULTS)),
        (FIRES, [("done",), ("failed",)]),
    ]
    for metric, series in every:
        for labels in series:
            metric.labels(*labels)


def journaled(kinds: Iterable[str], repeated: Iterable[str], seconds: float) -> None:
    """One write to the journal: the kinds of all its rows, and of those that it knew already."""
    every, again = Tally(kinds), Tally(repeated)
    GROUP_ROWS.observe(every.total())
    WRITES.observe(seconds)
    for kind, count in every.items():
        UPDATES.labels(kind, NEW).inc(count - again[kind])
        UPDATES.labels(kind, DUPLICATE).inc(again[kind])
    DEAD.labels(UNREADABLE).inc(every[UNREADABLE] - again[UNREADABLE])  # they never live


def dead(kind: str) -> None:
    """A row was set aside."""
    DEAD.labels(kind).inc()


@cache  # of InboxKind's few words; looking three series up costs more than counting in them
def _of_kind(kind: str) -> tuple[Counter, Histogram, Histogram]:
    return HANDLED.labels(kind), LAG.labels(kind), JOURNAL_LAG.labels(kind)


def handled(kind: str, at: datetime, received_at: datetime, now: datetime) -> None:
    """A journal row is done. at: when Meta says it happened, to the second."""
    count, lag, journal_lag = _of_kind(kind)
    count.inc()
    lag.observe(max(0.0, (now - at).total_seconds()))
    journal_lag.observe(max(0.0, (now - received_at).total_seconds()))


def decided(*, matched: bool) -> None:
    """The rules were asked about an event; whether one held."""
    DECISIONS.labels("matched" if matched else "unmatched").inc()


def sent(outcome: str) -> None:
    """A message was posted. outcome: one of OUTCOMES."""
    SENDS.labels(outcome).inc()
    if outcome == "unanswered":
        unknown("unanswered")


def unknown(reason: str, count: int = 1) -> None:
    """Nobody knows whether Meta has these messages. reason: `unanswered` or `sender_died`."""
    UNKNOWN.labels(reason).inc(count)


def meta_error(code: int | None, source: str, *, known: bool) -> None:
    """Meta refused something. known: whether our table of codes has it; others share a label."""
    told = "none" if code is None else str(code) if known else OTHER
    META_ERRORS.labels(told, source).inc()


@contextmanager
def calling_meta(call: str) -> Iterator[None]:
    """Time one HTTP call to Meta, whatever comes of it. call: `send`, `get` or `upload`."""
    begun = time.perf_counter()
    try:
        yield
    finally:
        META_SECONDS.labels(call).observe(time.perf_counter() - begun)


def swept(what: str, count: int) -> None:
    """A sweep found `count` of `what`, one of FOUND."""
    SWEPT.labels(what).inc(count)
