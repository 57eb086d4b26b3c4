"""The figures for Prometheus: those counted in the web processes, and those the stores know."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from runtime import Runtime
from store import inbox, queue, rule_versions, senders
from store.mongo import StoreError
from store.redis import RedisDownError


def text(rt: Runtime) -> bytes:
    """Everything, in Prometheus's text format."""
    ours = CollectorRegistry()
    ours.register(_Stores(rt))
    counted = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if counted and not Path(counted).is_dir():
        return generate_latest(ours)  # somebody cleaned /tmp: the counts are gone, the rest is not
    if counted:
        MultiProcessCollector(ours)  # type: ignore[no-untyped-call]  # of all web processes
        return generate_latest(ours)
    return generate_latest(ours) + generate_latest(REGISTRY)


class _Stores(Collector):
    """What the stores know now, asked at each scrape."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt

    def collect(self) -> Iterator[Metric]:
        try:
            yield from self._of_mongo()
        except StoreError:
            yield _gauge("drumbeat_mongodb_up", "1 while MongoDB answers", 0)
        try:
            jobs = GaugeMetricFamily("drumbeat_queue_jobs", "RQ jobs waiting", labels=["queue"])
            for name, depth in queue.depth(self._rt.redis).items():
                jobs.add_metric([name], depth)
            yield jobs
            yield _gauge("drumbeat_redis_up", "1 while Redis answers", 1)
        except RedisDownError:
            yield _gauge("drumbeat_redis_up", "1 while Redis answers", 0)

    def _of_mongo(self) -> Iterator[Metric]:
        rt, now = self._rt, datetime.now(UTC)
        items = GaugeMetricFamily(
            "drumbeat_inbox_items", "Journal rows that are not done", labels=["state"]
        )
        for state, count in inbox.counts(rt.db).items():
            items.add_metric([state], count)
        oldest = inbox.oldest_waiting(rt.db)
        age = (now - oldest).total_seconds() if oldest else 0.0
        blocked = senders.blocked(senders.find(rt.db, rt.whatsapp.phone_number_id), now)
        version = rule_versions.latest_number(rt.db) or 0
        yield items
        yield _gauge("drumbeat_inbox_oldest_seconds", "Age of the row that waits longest", age)
        yield _gauge("drumbeat_sender_blocked", "1 while our number may not send", int(blocked))
        yield _gauge("drumbeat_rule_version", "The rule version that decides", version)
        yield _gauge("drumbeat_mongodb_up", "1 while MongoDB answers", 1)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)
