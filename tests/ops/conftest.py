"""What watches over us looks at a house in which events are handled, and at a whole shop."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from runtime import publisher
from tests.chaos.shop import Shop
from tests.clock import eventually
from tests.events.conftest import house
from tests.ops.otlp import Collector, Seen

__all__ = ["house"]


@dataclass(frozen=True, slots=True)
class Watched:
    """What a shop told after it had answered one person. person: who that was."""

    person: str
    metrics: str
    traces: Collector

    def of_answer(self) -> dict[str, Seen]:
        """{name: span} of the trace in which something was posted to Meta; empty until it is
        there."""
        posted = [span.trace_id for span in self.traces.spans if span.name == "POST to Meta"]
        return {s.name: s for s in list(self.traces.spans) if posted and s.trace_id == posted[0]}


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A whole shop, traced, whose Asha wrote and was answered."""
    traces = Collector()
    shop = Shop(Path(tmp_path_factory.mktemp("watched")))
    shop.more = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": traces.url,
        "OTEL_BSP_SCHEDULE_DELAY": "200",  # milliseconds; the SDK's own variable
    }
    try:
        shop.open()
        assert shop.stack is not None
        person = shop.people()[0]
        shop.write(person, "price")
        url = f"{shop.stack.url}/metrics"

        def worked() -> str | None:
            text = requests.get(url, timeout=10).text
            handled = re.search(r'events_handled_total\{kind="message"\} [1-9]', text)
            sent = re.search(r'sends_total\{outcome="accepted"\} [1-9]', text)
            alive = re.findall(r'drumbeat_processes\{process="(\w+)"\} [1-9]', text)
            swept = re.search(r"drumbeat_sweeps_total [1-9]", text)
            return (
                text if handled and sent and swept and len(alive) == len(publisher.KINDS) else None
            )

        text = eventually(worked, within_s=30, what="that every kind of process tells")
        assert text is not None
        seen = Watched(person, text, traces)
        eventually(lambda: len(seen.of_answer()) >= 7, within_s=30, what="the whole trace")
        yield seen
    finally:
        shop.close()
        traces.close()
