"""Figures of answering: from a webhook due to our POST at Meta's door, everything running."""

import time

from bench import cpu, load
from bench.house import SECRET, House
from bench.load import Answers
from bench.table import Table, milliseconds

ARRIVALS = 600
ARRIVALS_PER_S = 50.0
CONNECTIONS = 32
_WAIT_S = 30.0


def run(house: House, table: Table) -> None:
    """The figure, beside how long the 200 took."""
    house.start_all()
    _wait_for_workers(house)
    title = f"webhook to reply, p50 / p99, {ARRIVALS_PER_S:.0f} a second"

    def offer(number: int) -> tuple[list[float], Answers]:
        people = [f"919{number}{n:08d}" for n in range(ARRIVALS)]
        requests = [load.post(load.message_body(f"reply.{who}", who), SECRET) for who in people]
        house.meta.arrived.clear()
        begun = time.perf_counter()
        answers = load.open_loop(house.shop.web_port, requests, ARRIVALS_PER_S, CONNECTIONS)
        deadline = time.monotonic() + _WAIT_S
        while len(house.meta.arrived) < ARRIVALS and time.monotonic() < deadline:
            time.sleep(0.05)
        took = [
            house.meta.arrived[who] - (begun + n / ARRIVALS_PER_S)
            for n, who in enumerate(people)
            if who in house.meta.arrived
        ]
        return took, answers.all_good()

    try:
        quiet = cpu.quiet_rounds(offer, rounds=1)
    except cpu.NoisyError as error:
        table.refuse(title, str(error))
        return
    ((took, answers),) = quiet.rounds
    beside = f"{len(took)} of {ARRIVALS} answered; the 200 {milliseconds(answers.latencies_s)}"
    table.add(title, milliseconds(took), goal="60 / 250", beside=beside, foreign=quiet.foreign)


def _wait_for_workers(house: House) -> None:
    """Processes take seconds to start, which no message should be charged for."""
    who = "919999999999"
    load.open_loop(
        house.shop.web_port, [load.post(load.message_body("reply.first", who), SECRET)], 1.0, 1
    ).all_good()
    deadline = time.monotonic() + _WAIT_S
    while who not in house.meta.arrived:
        if time.monotonic() > deadline:
            raise TimeoutError("nobody was answered")
        time.sleep(0.05)
