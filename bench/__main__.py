"""`make bench`: the table of figures, each beside a baseline of the same rounds.

`python -m bench accept reply` runs some groups alone. Machines are shared: a round in which other
processes took more than a tenth of the processor is thrown away, and a figure without an
undisturbed round is refused. Read the ratios all the same.
"""

import argparse
import os
import sys
from collections.abc import Callable

from bench import (
    accept,
    campaign,
    closed,
    contacts,
    events,
    fires,
    memory,
    reply,
    reports,
    rules,
    waiting,
)
from bench.house import House
from bench.table import Table

# Each wants web running and says what else it needs. Those that start more come later.
GROUPS: dict[str, Callable[[House, Table], None]] = {
    "accept": accept.run,
    "events": events.run,
    "reply": reply.run,
    "waiting": waiting.run,
    "memory": memory.run,
}
RULES = "rules"  # measures no processes, and prints a table of its own
CAMPAIGN = "campaign"  # starts its own stores, and prints a table of its own
CLOSED = "closed"  # likewise
CONTACTS = "contacts"  # likewise
FIRES = "fires"  # likewise
REPORTS = "reports"  # likewise


def main() -> None:
    """Run the groups that are named, all where none is, and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [*GROUPS, RULES, CAMPAIGN, CLOSED, CONTACTS, FIRES, REPORTS]
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(names))
    chosen = parser.parse_args().groups or names
    unknown = sorted(set(chosen) - set(names))
    if unknown:
        parser.error(f"no group {', '.join(unknown)}; there are {', '.join(names)}")
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}", flush=True)
    measured = [name for name in GROUPS if name in chosen]
    if measured:
        table = Table()
        with House() as house:
            for name in measured:
                print(f"measuring {name} …", flush=True)
                GROUPS[name](house, table)
        table.show()
    if RULES in chosen:
        print()
        rules.table()
    if CAMPAIGN in chosen:
        print()
        campaign.main([])
    if CLOSED in chosen:
        print()
        closed.main([])
    if CONTACTS in chosen:
        print()
        contacts.main([])
    if FIRES in chosen:
        print()
        fires.main([])
    if REPORTS in chosen:
        print()
        reports.main([])


if __name__ == "__main__":
    main()
