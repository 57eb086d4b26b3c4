"""Post webhooks to the business as Meta does: signed, batched, repeated, retried until HTTP 200."""

import itertools
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from queue import SimpleQueue
from typing import Any

import requests

from simulator import envelopes
from simulator.agenda import Agenda
from simulator.envelopes import Change
from simulator.settings import Config, Settings
from whatsapp.signature import sign

LOGGED = 1000


@dataclass(slots=True)
class Post:
    """One body on its way. last_status: 0 where no answer came. next_in_s: None once settled.

    generation: how often the simulator had been reset; an older post is not sent again.
    """

    id: int
    updates: int
    fields: list[str]
    created_at: float
    generation: int
    attempts: int = 0
    last_status: int | None = None
    last_error: str = ""
    acknowledged: bool = False
    next_in_s: float | None = None


class Dispatcher:
    """`push` changes from any thread; a few sender threads post them."""

    def __init__(self, config: Config, settings: Callable[[], Settings], agenda: Agenda) -> None:
        self._config, self._settings, self._agenda = config, settings, agenda
        self._rng = random.Random(config.seed)
        self._lock = threading.Condition()
        self._queue: deque[Change] = deque()
        self._work: SimpleQueue[tuple[Post, bytes] | None] = SimpleQueue()
        self._log: deque[Post] = deque(maxlen=LOGGED)
        self._ids = itertools.count(1)
        self._pending = 0
        self._generation = 0
        self._stopping = False
        self.totals = {"posts": 0, "updates": 0, "attempts": 0, "acknowledged": 0, "given_up": 0}
        self._threads = [
            threading.Thread(target=self._gather, name="gather", daemon=True),
            *(
                threading.Thread(target=self._send, name=f"sender-{n}", daemon=True)
                for n in range(config.senders)
            ),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads; what was not acknowledged is lost."""
        with self._lock:
            self._stopping = True
            self._lock.notify_all()
        for _ in range(self._config.senders):
            self._work.put(None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join(5)

    def push(self, change: Change) -> None:
        """Queue one change. Without a webhook address it is dropped."""
        if not self._settings().webhook_url:
            return
        with self._lock:
            self._queue.append(change)
            self._pending += 1
            self.totals["updates"] += 1
            self._lock.notify()

    def clear(self) -> None:
        """Forget all that waits, and the log."""
        with self._lock:
            self._queue.clear()
            self._log.clear()
            self._pending = 0
            self._generation += 1
            self.totals = dict.fromkeys(self.totals, 0)

    @property
    def pending(self) -> int:
        """Updates not acknowledged yet."""
        with self._lock:
            return self._pending

    def report(self) -> dict[str, Any]:
        """The newest posts, oldest first, and exact totals."""
        with self._lock:
            return {
                "totals": {**self.totals, "pending_updates": self._pending},
                "webhooks": [asdict(post) for post in self._log],
            }

    def _take(self) -> list[Change]:
        """Wait for changes, gather until the batch is full or its window has passed."""
        with self._lock:
            while not self._queue and not self._stopping:
                self._lock.wait()
            batch = self._settings().batch
            until = time.monotonic() + batch.window_ms / 1000
            while len(self._queue) < batch.max and not self._stopping:
                left = until - time.monotonic()
                if left <= 0:
                    break
                self._lock.wait(left)
            return [self._queue.popleft() for _ in range(min(batch.max, len(self._queue)))]

    def _gather(self) -> None:
        while not self._stopping:
            changes = self._take()
            if not changes:
                continue
            settings = self._settings()
            if settings.shuffle:
                self._rng.shuffle(changes)
            fields = sorted({change["field"] for change in changes})
            packed = envelopes.merged(changes) if settings.batch.merge else changes
            with self._lock:
                now, generation = self._config.clock(), self._generation
                post = Post(next(self._ids), len(changes), fields, now, generation)
                self._log.append(post)
                self.totals["posts"] += 1
            self._work.put((post, envelopes.envelope(self._config, packed)))

    def _send(self) -> None:
        session = requests.Session()
        session.trust_env = False  # a proxy in the environment is not for loopback
        while job := self._work.get():
            self._attempt(session, *job)

    def _attempt(self, session: requests.Session, post: Post, body: bytes) -> None:
        settings = self._settings()
        if post.generation != self._generation or not settings.webhook_url:
            return
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": sign(body, self._config.app_secret),
        }
        error, code = "", 0
        try:
            answer = session.post(
                settings.webhook_url,
                data=body,
                headers=headers,
                timeout=settings.webhook_timeout_s,
                allow_redirects=False,
            )
            code = answer.status_code
        except requests.RequestException as problem:
            error = type(problem).__name__
        repeat = self._settle(post, code, error, settings)
        if repeat is not None:
            self._agenda.after(repeat, lambda: self._work.put((post, body)))

    def _settle(self, post: Post, code: int, error: str, settings: Settings) -> float | None:
        """Note one attempt; answer the seconds until the next, or None if there is none."""
        with self._lock:
            first = not post.acknowledged
            post.attempts += 1
            post.last_status, post.last_error = code, error
            self.totals["attempts"] += 1
            if post.generation != self._generation:
                return None
            if code == 200 or not first:
                post.acknowledged, post.next_in_s = True, None
                if first:
                    self._pending -= post.updates
                    self.totals["acknowledged"] += 1
                    return 0.05 if self._rng.random() < settings.repeats else None
                return None
            retry = settings.retry
            if self._config.clock() - post.created_at > retry.give_up_s:
                self._pending -= post.updates
                self.totals["given_up"] += 1
                return None
            post.next_in_s = min(retry.first_s * retry.factor ** (post.attempts - 1), retry.max_s)
            return post.next_in_s
