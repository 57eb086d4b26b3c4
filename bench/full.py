"""A campaign at full size: a file imported, a live segment counted, previewed, launched, each in a
process of its own, whose memory is its own. What a person costs, and the memory, must stay the same
from the smallest size to the largest.

python -m bench.full [--sizes 10000,100000,1000000]
"""

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

import runtime
from bench import campaign, contacts
from campaigns import launch, life, preview, service, templates
from config import settings as config_settings
from contacts import audience, importer, segments
from contacts.audience import Audience
from contacts.filters.read import read
from contacts.rows import FileKind
from demo import servers
from runtime import Runtime
from simulator.templates import samples
from store import migrations, mongo
from store import templates as kept_templates
from store.documents.segment import SegmentKind

SIZES = (10_000, 100_000, 1_000_000)
# Within this of the smallest size's figure, a cost or a memory counts as the same.
ALIKE = 1.25
_FILTER = {"attributes.city": {"in": ["Pune", "Nashik"]}, "segments": {"has": "vip"}}
_OFFER: dict[str, Any] = {**campaign.CAMPAIGN, "audience": {"segments": ["vip"]}}
_PATIENCE_S = 600.0


def main(arguments: list[str] | None = None) -> None:
    """Run every size on stores of its own, and print one table."""
    parser = argparse.ArgumentParser(prog="bench.full", description=__doc__)
    parser.add_argument("--sizes", default=",".join(str(size) for size in SIZES))
    sizes = [int(text) for text in parser.parse_args(arguments).sizes.split(",")]
    found = {size: _measured(size) for size in sizes}
    for step in STEPS:
        print(f"{step}")
        for size in sizes:
            one = found[size][step]
            print(
                f"  {size:>9,} people  {one['per_s']:>10,.0f} a second   "
                f"{one['cpu_ms']:.3f} CPU ms each, mongod {one['mongod_ms']:.3f}   "
                f"peak {one['peak_mb']:.0f} MB"
            )
        _flat(step, found[sizes[0]][step], found[sizes[-1]][step])


def _flat(step: str, first: dict[str, float], last: dict[str, float]) -> None:
    for what in ("cpu_ms", "peak_mb"):
        if step == "count" and what == "cpu_ms":
            continue  # all of it is MongoDB's
        ratio = last[what] / first[what] if first[what] else 1.0
        verdict = "the same" if ratio <= ALIKE else f"grows; goal {ALIKE:.2f}"
        name = what.replace("_", " ")
        print(f"  {'ratio':>9} of {name}, largest to smallest: {ratio:.2f} ({verdict})")


def _measured(size: int) -> dict[str, dict[str, float]]:
    """{step: its figures} for so many people."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drumbeat-bench-")))
        mongod = servers.start_mongod(folder / "mongodb", servers.free_port(), cache_gb=1)
        stack.callback(mongod.stop)
        env = contacts.environment(mongod.url.replace("/?", "/bench?"))
        rt = _runtime(env)
        stack.callback(rt.db.client.close)
        migrations.migrate(rt.db, rt.settings, _now())
        kept_templates.replace_all(rt.db, [templates._document(row, _now()) for row in samples()])
        file = contacts._file(folder, size)
        return {name: _alone(env, name, size, str(file), mongod.process.pid) for name in STEPS}


def _alone(env: dict[str, str], step: str, size: int, file: str, pid: int) -> dict[str, float]:
    """One step in a process of its own."""
    print(f"{step} of {size:,} …", flush=True)
    context = multiprocessing.get_context("spawn")
    found = context.SimpleQueue()
    process = context.Process(target=_run, args=(env, step, size, file, pid, found))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"the {step} failed")
    figures: dict[str, float] = found.get()
    return figures


def _run(env: dict[str, str], step: str, size: int, file: str, pid: int, found: Any) -> None:
    rt = _runtime(env)
    mongo.ping(rt.db)
    began, cpu, store = time.perf_counter(), time.process_time(), _cpu_of(pid)
    with mongo.patience(_PATIENCE_S):
        STEPS[step](rt, Path(file), size)
    took = time.perf_counter() - began
    found.put(
        {
            "per_s": size / took,
            "cpu_ms": (time.process_time() - cpu) * 1000 / size,
            "mongod_ms": (_cpu_of(pid) - store) * 1000 / size,
            "peak_mb": contacts._peak_mb(),
        }
    )


def _import(rt: Runtime, file: Path, size: int) -> None:
    report = importer.run(
        rt.db, contacts._chunks(file), FileKind.CSV,
        default_country="IN", evidence=file.name, now=_now(),
    )  # fmt: skip
    assert report.created == size


def _count(rt: Runtime, _file: Path, _size: int) -> None:
    segments.describe(rt.db, "near", SegmentKind.LIVE, read(_FILTER), _now())
    assert audience.count(rt.db, Audience(segments=("near",)), _now())


def _preview(rt: Runtime, _file: Path, size: int) -> None:
    service.define(rt.db, "bench", _OFFER, "bench", _now())
    assert preview.of(rt, "bench", _now()).messages == size


def _launch(rt: Runtime, _file: Path, size: int) -> None:
    life.start(rt.db, "bench", "bench", _now())
    assert launch.launch_due(rt, _now) == size


STEPS: dict[str, Callable[[Runtime, Path, int], None]] = {
    "import": _import,
    "count": _count,
    "preview": _preview,
    "launch": _launch,
}


def _runtime(env: dict[str, str]) -> Runtime:
    return runtime.build(config_settings.load(_env_file=None, **env))


def _cpu_of(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
