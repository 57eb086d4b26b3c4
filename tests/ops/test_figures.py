"""One address tells of the whole house, whoever counted, and reads no collection for it."""

import json
import multiprocessing
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from config import metrics
from config.settings import Settings
from events import drain, items
from ops import figures
from runtime import Runtime, publisher
from runtime.publisher import Publisher
from store import counters, gauges, inbox, mongo, redis
from tests.clock import NOW
from tests.events.conftest import ASHA, House, body
from webhooks.rows import of_body

Series = tuple[str, tuple[tuple[str, str], ...]]


def told(rt: Runtime) -> dict[Series, float]:
    """{(name, labels): value} of one scrape."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(figures.text(rt).decode())
        for sample in family.samples
    }


class Watch:
    """What was counted since the watch began."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._before = told(rt)

    def grew(self, name: str, **labels: str) -> float:
        series = (f"drumbeat_{name}", tuple(sorted(labels.items())))
        return told(self._rt)[series] - self._before[series]


@pytest.fixture
def watch(rt: Runtime) -> Watch:
    return Watch(rt)


def status(wamid: str, state: str) -> dict[str, object]:
    stamp = str(int(NOW.timestamp()))
    return {"id": wamid, "status": state, "timestamp": stamp, "recipient_id": ASHA}


def test_new_and_repeated_updates_are_counted_by_kind(rt: Runtime, watch: Watch) -> None:
    raw = json.dumps(body("messages", {"statuses": [status("wamid.1", "sent")]})).encode()
    more = [status("wamid.1", "sent"), status("wamid.1", "read")]
    inbox.journal(rt.db, of_body(raw, NOW))

    inbox.journal(rt.db, of_body(json.dumps(body("messages", {"statuses": more})).encode(), NOW))

    assert watch.grew("updates_total", kind="status", result="new") == 2
    assert watch.grew("updates_total", kind="status", result="duplicate") == 1
    assert watch.grew("journal_group_rows_count") == 2
    assert watch.grew("journal_group_rows_sum") == 3
    assert watch.grew("journal_write_seconds_count") == 2


def test_an_unreadable_body_is_a_dead_letter_once(rt: Runtime, watch: Watch) -> None:
    for _ in range(2):
        inbox.journal(rt.db, of_body(b"no json", NOW))

    assert watch.grew("dead_letters_total", kind="unreadable") == 1
    assert watch.grew("updates_total", kind="unreadable", result="duplicate") == 1


def test_a_message_answered_is_counted_all_the_way(house: House, watch: Watch) -> None:
    house.now += timedelta(seconds=1)
    house.says(ASHA, "price", at=NOW)

    assert watch.grew("updates_total", kind="message", result="new") == 1
    assert watch.grew("events_handled_total", kind="message") == 1
    assert watch.grew("event_lag_seconds_sum", kind="message") == pytest.approx(1)
    assert watch.grew("journal_lag_seconds_count", kind="message") == 1
    assert watch.grew("decisions_total", result="matched") == 1
    assert watch.grew("sends_total", outcome="accepted") == 1
    assert watch.grew("meta_request_seconds_count", call="send") == 1


def test_an_event_that_is_set_aside_is_counted(
    house: House, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poisoned(*_: object) -> list[str]:
        raise ZeroDivisionError

    monkeypatch.setattr(items, "said_in", poisoned)
    house.says(ASHA, "hi")
    for _ in range(drain.MAX_TRIES):
        house.drain()

    assert watch.grew("dead_letters_total", kind="message") == 1
    assert told(house.rt)["drumbeat_inbox_items", (("state", "dead"),)] == 1


def test_a_code_of_metas_is_a_label_only_where_we_know_it(rt: Runtime, watch: Watch) -> None:
    metrics.meta_error(190, metrics.ANSWER, known=True)
    metrics.meta_error(7_654_321, metrics.WEBHOOK, known=False)
    metrics.meta_error(None, metrics.ANSWER, known=False)

    assert watch.grew("meta_errors_total", code="190", source="answer") == 1
    assert watch.grew("meta_errors_total", code="other", source="webhook") == 1
    assert watch.grew("meta_errors_total", code="none", source="answer") == 1


def _elsewhere(url: str) -> None:
    """A worker on another machine."""
    metrics.sent("accepted")
    mine = Publisher(redis.connect(url), "sends")
    mine.start()
    metrics.sent("unanswered")
    mine.stop()


def test_what_another_process_counted_is_told_here(
    rt: Runtime, settings: Settings, watch: Watch
) -> None:
    worker = multiprocessing.get_context("spawn").Process(
        target=_elsewhere, args=(settings.redis_url,)
    )
    worker.start()
    worker.join(30)

    assert worker.exitcode == 0
    assert watch.grew("sends_total", outcome="accepted") == 1
    assert watch.grew("sends_unknown_total", reason="unanswered") == 1
    now = told(rt)
    assert now["drumbeat_processes", (("process", "sends"),)] == 1
    assert now["drumbeat_processes", (("process", "clock"),)] == 0
    assert now["drumbeat_heartbeat_age_seconds", (("process", "sends"),)] < 15


def test_a_wiped_redis_is_a_counter_that_starts_again(rt: Runtime) -> None:
    metrics.sent("accepted")
    assert told(rt)["drumbeat_sends_total", (("outcome", "accepted"),)] >= 1
    rt.redis.flushall()

    assert told(rt)["drumbeat_sends_total", (("outcome", "accepted"),)] == 0


def test_what_was_counted_while_redis_was_away_is_told_later(rt: Runtime, watch: Watch) -> None:
    away = Publisher(redis.connect("redis://127.0.0.1:9/0"), publisher.WEB)
    metrics.sent("refused")

    with pytest.raises(redis.RedisDownError):
        away.push()

    assert watch.grew("sends_total", outcome="refused") == 1


def test_series_of_another_version_are_left_out(rt: Runtime) -> None:
    series = publisher.series("drumbeat_of_the_future_total", {"a": "b"})
    counters.add(counters.adder(rt.redis), "web:x:1", {series: 5})

    assert b"of_the_future" not in figures.text(rt)


def test_the_bucket_is_told_and_left_as_it_is(rt: Runtime) -> None:
    assert rt.pace.standing() == (80.0, 80.0)
    rt.pace.take(60)
    tokens, per_s = rt.pace.standing()
    assert 20 <= tokens < 60
    assert per_s == 80
    rt.pace.slow_down()
    assert rt.pace.standing()[1] == 40


def _rows(count: int, state: str) -> list[dict[str, object]]:
    made = of_body(
        json.dumps(
            body("messages", {"statuses": [status(f"wamid.{n}", "sent") for n in range(count)]})
        ).encode(),
        NOW,
    )
    return [
        {**row, "state": state, "received_at": NOW + timedelta(seconds=n), "shard": n % 64}
        for n, row in enumerate(made)
    ]


def test_the_oldest_of_each_shard_is_found(db: mongo.Db) -> None:
    db.inbox.insert_many(_rows(100, "new"))

    found = gauges.oldest_by_shard(db)

    assert found == {shard: NOW + timedelta(seconds=shard) for shard in range(64)}


def test_a_scrape_reads_no_more_of_a_large_journal_than_of_a_small_one(
    rt: Runtime, db: mongo.Db
) -> None:
    """MongoDB's own count of what it looked at, over everything that a scrape asks."""
    db.inbox.insert_many(_rows(640, "new"))
    before = _examined(rt, db)
    many = _rows(6_400, "done")
    db.inbox.insert_many([{**row, "_id": f"done:{n}"} for n, row in enumerate(many)])
    db.deliveries.insert_many(
        [{"cause": str(n), "contact_id": n, "step": 0, "status": "read"} for n in range(6_400)]
    )

    assert _examined(rt, db) == before < 2_000


def _examined(rt: Runtime, db: mongo.Db) -> int:
    """How many documents MongoDB looked at for one scrape; no collection wholly."""
    db.drop_collection("system.profile")
    db.command("profile", 2)
    figures.text(rt)
    db.command("profile", 0)
    asked = list(db["system.profile"].find({"op": {"$in": ["query", "command", "getmore"]}}))
    assert not any("COLLSCAN" in one.get("planSummary", "") for one in asked), asked
    return sum(one.get("docsExamined", 0) for one in asked)


def test_a_row_of_each_shard_is_found_by_its_index(db: mongo.Db) -> None:
    db.inbox.insert_many(_rows(640, "new"))
    db.command("profile", 2)

    gauges.oldest_by_shard(db)

    db.command("profile", 0)
    (asked,) = db["system.profile"].find({"op": "command", "docsExamined": {"$gt": 0}})
    assert asked["docsExamined"] == asked["keysExamined"] == 64


def test_counting_stops_at_the_bound(db: mongo.Db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauges, "AT_MOST", 3)
    db.deliveries.insert_many(
        [{"cause": str(n), "stage": "unknown", "status_at": NOW} for n in range(5)]
    )

    assert gauges.deliveries_unknown(db) == 3


def test_sizes_are_asked_for_once_a_minute(db: mongo.Db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauges, "_known", {})
    before = gauges.sizes(db)["inbox"].rows
    db.inbox.insert_many(_rows(10, "new"))

    assert gauges.sizes(db)["inbox"].rows == before
    monkeypatch.setattr(gauges, "_FRESH_S", 0.0)
    assert gauges.sizes(db)["inbox"].rows == before + 10
