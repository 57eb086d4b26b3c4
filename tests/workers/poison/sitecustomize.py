"""On the path of a worker under test: what an event can do to its process at its worst."""

import ctypes
import importlib.util
import os
import signal
from collections.abc import Mapping, Sequence
from typing import Any

from events import messages
from events.messages import Heard
from events.work import Work

_handle = messages.handle


def _poisoned(work: Work, heard: Sequence[Heard]) -> list[str]:
    for one in heard:
        text = one.message.text
        if text == "poison: hang":
            ctypes.PyDLL(None).sleep(600)  # as an engine in C that never lets the interpreter go
        elif text == "poison: crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        elif text == "poison: eat":
            eaten = []
            while True:
                eaten.append(bytearray(1 << 24))
        elif text == "poison: raise":
            raise ZeroDivisionError
    return _handle(work, heard)


messages.handle = _poisoned


if importlib.util.find_spec("durable_rules_engine"):
    from rules.engine import chamber

    _ask = chamber._ask

    def _crashing(handle: Any, fact: Mapping[str, Any]) -> list[str]:
        """The rule engine's C code dies of one message; the Python engine would not."""
        if "t:poison engine" in fact.values():
            os.kill(os.getpid(), signal.SIGSEGV)
        return _ask(handle, fact)

    chamber._ask = _crashing
