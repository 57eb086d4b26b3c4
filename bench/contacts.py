"""Contacts in figures: a file imported beside bare upserts of the same people, and people counted.

python -m bench.contacts [--people N]
"""

import argparse
import multiprocessing
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from pymongo import UpdateOne

from config import settings as config_settings
from contacts import audience, importer
from contacts.audience import Audience
from contacts.filters.read import read
from contacts.rows import FileKind
from demo import servers
from store import indexes, migrations, mongo

GOAL = 1 / 3
CHUNK_BYTES = 256 * 1024
COLUMNS = (
    "phone,name,language,timezone,segments,opted_in,"
    "attributes.city,attributes.orders,attributes.vip,attributes.born"
)
FILTERS: list[dict[str, Any]] = [
    {"attributes.city": {"in": ["Pune", "Nashik"]}, "attributes.orders": {"gte": 18}},
    {"attributes.born": "1990-05-15"},
    {"segments": {"has": "regulars"}, "attributes.vip": True},
    {"attributes.city": {"ne": "Pune"}, "segments": {"lacks": "regulars"}},
    {"campaign.diwali_offer": {"read": {"within": "30d"}}},
    {"campaign.diwali_offer": {"lacks": "read", "within": "30d"}},
]


def main(arguments: list[str] | None = None) -> None:
    """Run everything and print the figures."""
    parser = argparse.ArgumentParser(prog="bench.contacts", description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    people: int = parser.parse_args(arguments).people
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drumbeat-bench-")))
        mongod = servers.start_mongod(folder / "mongodb", servers.free_port(), cache_gb=1)
        stack.callback(mongod.stop)
        url = mongod.url.replace("/?", "/bench?")
        db = mongo.connect(url)
        stack.callback(db.client.close)
        migrations.migrate(db, config_settings.load(_env_file=None, **environment(url)), _now())
        small = _import(url, _file(folder, people // 10))
        db.contacts.delete_many({})
        large = _import(url, _file(folder, people))
        again = _import(url, folder / f"{people}.csv")
        _told(db, people, small, large, again)
        _count(db, people)


def environment(url: str) -> dict[str, str]:
    """The settings that a migration asks for."""
    return {
        "mongodb_uri": url,
        "redis_url": "redis://127.0.0.1:1/0",
        "whatsapp_access_token": "bench-token",
        "whatsapp_phone_number_id": "106540352242922",
        "whatsapp_business_account_id": "102290129340398",
        "whatsapp_app_secret": "bench-app-secret",
        "whatsapp_verify_token": "bench-verify",
        "api_token": "bench-api-token-0123456789",
        "secret_key": "bench-secret-key-0123456789",
    }


def _now() -> datetime:
    return datetime.now(UTC)


def _file(folder: Path, people: int) -> Path:
    """A file of so many people, the same each time."""
    dice = random.Random(people)
    file = folder / f"{people}.csv"
    with file.open("w", encoding="utf-8") as opened:
        opened.write(f"{COLUMNS}\n")
        for number in range(people):
            city = dice.choice(("Pune", "Mumbai", "Delhi", "Nashik", "Chennai"))
            born = f"{dice.randrange(1950, 2008)}-{dice.randrange(1, 13):02}-15"
            segments = "vip;regulars" if number % 50 == 0 else "vip"
            opened.write(
                f"+9198{number:08},Person {number},hi,Asia/Kolkata,{segments},yes,"
                f"{city},{dice.randrange(20)},{str(number % 5 == 0).lower()},{born}\n"
            )
    return file


def _import(url: str, file: Path) -> dict[str, Any]:
    """Import in a process of its own, whose memory is its own."""
    context = multiprocessing.get_context("spawn")
    found = context.SimpleQueue()
    process = context.Process(target=_imported, args=(url, file, found))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit("the import failed")
    figures: dict[str, Any] = found.get()
    return figures


def _imported(url: str, file: Path, found: Any) -> None:
    db = mongo.connect(url)
    mongo.ping(db)
    began, cpu = time.perf_counter(), time.process_time()
    report = importer.run(
        db, _chunks(file), FileKind.CSV, default_country="IN", evidence=file.name, now=_now()
    )
    took = time.perf_counter() - began
    rows = report.created + report.updated + report.unchanged
    assert report.rejected_total == 0
    found.put(
        {
            "per_s": rows / took,
            "cpu_ms": (time.process_time() - cpu) * 1000 / rows,
            "peak_mb": _peak_mb(),
            "changed": report.created + report.updated,
        }
    )


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK_BYTES):
            yield chunk


def _peak_mb() -> float:
    """Of this process since it was made; `ru_maxrss` would count its parent's too."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _told(db: mongo.Db, people: int, *runs: dict[str, Any]) -> None:
    small, large, again = runs
    bare = _bare(db, with_indexes=False)
    alike = _bare(db, with_indexes=True)
    ratio = large["per_s"] / bare
    print(f"a file of {people:,} people imported (rows a second)")
    _line("import", f"{large['per_s']:,.0f}", f"{large['cpu_ms']:.3f} CPU ms each")
    _line("bare upserts", f"{bare:,.0f}", "the same documents, a unique index on the number")
    _line("the same, indexed", f"{alike:,.0f}", "with the indexes that filters need")
    _line("ratio", f"{ratio:.2f}", f"of the bare upserts; goal {GOAL:.2f}")
    _line("", f"{large['per_s'] / alike:.2f}", "of those with the same indexes")
    _line("once more", f"{again['per_s']:,.0f}", f"{again['changed']} changed")
    _line("peak memory", f"{large['peak_mb']:,.0f}", "MB")
    _line("", f"{small['peak_mb']:,.0f}", f"MB for {people // 10:,}")


def _bare(db: mongo.Db, *, with_indexes: bool) -> float:
    """Upserts a second of the same people by pymongo alone, writing acknowledged as ours is."""
    db.drop_collection("bare")
    for index in indexes.wanted(indexes.Keeping(30)):
        if index.collection == "contacts" and (with_indexes or index.name == "wa_id_1"):
            options = {key: value for key, value in index.options.items() if key != "name"}
            db.bare.create_index(index.keys, name=index.name, **options)
    everybody, took, count = db.contacts.find({}, {"_id": 0}), 0.0, 0
    while batch := list(islice(everybody, importer.BATCH)):
        began = time.perf_counter()
        db.bare.bulk_write(
            [UpdateOne({"wa_id": one["wa_id"]}, {"$set": one}, upsert=True) for one in batch],
            ordered=False,
        )
        took += time.perf_counter() - began
        count += len(batch)
    db.drop_collection("bare")
    return count / took


def _count(db: mongo.Db, people: int) -> None:
    """How long it takes to count a live segment. A tenth of the people read the campaign."""
    read_it = {"had": ["diwali_offer"], "did": {"diwali_offer": {"read": _now()}}}
    everybody = db.contacts.find({}, {"_id": 1})
    some = [row["_id"] for place, row in enumerate(everybody) if place % 10 == 0]
    while some:
        batch, some = some[:1000], some[1000:]
        db.contacts.update_many({"_id": {"$in": batch}}, {"$set": read_it})
    print(f"\na live segment of {people:,} people counted (ms, best of three)")
    for written in FILTERS:
        meant = Audience(where=read(written))
        took = []
        for _ in range(3):
            began = time.perf_counter()
            count = audience.count(db, meant, _now())
            took.append((time.perf_counter() - began) * 1000)
        _line(f"{count:,}", f"{min(took):,.1f}", meant.words())


def _line(name: str, figure: str, words: str) -> None:
    print(f"  {name:<17} {figure:>8}   {words}")


if __name__ == "__main__":
    main()
