"""What handling events needs, and what it leaves to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from campaigns.leaving import Exits
from campaigns.triggers import Triggers
from contacts.segments import Directories, Directory
from rules.book import RuleBook
from runtime import Runtime

WAIT_FOR_RULES = timedelta(minutes=10)


@dataclass
class Work:
    """One batch of a shard's events, decided by one version of the rules.

    book None: no rules were ever published. hold: called between steps that take a while; it keeps
    the shard's lease, and raises where that is lost. wake_sender: called as soon as something is
    owed, so that whoever waits for an answer does not wait for our book-keeping too. directories:
    the process's own. book_at: the rules of an earlier version, where they can still be read.
    """

    rt: Runtime
    book: RuleBook | None
    now: datetime
    hold: Callable[[], None] = lambda: None
    wake_sender: Callable[[], None] = lambda: None
    directories: Directories = field(default_factory=Directories)
    book_at: Callable[[int], RuleBook | None] = lambda _: None
    messages_owed: bool = False
    shards: set[int] = field(default_factory=set)  # to be woken
    traces: Mapping[str, str] = field(default_factory=dict)  # {event's id: its traceparent}

    def awaits_rules(self, received_at: datetime) -> bool:
        """Whether what came then should wait for the first rules, which are about to be published;
        later it is handled without any."""
        return self.book is None and self.now - received_at < WAIT_FOR_RULES

    def send(self) -> None:
        """Have what is owed sent now."""
        if self.messages_owed:
            self.messages_owed = False
            self.wake_sender()

    @cached_property
    def live(self) -> Directory:
        """The live segments, by which a person may be in one that their row does not name."""
        return self.directories.current(self.rt.db)

    @cached_property
    def triggers(self) -> Triggers:
        """The campaigns' own triggers, read when first asked for: after the events were, so that
        a campaign started before a message came is among them."""
        return Triggers.of(self.rt.db)

    @cached_property
    def exits(self) -> Exits:
        """What ends the drips that people are in, read when first asked for."""
        return Exits.of(self.rt.db)
