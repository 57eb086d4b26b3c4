"""All the simulator knows: people, conversations, templates, counts. In memory, behind one lock."""

import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from simulator import people, templates
from simulator.messages import Message
from simulator.people import Person
from simulator.settings import Config, Settings
from simulator.templates import Template

CONVERSATION = 1000
MEDIA_BYTES = 50_000_000


@dataclass
class Counts:
    """Exact since the start or the last reset. dropped: 200s for a BSUID in `to`."""

    accepted: int = 0
    requests: int = 0
    dropped: int = 0
    by_recipient: Counter[str] = field(default_factory=Counter)
    refused_by_code: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Media:
    id: str
    mime_type: str
    content: bytes


class World:
    """Hold `lock` while reading or changing more than one thing. `changed` wakes the page."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.settings: Settings = config.settings
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.version = 0
        self.stirred: deque[tuple[int, str]] = deque(maxlen=1000)
        self.seq = 0
        self.clear()

    def clear(self) -> None:
        """Back to the sample people and templates; settings stay."""
        with self.lock:
            self.people: dict[str, Person] = {}
            self.by_user_id: dict[str, str] = {}
            self.templates: list[Template] = templates.samples()
            self.messages: dict[str, Message] = {}
            self.conversations: dict[str, list[Message]] = {}
            self.media: dict[str, Media] = {}
            self.counts = Counts()
            self.dirty_people: set[str] = set()
            self.dirty_messages: dict[str, Message] = {}
            self.dirty_templates = True
            self.typing: dict[str, float] = {}
            self.spare = -1.0
            self.spare_at = 0.0
            if self.config.sample_people:
                for person in people.samples():
                    self.add_person(person)

    def add_person(self, person: Person) -> Person:
        with self.lock:
            self.people[person.wa_id] = person
            self.by_user_id[person.user_id] = person.wa_id
            if person.listed:
                self.touch(person.wa_id)
            return person

    def addressed(self, to: str | None, recipient: str | None) -> Person | None:
        """Whom a send names; `to` wins. Unknown numbers become people, unknown BSUIDs None."""
        with self.lock:
            if to is not None:
                return self.known(people.digits(to))
            wa_id = self.by_user_id.get(recipient or "", "")
            return self.people.get(wa_id)

    def known(self, wa_id: str) -> Person:
        """The person with this number; somebody new behaves as the crowd does, each time alike."""
        with self.lock:
            found = self.people.get(wa_id)
            return found or self.add_person(people.passer_by(wa_id, self.settings.crowd))

    def remember(self, message: Message) -> None:
        """Add a message to its conversation; the oldest of all goes where there are too many."""
        with self.lock:
            if message.direction == "out":
                self.seq += 1
                message.seq = self.seq
                self.typing.pop(message.wa_id, None)
            self.messages[message.wamid] = message
            talk = self.conversations.setdefault(message.wa_id, [])
            talk.append(message)
            del talk[:-CONVERSATION]
            if len(self.messages) > self.config.keep:
                self._forget_oldest()
            self.note(message)

    def _forget_oldest(self) -> None:
        wamid, oldest = next(iter(self.messages.items()))
        del self.messages[wamid]
        talk = self.conversations.get(oldest.wa_id)
        if talk and talk[0] is oldest:
            del talk[0]
        if not talk:
            self._forget_passer_by(oldest.wa_id)

    def _forget_passer_by(self, wa_id: str) -> None:
        self.conversations.pop(wa_id, None)
        person = self.people.get(wa_id)
        if person and not person.listed:
            del self.people[wa_id], self.by_user_id[person.user_id]

    def note(self, message: Message) -> None:
        """A message changed: keep it, and let the page know."""
        with self.lock:
            if self.config.data:
                self.dirty_messages[message.wamid] = message
            self.touch(message.wa_id)

    def touch(self, wa_id: str) -> None:
        """A person changed. Those nobody listed concern neither the page nor the disk."""
        with self.lock:
            person = self.people.get(wa_id)
            if person is None or not person.listed:
                return
            self.version += 1
            self.stirred.append((self.version, wa_id))
            self.dirty_people.add(wa_id)
            self.changed.notify_all()

    def conversation(self, wa_id: str) -> list[Message]:
        with self.lock:
            return list(self.conversations.get(wa_id, ()))

    def since(self, version: int, wait_s: float) -> tuple[int, list[str]]:
        """Wait for news; answer the present version and who changed after `version`."""
        with self.changed:
            self.changed.wait_for(lambda: self.version > version, wait_s)
            who = dict.fromkeys(wa_id for at, wa_id in self.stirred if at > version)
            return self.version, list(who)

    def add_media(self, media: Media) -> None:
        """Keep an upload; beyond a fixed size, old ones go."""
        with self.lock:
            self.media[media.id] = media
            while sum(len(each.content) for each in self.media.values()) > MEDIA_BYTES:
                self.media.pop(next(iter(self.media)))

    def summary(self, person: Person) -> dict[str, Any]:
        """A person as the control API and the page show her."""
        with self.lock:
            talk = self.conversations.get(person.wa_id, ())
            last = talk[-1] if talk else None
            opened = person.last_inbound_at
            return {
                **person.saved(),
                "unread": sum(
                    1
                    for each in talk
                    if each.direction == "out" and not each.seen and _arrived(each)
                ),
                "window_closes_at": None
                if opened is None
                else opened + self.settings.window_hours * 3600,
                "typing_until": self.typing.get(person.wa_id),
                "last_message": last.view() if last else None,
            }


def _arrived(message: Message) -> bool:
    return message.status in ("delivered", "read")
