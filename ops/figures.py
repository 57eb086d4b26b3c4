"""The figures for Prometheus: what all processes counted, and what the stores know now.

Any web process tells of the whole house, so one address is scraped, whatever the number of
processes and hosts. A scrape reads no collection: bounded counts by an index, and kept counts.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from config import clock, metrics
from runtime import Runtime, publisher
from runtime.publisher import Publisher
from store import counters, gauges, inbox, queue, rule_versions, senders
from store.documents.inbox import InboxKind
from store.mongo import StoreError
from store.redis import RedisDownError
from whatsapp import errors

# A process that told nothing of itself for so long is counted as gone.
GONE_AFTER_S = 15.0
Tell = Callable[[Runtime], Iterator[Metric]]

metrics.prepare((kind.value for kind in InboxKind), errors.codes())


def text(rt: Runtime) -> bytes:
    """Everything, in Prometheus's text format. What a store does not tell now is left out."""
    registry = CollectorRegistry()
    registry.register(_House(rt))
    return generate_latest(registry)


class _House(Collector):
    """Asked at each scrape."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt

    def collect(self) -> Iterator[Metric]:
        yield from self._told_by("mongodb", of_mongo, StoreError)
        yield from self._told_by("redis", of_redis, RedisDownError)

    def _told_by(self, store: str, tell: Tell, away: type[Exception]) -> Iterator[Metric]:
        try:
            told, up = list(tell(self._rt)), 1
        except away:
            told, up = [], 0
        yield from told
        yield _gauge(f"{store}_up", f"1 while {store} answers", up)


def of_redis(rt: Runtime) -> Iterator[Metric]:
    """What all processes counted, which of them live, and what waits. Raises RedisDownError."""
    Publisher(rt.redis, publisher.WEB).push()  # this process's own, up to this moment
    standing = counters.standing(rt.redis)
    yield from _counts(standing.counts)
    yield from _processes(standing.seen)
    yield _labelled("queue_jobs", "RQ jobs waiting", "queue", queue.depth(rt.redis))
    yield _gauge("shards_waiting", "Shards woken and not yet taken", queue.shards_waiting(rt.redis))
    tokens, per_s = rt.pace.standing()
    yield _gauge("pace_tokens", "Messages that may be sent at once", tokens)
    yield _gauge("pace_per_second", "Messages that may be sent a second, now", per_s)


def _counts(told: Mapping[str, float]) -> Iterator[Metric]:
    """Every series of ours, those of nought too; what another version told besides is left out."""
    samples: dict[str, dict[str, float]] = defaultdict(dict)
    families = list(metrics.REGISTRY.collect())
    owner = {name: family.name for family in families for name in _names(family)}
    for family in families:
        for sample in family.samples:
            samples[family.name][publisher.series(sample.name, sample.labels)] = 0.0
    for field, value in told.items():
        name, _ = publisher.sample_of(field)
        if name in owner:
            samples[owner[name]][field] = value
    for family in families:
        family.samples = []
        for field, value in samples[family.name].items():
            family.add_sample(*publisher.sample_of(field), value)
        yield family


def _names(family: Metric) -> Iterator[str]:
    """The names its samples may bear."""
    if family.type == "counter":
        yield f"{family.name}_total"
    else:
        yield from (f"{family.name}_{end}" for end in ("bucket", "sum", "count"))


def _processes(seen: Mapping[str, float]) -> Iterator[Metric]:
    alive = dict.fromkeys(publisher.KINDS, 0)
    youngest: dict[str, float] = {}
    for process, age in seen.items():
        kind = publisher.kind_of(process)
        if kind in alive:
            alive[kind] += age <= GONE_AFTER_S
            youngest[kind] = min(age, youngest.get(kind, age))
    yield _labelled("processes", "Processes that live", "process", alive)
    words = "Since a process of this kind last told of itself; for an hour"
    yield _labelled("heartbeat_age_seconds", words, "process", youngest)


def of_mongo(rt: Runtime) -> Iterator[Metric]:
    """What waits, what is in doubt, and how large it all is. Raises StoreError."""
    db, now = rt.db, clock.now()
    most = f"up to {gauges.AT_MOST}"
    yield _labelled("inbox_items", f"Rows not done, {most}", "state", inbox.counts(db))
    oldest = gauges.oldest_by_shard(db)
    ages = {
        str(shard): max(0.0, (now - oldest[shard]).total_seconds()) if shard in oldest else 0.0
        for shard in range(inbox.SHARDS)
    }
    yield _labelled("oldest_event_seconds", "Age of the row that waits longest", "shard", ages)
    due = gauges.deliveries_due(db, now)
    yield _gauge("deliveries_due", f"Messages that should be on their way, {most}", due)
    unknown = gauges.deliveries_unknown(db)
    yield _gauge("deliveries_unknown", f"Messages whose end nobody knows, {most}", unknown)
    yield _gauge("fires_due", f"Fires that are due, {most}", gauges.fires_due(db, now))
    blocked = senders.blocked(senders.find(db, rt.whatsapp.phone_number_id), now)
    yield _gauge("sender_blocked", "1 while our number may not send", int(blocked))
    version = rule_versions.latest_number(db) or 0
    yield _gauge("rule_version", "The rule version that was published last", version)
    sizes = gauges.sizes(db)
    rows = {name: size.rows for name, size in sizes.items()}
    bytes_ = {name: size.bytes for name, size in sizes.items()}
    yield _labelled("collection_rows", "Rows, as MongoDB books them", "collection", rows)
    yield _labelled("collection_bytes", "On the disk, with indexes", "collection", bytes_)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"drumbeat_{name}", words, value=value)


def _labelled(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"drumbeat_{name}", words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
