"""Memory of a process that takes up one publish after the other, through both engines.

`python -m bench.publishes` publishes 1,000 versions; a test does the same with fewer.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil

from config import logs
from config import settings as config_settings
from config.settings import Settings
from demo import servers
from rules import books, publish
from rules.books import Books
from rules.event import MESSAGE, ContactFacts, Event
from store import mongo

RULES = 12
LOOK_EVERY = 10
_NOW = datetime(2026, 11, 24, tzinfo=UTC)
_PERSON = ContactFacts(attributes={"city": "Pune", "orders": 3}, segments=frozenset({"vip"}))


def files(turn: int, rules: int) -> dict[str, str]:
    """A set that differs from the one before in every part of the language that is compiled."""
    lines = ["intents:"]
    for n in range(rules):
        lines += [
            f"  i{n}:",
            f"    exact: [exactly {n} {turn}]",
            f"    words: [word{n}x{turn}, कीमत{n}x{turn}]",
            f"    phrases: ['how much {n} {turn}']",
            f"    regex: ['ord{n}-{turn}-[0-9]+']",
            f"    like: ['what is the price of number {n} in turn {turn}']",
        ]
    lines.append("rules:")
    for n in range(rules):
        when = f"{{intent: i{n}, contact.attributes.city: Pune, contact.attributes.orders: "
        when += f"{{gte: {n % 7}}}, any: [{{contact.segments: {{has: vip}}}}, {{text: t{turn}}}]}}"
        lines.append(f"  - {{rule: r{n}, when: {when}, then: [reply: 'Turn {turn}']}}")
    return {"all.yaml": "\n".join(lines) + "\n"}


def memory(settings: Settings, count: int, rules: int) -> Iterator[int]:
    """Resident bytes before the first publish and after every tenth."""
    books._LOOK_AGAIN_S = 0.0
    db = mongo.connect(settings.mongodb_uri)
    mine, me = Books(settings), psutil.Process()
    yield me.memory_info().rss
    for turn in range(1, count + 1):
        version, _ = publish.publish(db, files(turn, rules), by="bench", note="", now=_NOW)
        event = Event(id="1", name=MESSAGE, at=_NOW, text=f"word7x{turn} please")
        for book in (mine.current(db), mine.plain(db)):
            decided = book.decide(event, _PERSON, _NOW)
            assert decided.rule_version == version["_id"], decided
            assert [hit.rule for hit in decided.hits] == ["r7"], decided
        if turn % LOOK_EVERY == 0:
            yield me.memory_info().rss
    db.client.close()


def _settings(uri: str) -> Settings:
    filler = {
        name: "123456"
        for name, field in Settings.model_fields.items()
        if field.is_required() and name not in ("mongodb_uri", "redis_url")
    }
    return config_settings.load(
        _env_file=None, mongodb_uri=uri, redis_url="redis://127.0.0.1:9", **filler
    )


def main() -> None:
    """Print what each hundred publishes added; with `--json`, every figure on one line."""
    logs.configure("WARNING")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--rules", type=int, default=RULES)
    parser.add_argument("--mongodb-uri", help="where to publish; else a mongod of its own")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if asked.mongodb_uri:
        _report(asked.mongodb_uri, asked)
        return
    with tempfile.TemporaryDirectory(prefix="drumbeat-bench-") as folder:
        mongod = servers.start_mongod(Path(folder), servers.free_port(), cache_gb=1)
        try:
            uri = mongod.url.replace("/?", "/bench?")
            _report(uri, asked)
        finally:
            mongod.stop()


def _report(uri: str, asked: argparse.Namespace) -> None:
    figures = list(memory(_settings(uri), asked.count, asked.rules))
    if asked.json:
        print(json.dumps(figures))
        return
    engine = os.environ.get("ENGINE", "auto")
    print(f"resident memory over {asked.count} publishes of {asked.rules} rules (engine {engine})")
    for place, rss in enumerate(figures):
        if place % 10 == 0 or place in (1, len(figures) - 1):
            print(f"  after {place * LOOK_EVERY:5}  {rss / 2**20:7.1f} MiB")
    settled = figures[max(1, len(figures) // 5)]
    print(f"  the last against the one at a fifth: {figures[-1] / settled:.3f}")


if __name__ == "__main__":
    main()
