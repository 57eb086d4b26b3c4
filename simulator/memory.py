"""People, templates and conversations on disk (SQLite), so that a second run finds them again."""

import json
import sqlite3
import threading
from pathlib import Path

from simulator.messages import Message
from simulator.people import Person
from simulator.world import World

TABLES = """
create table if not exists people (wa_id text primary key, doc text not null);
create table if not exists messages (wamid text primary key, at real not null, doc text not null);
create table if not exists templates (place integer primary key, doc text not null);
"""


class Memory:
    """One file in `folder`. Safe to call from any thread."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(folder / "simulator.sqlite3", check_same_thread=False)
        self._db.execute("pragma journal_mode=wal")
        self._db.executescript(TABLES)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, world: World) -> None:
        """Write what changed, again and again: a crash costs less than a second."""
        self._thread = threading.Thread(
            target=self._keep_saving, args=(world,), name="memory", daemon=True
        )
        self._thread.start()

    def _keep_saving(self, world: World) -> None:
        while not self._stopping.wait(0.5):
            self.save(world)
        self.save(world)

    def load(self, world: World) -> None:
        """Fill `world` with what was saved; a fresh file leaves the samples in place."""
        with self._lock, world.lock:
            for (doc,) in self._db.execute("select doc from people"):
                world.add_person(Person(**json.loads(doc)))
            saved = [json.loads(doc) for (doc,) in self._db.execute("select doc from templates")]
            world.templates = saved or world.templates
            rows = self._db.execute(
                "select doc from (select * from messages order by at desc limit ?) order by at",
                (world.config.keep,),
            )
            for (doc,) in rows:
                message = Message(**json.loads(doc))
                if message.wa_id in world.people:
                    world.remember(message)

    def save(self, world: World) -> None:
        """Write what changed since the last time."""
        with world.lock:
            who = [world.people[wa_id] for wa_id in world.dirty_people if wa_id in world.people]
            people = [(each.wa_id, json.dumps(each.saved())) for each in who]
            messages = [
                (each.wamid, each.at, _packed(each))
                for each in world.dirty_messages.values()
                if world.known(each.wa_id).listed
            ]
            templates = list(world.templates) if world.dirty_templates else None
            world.dirty_people.clear()
            world.dirty_messages.clear()
            world.dirty_templates = False
        with self._lock, self._db:
            self._db.executemany("insert or replace into people values (?, ?)", people)
            self._db.executemany("insert or replace into messages values (?, ?, ?)", messages)
            if templates is not None:
                self._db.execute("delete from templates")
                self._db.executemany(
                    "insert into templates values (?, ?)",
                    enumerate(json.dumps(each) for each in templates),
                )

    def forget(self) -> None:
        with self._lock, self._db:
            for table in ("people", "messages", "templates"):
                self._db.execute(f"delete from {table}")  # noqa: S608 - three fixed names

    def close(self) -> None:
        """Write the last changes and let the file go."""
        self._stopping.set()
        if self._thread:
            self._thread.join(10)
        with self._lock:
            self._db.close()


def _packed(message: Message) -> str:
    return json.dumps({name: getattr(message, name) for name in Message.__slots__})
