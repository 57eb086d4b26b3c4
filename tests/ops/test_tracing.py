"""One answer is one trace, over all processes; whoever sets nothing pays nothing."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest

from config import settings as config_settings
from config import tracing
from config.settings import ROOT, Settings, SettingsError
from events import items
from events.work import Work
from store.documents.inbox import InboxItem
from tests.clock import eventually
from tests.events.conftest import ASHA, House, body
from tests.ops.conftest import Watched
from tests.ops.otlp import Collector
from webhooks import open_door
from whatsapp.signature import sign

CHAIN = {
    # what: (what it follows from, in which process)
    "webhook": ("", "drumbeat-web"),
    "journal commit": ("webhook", "drumbeat-web"),
    "event": ("webhook", "drumbeat-events"),
    "decision": ("event", "drumbeat-events"),
    "delivery owed": ("event", "drumbeat-events"),
    "gate": ("delivery owed", "drumbeat-sends"),
    "POST to Meta": ("delivery owed", "drumbeat-sends"),
}


@pytest.mark.timeout(240)
def test_a_message_answered_is_one_trace_over_all_processes(watched: Watched) -> None:
    spans = watched.of_answer()

    names = {span.span_id: span.name for span in spans.values()}
    assert {
        name: (names.get(span.parent_id, ""), span.service) for name, span in spans.items()
    } == CHAIN
    assert spans["webhook"].parent_id == ""
    assert "message" in spans["event"].attributes["kind"]
    assert "allowed" in spans["gate"].attributes["result"]
    assert "accepted" in spans["POST to Meta"].attributes["outcome"]


@pytest.mark.timeout(240)
def test_a_trace_tells_nothing_of_the_person_or_the_text(watched: Watched) -> None:
    exported = b"".join(watched.traces.bodies)

    assert exported
    for secret in (watched.person.encode(), b"price", b"wamid", b"Person"):
        assert secret not in exported
        assert base64.b64encode(secret) not in exported


@pytest.fixture
def collector() -> Iterator[Collector]:
    listening = Collector()
    yield listening
    tracing.stop()
    listening.close()


def written(house: House, wamid: str = "wamid.traced") -> None:
    """Asha's message comes through the door, and is handled and answered."""
    stamp = str(int(house.now.timestamp()))
    item = {"from": ASHA, "id": wamid, "timestamp": stamp, "type": "text"}
    message = {**item, "text": {"body": "price"}}
    raw = json.dumps(body("messages", {"messages": [message]})).encode()
    secret = house.rt.settings.app_secrets()[0]
    open_door(house.rt).take(raw, sign(raw, secret)).wait()
    house.drain()


def test_untraced_rows_and_deliveries_hold_nothing_of_it(house: House) -> None:
    written(house)

    assert house.rt.db.inbox.count_documents({"trace": {"$exists": True}}) == 0
    assert house.rt.db.deliveries.count_documents({"trace": {"$exists": True}}) == 0


def test_rows_of_before_are_handled_without_a_trace(house: House, collector: Collector) -> None:
    tracing.start(collector.url, "events")

    house.says(ASHA, "price")  # journaled past the door, as by a process that does not trace
    tracing.stop()

    assert house.texts() == ["price_list"]
    assert collector.spans == []


def test_a_malformed_traceparent_is_passed_over(house: House, collector: Collector) -> None:
    tracing.start(collector.url, "events")

    assert tracing.begin("event", "00-nonsense") is None
    assert tracing.record("gate", "", tracing.clock()) is None


def test_a_batch_that_raises_says_so_and_its_repeat_is_in_the_same_trace(
    house: House, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracing.start(collector.url, "events")
    real = items.said_in
    raised: list[Sequence[InboxItem]] = []

    def raises_once(work: Work, rows: Sequence[InboxItem]) -> list[str]:
        if not raised:
            raised.append(rows)
            raise ZeroDivisionError
        return real(work, rows)

    monkeypatch.setattr(items, "said_in", raises_once)
    written(house)
    tracing.stop()

    events = eventually(lambda: [s for s in collector.spans if s.name == "event"])
    assert {"true" in one.attributes.get("raised", "") for one in events} == {True, False}
    assert len({one.trace_id for one in events}) == 1


def test_a_sampler_that_takes_nothing_exports_nothing(
    house: House, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    tracing.start(collector.url, "events")

    written(house)
    tracing.stop()

    assert house.texts() == ["price_list"]
    assert collector.spans == []


def test_a_collector_that_is_away_holds_nothing_up(house: House, collector: Collector) -> None:
    tracing.start("http://127.0.0.1:9", "events")

    written(house)

    assert house.texts() == ["price_list"]


def test_without_the_setting_nothing_that_traces_is_imported() -> None:
    """redis-py imports OpenTelemetry's metrics by itself, wherever they are installed."""
    code = (
        "import sys, app, workers.jobs, workers.worker, workers.clock, server.front\n"
        "from config import tracing\n"
        "tracing.start(None, 'web')\n"
        "assert tracing.root('webhook') is None\n"
        "assert tracing.record('gate', '00-' + 'a'*32 + '-' + 'b'*16 + '-01', 0) is None\n"
        "tracing_parts = ('opentelemetry.sdk.trace', 'opentelemetry.exporter', 'google.protobuf')\n"
        "print([name for name in sys.modules if name.startswith(tracing_parts)])"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ran.stdout == "[]\n", ran.stderr


def test_the_endpoint_is_an_address(settings: Settings) -> None:
    given = {name: getattr(settings, name) for name in Settings.model_fields}

    assert settings.otel_exporter_otlp_endpoint is None
    with pytest.raises(SettingsError, match="OTEL_EXPORTER_OTLP_ENDPOINT"):
        config_settings.load(
            _env_file=None, **{**given, "otel_exporter_otlp_endpoint": "localhost:4318"}
        )
