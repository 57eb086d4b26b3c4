"""The parts of one simulator, put together: world, faults, agenda, dispatcher and memory."""

import random
import time
from dataclasses import dataclass, field
from typing import Any

from simulator.agenda import Agenda
from simulator.dispatcher import Dispatcher
from simulator.envelopes import Change
from simulator.faults import Dice, Faults
from simulator.memory import Memory
from simulator.settings import Config, Settings
from simulator.world import World


@dataclass
class Machine:
    """Passed to everything that acts. `start` once, `stop` once."""

    config: Config
    world: World
    agenda: Agenda
    dispatcher: Dispatcher
    memory: Memory | None
    dice: Dice = field(default_factory=Dice)
    rng: random.Random = field(default_factory=random.Random)
    stopping: bool = False

    @property
    def settings(self) -> Settings:
        return self.world.settings

    def now(self) -> float:
        return self.config.clock()

    def start(self) -> None:
        self.agenda.start()
        self.dispatcher.start()
        if self.memory:
            self.memory.start(self.world)

    def stop(self) -> None:
        """End every thread and write what is not written yet."""
        self.stopping = True
        with self.world.changed:
            self.world.changed.notify_all()
        self.agenda.stop()
        self.dispatcher.stop()
        if self.memory:
            self.memory.close()

    def latency_s(self) -> float:
        shortest, longest = self.settings.latency_ms
        return self.rng.uniform(shortest, longest) / 1000

    def report(self, change: Change) -> None:
        """Send one webhook, now or, while shuffling, somewhen in the next moments."""
        if not self.settings.shuffle:
            self.dispatcher.push(change)
            return
        longest = max(self.settings.latency_ms[1] / 1000, 0.05)
        self.agenda.after(self.rng.uniform(0, 3 * longest), lambda: self.dispatcher.push(change))

    def reset(self) -> None:
        """Forget conversations, people, faults and whatever was on its way. Settings stay."""
        self.agenda.clear()
        self.dispatcher.clear()
        self.dice.replace(Faults())
        self.world.clear()
        if self.memory:
            self.memory.forget()

    def idle(self) -> dict[str, Any]:
        """Whether everything that will happen by itself has happened."""
        waiting, unacknowledged = len(self.agenda), self.dispatcher.pending
        return {
            "idle": waiting == 0 and unacknowledged == 0,
            "waiting": waiting,
            "unacknowledged": unacknowledged,
        }

    def wait_idle(self, timeout_s: float) -> bool:
        """Wait until `idle`; say whether it came."""
        until = time.monotonic() + timeout_s
        while not self.idle()["idle"]:
            if time.monotonic() > until:
                return False
            time.sleep(0.005)
        return True


def build(config: Config) -> Machine:
    """Put a simulator together, with what `config.data` remembers; starts nothing."""
    world = World(config)
    agenda = Agenda()
    dispatcher = Dispatcher(config, lambda: world.settings, agenda)
    memory = Memory(config.data) if config.data else None
    machine = Machine(config, world, agenda, dispatcher, memory, rng=random.Random(config.seed))
    if memory:
        memory.load(world)
    return machine
