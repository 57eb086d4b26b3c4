"""Structured logs: one JSON object a line, with ids and never a secret, a number or a text.

What may be logged is a list of allowed keys, not a list of forbidden ones: a new field that
nobody thought about stays out. A wamid is not on the list, and is masked wherever else it stands:
it carries the phone number in base64.
"""

import hashlib
import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from typing import Any

import structlog

ALLOWED = frozenset(
    {
        "action", "address", "attempt", "batch", "campaign", "code", "collection", "contact_id",
        "count", "delivery_id", "duplicates", "due", "duration_ms", "engine", "error", "event",
        "event_id", "exc_info", "exception", "field", "fire_id", "job_id", "kind", "level",
        "limit", "logger", "method", "name", "path", "pid", "queue", "reason", "request_id",
        "retry_in_s", "rule", "rule_version", "run_id", "shard", "state", "status", "step",
        "stream", "timestamp", "tries", "user", "version", "worker",
    }
)  # fmt: skip
_DIGITS = re.compile(r"\+?\d{8,}")
_WRITTEN = re.compile(r"\+\d[\d ().-]{6,}\d")  # as people write it
_WAMID = re.compile(r"wamid\.[\w+/=-]+")
_MASKED = {"error", "event", "exception", "reason", "path"}


def _only_allowed(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key in [key for key in event if key not in ALLOWED]:
        del event[key]
    return event


def _mask_numbers(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Free text, an exception's above all, may quote a phone number; ids have their own fields."""
    for key, value in event.items():
        if not isinstance(value, int | float | None):
            event[key] = _WAMID.sub("[wamid]", str(value))
    for key in _MASKED & event.keys():
        event[key] = _DIGITS.sub("[number]", _WRITTEN.sub("[number]", str(event[key])))
    return event


def _frames_alone(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """An exception as its type and where it was raised. Its words stay out: they quote values."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[0] is not None:
        frames = traceback.format_tb(info[2])
        event["exception"] = "".join([*frames[-12:], info[0].__name__])
    return event


def configure(level: str = "INFO") -> None:
    """Send structlog's and the standard library's records to standard error as JSON lines."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _frames_alone,
                _only_allowed,
                _mask_numbers,
                structlog.processors.JSONRenderer(ensure_ascii=True),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # These speak of every request or command at INFO, urllib3 with the URL in it.
    for noisy in ("urllib3", "pymongo", "werkzeug", "rq"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def about(**ids: str) -> AbstractContextManager[None]:
    """Every line logged within says what it is about: `with logs.about(contact_id=…):`."""
    return structlog.contextvars.bound_contextvars(**ids)


def short(identity: str) -> str:
    """A stand-in for an id that may carry a phone number: the same id gives the same 12 letters."""
    return hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:12]


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger for module `name`; events are fixed sentences, facts go into allowed keys."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
