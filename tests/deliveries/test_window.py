"""Sends under way at once: one that hangs holds up no other, and none is lost."""

import subprocess
import sys
import threading
from collections import Counter
from typing import Any

from deliveries.window import SIZE, Window
from tests.deliveries.conftest import Shop
from tests.makers import make_contact
from whatsapp.client import Accepted, Outcome, Unanswered


def test_what_ends_first_comes_first() -> None:
    hanging = threading.Event()

    def call(body: dict[str, Any]) -> Outcome:
        if body["hangs"]:
            hanging.wait(10)
        return Accepted("wamid.1", None, held=False)

    window: Window[int] = Window(call)
    window.begin(1, {"hangs": True})
    window.begin(2, {"hangs": False})

    assert [number for number, _ in window.ended(5, 0.01)] == [2]
    assert (window.under_way, window.free()) == (1, SIZE - 1)
    assert window.ended(0.01, 0.01) == []
    hanging.set()
    assert [number for number, _ in window.ended(5, 0.01)] == [1]
    assert window.free() == SIZE


def test_an_error_of_our_own_is_a_doubt_and_no_hole_in_the_window() -> None:
    def call(body: dict[str, Any]) -> Outcome:
        raise RuntimeError("nobody foresaw it")

    window: Window[int] = Window(call)
    window.begin(1, {})

    [(_, outcome)] = window.ended(5, 0.01)
    assert isinstance(outcome, Unanswered)


def test_a_send_that_hangs_holds_up_no_other(shop: Shop) -> None:
    shop.faults(next=[{"kind": "timeout_before"}], hang_s=3)
    owed = [
        shop.owe(f"event:{n}", contact_id=make_contact(shop.rt.db, f"9198124{n:05d}")["_id"])
        for n in range(200)
    ]
    sending = threading.Thread(target=shop.send)
    sending.start()

    while shop.sent() < 199 and sending.is_alive():
        sending.join(0.02)

    assert sending.is_alive(), "the others were through before the one that hangs"
    sending.join()
    states = Counter(shop.row(one)["status"] for one in owed)
    assert states == {"accepted": 199, "unknown": 1}


def test_a_whole_window_fits_into_a_workers_memory() -> None:
    """Held to half of what a worker may have; with usual stacks it would take a gigabyte."""
    program = """
import resource
from deliveries.window import SIZE, Window
from whatsapp.client import Unanswered
resource.setrlimit(resource.RLIMIT_DATA, (512 * 1024 * 1024,) * 2)
window = Window(lambda body: Unanswered("none"))
for number in range(SIZE):
    window.begin(number, {})
count = 0
while window.under_way:
    count += len(window.ended(5, 0.01))
assert count == SIZE
bytearray(64 * 1024 * 1024)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
