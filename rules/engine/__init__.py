"""The engine room: says which groups of a compiled set hold for an event's flat values.

Two engines answer alike: durable_rules, and plain Python where that does not build. Nothing outside
this package imports durable_rules.
"""

import importlib.util
import logging
from typing import Literal

from rules.compiler import Compiled
from rules.engine.base import Engine, EngineUnavailableError
from rules.engine.python import PythonEngine

__all__ = ["Choice", "Engine", "EngineUnavailableError", "PythonEngine", "choose"]

log = logging.getLogger(__name__)

Choice = Literal["auto", "durable", "python"]


def choose(choice: Choice, compiled: Compiled) -> Engine:
    """An engine for `compiled`; `auto` takes durable_rules wherever it is installed.

    Raises EngineUnavailableError where `durable` is asked for by name and cannot be had.
    """
    if choice == "python":
        return PythonEngine(compiled)
    try:
        return _durable(compiled)
    except EngineUnavailableError as reason:
        if choice == "durable":
            raise
        log.info("the Python engine answers", extra={"reason": str(reason)})
        return PythonEngine(compiled)


def _durable(compiled: Compiled) -> Engine:
    if importlib.util.find_spec("durable_rules_engine") is None:
        raise EngineUnavailableError(
            "durable_rules is not installed: it builds on Python 3.11 and 3.12; "
            "ENGINE=auto or ENGINE=python answers without it"
        )
    from rules.engine.durable import DurableEngine  # only where it is installed

    return DurableEngine(compiled)
