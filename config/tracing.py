"""One trace from a webhook to the message that answers it, where somebody wants traces.

Without a setting nothing that traces is even imported, and each call here returns at once. A
trace goes from process to process as W3C's `traceparent`, kept on the journal row and on the
delivery. Attributes are kinds, counts and codes: never a number, a text or an id of Meta's.
Source: https://www.w3.org/TR/trace-context/#traceparent-header
"""

import os
import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span as OtelSpan
    from opentelemetry.trace import Tracer

Value = str | int | bool
_TRACEPARENT = re.compile("00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_NAMED_BY_ITSELF = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

_provider: "TracerProvider | None" = None
_tracer: "Tracer | None" = None
_current: ContextVar[str | None] = ContextVar("drumbeat_trace", default=None)


def start(endpoint: str | None, kind: str) -> None:
    """Trace this process from now on, after any fork; not at all where `endpoint` is None.

    endpoint: where OTLP is spoken over HTTP, without `/v1/traces`. kind: what the process does. The
    SDK reads its own variables besides: samplers, headers, batches, OTEL_SERVICE_NAME.
    """
    global _provider, _tracer  # noqa: PLW0603  # one a process, as the SDK's own is
    if endpoint is None:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    read_by_the_sdk = any(os.environ.get(name) for name in _NAMED_BY_ITSELF)
    given = None if read_by_the_sdk else f"{endpoint.rstrip('/')}/v1/traces"
    name = os.environ.get("OTEL_SERVICE_NAME") or f"drumbeat-{kind}"
    _provider = TracerProvider(resource=Resource.create({"service.name": name}))
    _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=given)))
    _tracer = _provider.get_tracer("drumbeat")


def stop() -> None:
    """Send what is left, and trace no more."""
    global _provider, _tracer  # noqa: PLW0603  # as above
    if _provider is not None:
        _provider.shutdown()
    _provider = _tracer = None


def on() -> bool:
    """Whether this process traces."""
    return _tracer is not None


class Span:
    """Something that goes on. traceparent: for what follows from it, in any process."""

    def __init__(self, span: "OtelSpan") -> None:
        self._span = span
        context = span.get_span_context()
        self.traceparent = (
            f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
        )

    def end(self, **attributes: Value) -> None:
        """It is over."""
        self._span.set_attributes(attributes)
        self._span.end()


def root(name: str, **attributes: Value) -> Span | None:
    """A trace begins; None where nobody traces."""
    if _tracer is None:
        return None
    return Span(_tracer.start_span(name, attributes=attributes))


def begin(name: str, parent: str | None, **attributes: Value) -> Span | None:
    """Something begins that follows from `parent`, a traceparent; None where nothing is traced."""
    if _tracer is None or (above := _context(parent)) is None:
        return None
    return Span(_tracer.start_span(name, context=above, attributes=attributes))


def record(name: str, parent: str | None, begun_ns: int, **attributes: Value) -> str | None:
    """Something is over that began at `begun_ns`; its traceparent, None where nothing is traced."""
    if _tracer is None or (above := _context(parent)) is None:
        return None
    span = Span(_tracer.start_span(name, context=above, start_time=begun_ns, attributes=attributes))
    span.end()
    return span.traceparent


def clock() -> int:
    """Now, as `record` wants it."""
    return time.time_ns()


def within(traceparent: str | None) -> AbstractContextManager[None]:
    """What is done within follows from `traceparent`: `current` says so."""
    return nullcontext() if traceparent is None else _set(traceparent)


@contextmanager
def _set(traceparent: str) -> Iterator[None]:
    token = _current.set(traceparent)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> str | None:
    """From what follows what is done now; None where nothing is traced."""
    return _current.get()


def _context(traceparent: str | None) -> "Context | None":
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if found is None:
        return None
    from opentelemetry import trace

    context = trace.SpanContext(
        trace_id=int(found[1], 16),
        span_id=int(found[2], 16),
        is_remote=True,
        trace_flags=trace.TraceFlags(int(found[3], 16)),
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(context))
