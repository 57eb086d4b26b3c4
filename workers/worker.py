"""The worker: one supervised RQ worker process a queue.

One queue each, since RQ's worker on two queues can lose a job to a kill; and SimpleWorker, which
keeps its connections and compiled rules, since forking for each job costs more than the job. A
crash ends one process, which is started again; the rows say what it had not finished.
"""

import logging
import multiprocessing
import os
import resource
import signal
import socket
import sys
import threading
import time
from multiprocessing.process import BaseProcess
from types import FrameType

from rq import Queue, SimpleWorker

from config import logs, tracing
from config import settings as config_settings
from config.settings import Settings
from runtime.publisher import Publisher
from store import mongo, queue, redis, shards
from workers import process
from workers.pulse import Pulse

_RESTART_S = 0.5
_STOP_S = 25.0
_FREE_S = 2.0

log = logs.get(__name__)


class DrumbeatWorker(SimpleWorker):
    """RQ's worker, looking for abandoned jobs often enough to matter.

    Maintenance is done between two waits for a job, each of which lasts `worker_ttl - 15` seconds:
    with RQ's own figures an idle worker would see to nothing for seven minutes.
    """

    max_connection_wait_time = 2.0  # not a minute, after Redis is back

    def __init__(self, name: str, settings: Settings) -> None:
        connection = redis.connect_for_worker(settings.redis_url)
        super().__init__(
            [Queue(name, connection=connection, serializer="json")],
            name=f"{name}-{socket.gethostname()}-{os.getpid()}-{int(time.time() * 1000)}",
            connection=connection,
            serializer="json",
            worker_ttl=30,
            maintenance_interval=20,
            job_monitoring_interval=5,
        )

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """A job in hand ends between two steps; then the worker leaves."""
        process.this().stopping.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ's own


def run(name: str, pulse: Pulse) -> None:
    """Work on one queue until told to stop; a Redis that is away is waited for."""
    settings = config_settings.load()
    logs.configure(settings.log_level)
    process.watch(pulse)
    _limit_memory(settings.worker_memory_mb)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    publisher = Publisher(process.this().rt.redis, name)  # connected before the first person waits
    publisher.start()
    logging.getLogger("rq.worker").addFilter(one_line)
    tracing.start(settings.otel_exporter_otlp_endpoint, name)
    while not process.this().stopping.is_set():
        try:
            DrumbeatWorker(name, settings).work(logging_level="WARNING")
        except redis.RedisDownError:
            log.warning("Redis does not answer; trying again", queue=name)
        # RQ also leaves by itself after whatever it did not foresee; what waits still waits.
        process.this().stopping.wait(_RESTART_S)
    publisher.stop()
    tracing.stop()


def one_line(record: logging.LogRecord) -> bool:
    """RQ tells of a Redis that went away, or was emptied, with fifty lines of where it noticed.

    Ours are not among them: a job says itself what befell it.
    """
    if record.exc_info and isinstance(record.exc_info[1], redis.RedisDownError):
        record.msg, record.args, record.exc_info = "Redis does not answer; trying again", (), None
    elif "\nTraceback" in (text := record.getMessage().strip()):
        lines = text.splitlines()
        record.msg, record.args = f"{lines[0]}: {lines[-1]}", ()
    return True


def _limit_memory(most_mb: int) -> None:
    """What an event makes us allocate beyond this raises, and is that event's fault alone; without
    a limit the system would end whichever process it likes."""
    if most_mb:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (most_mb * 1024 * 1024, hard))


def _leave_with_parent() -> None:
    """A worker whose supervisor was killed would go on unseen, beside those of the next one."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def main(arguments: list[str]) -> int:
    """Run a worker for each queue named (all where none is), and start again any that dies.

    A queue named twice gets two workers.
    """
    names = arguments or list(queue.QUEUES)
    if unknown := set(names) - set(queue.QUEUES):
        sys.stderr.write(f"No queue {unknown.pop()!r}: there are {', '.join(queue.QUEUES)}.\n")
        return 2
    settings = config_settings.load_or_exit()
    logs.configure(settings.log_level)
    stopping = threading.Event()
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_, lambda *_: stopping.set())
    children = [_Child(name) for name in names]
    while not stopping.wait(_RESTART_S):
        for child in children:
            child.look_after(settings)
    return _stop([child.process for child in children])


class _Child:
    """A worker process under supervision."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._context = multiprocessing.get_context("forkserver")
        # What all of them need is loaded once, in a process that connects to nothing and from which
        # they are forked: a second of the processor and tens of megabytes less for each.
        self._context.set_forkserver_preload(["workers.jobs", "workers.worker"])
        self._start()

    def _start(self) -> None:
        self._pulse = Pulse(self._context)
        self.process: BaseProcess = self._context.Process(
            target=run, args=(self._name, self._pulse), name=self._name
        )
        self.process.start()

    def look_after(self, settings: Settings) -> None:
        """End it where it is stuck; start it again where it is dead, and free what it held."""
        stuck_s = self._pulse.stuck_s()
        if self.process.is_alive() and stuck_s > settings.event_timeout_s:
            log.error("a worker is stuck and is ended", queue=self._name, seconds=round(stuck_s))
            self.process.kill()
            self.process.join()
        if self.process.is_alive():
            return
        log.error(
            "a worker died and is started again", queue=self._name, code=self.process.exitcode
        )
        dead = self._pulse.name
        self._start()
        _free(settings, dead)


def _free(settings: Settings, holder: str) -> None:
    db = mongo.connect(settings.mongodb_uri, timeout_s=_FREE_S)
    try:
        shards.free(db, holder, process.now())
    except mongo.StoreError:
        log.warning("the leases of the dead worker run out by themselves", queue="events")
    finally:
        db.client.close()


def _stop(children: list[BaseProcess]) -> int:
    for child in children:
        child.terminate()
    deadline = time.monotonic() + _STOP_S
    for child in children:
        child.join(max(0.0, deadline - time.monotonic()))
        if child.is_alive():
            child.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
