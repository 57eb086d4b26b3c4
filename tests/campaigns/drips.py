"""A drip and the people in it, on a clock that its tests turn."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from campaigns import drips, ending, enrolling, intake, life, service, stepping
from campaigns.enrolling import Admission, Entry
from deliveries import send
from runtime import Runtime
from simulator import server as simulator
from store import fires
from store.documents.campaign import Campaign, Run
from store.documents.contact import Contact
from store.documents.enrolment import Enrolment
from store.documents.fire import FireKind
from tests.clock import NOW
from tests.conftest import control
from tests.makers import make_contact

AGREED = {"state": "yes", "source": "import", "at": NOW}
Document = dict[str, Any]


def says(what: str) -> Document:
    """A step's message, told from others by `what`: a utility, which no cap holds back."""
    return {
        "template": "order_update",
        "language": "en",
        "parameters": ["{{ contact.first_name | default('friend') }}", what],
    }


def drip(*steps: Document, **more: Any) -> Document:
    """A drip called `welcome`, by default with a message at once and one after a day."""
    given = steps or ({"message": says("one")}, {"after": "1 day", "message": says("two")})
    return {
        "campaign": "welcome",
        "type": "drip",
        "category": "utility",
        "limits": {"ignore_quiet_hours": True},
        "steps": list(given),
        **more,
    }


@dataclass
class School:
    """now: the moment at which everything happens. called: how often fires came."""

    rt: Runtime
    meta: simulator.Handle
    now: datetime = NOW
    called: int = 0

    def clock(self) -> datetime:
        return self.now

    def person(self, number: int = 0, **fields: Any) -> Contact:
        given = {"consent": AGREED, "timezone": "Asia/Kolkata", **fields}
        return make_contact(self.rt.db, f"9198{number:08d}", **given)

    def define(self, *steps: Document, **more: Any) -> Campaign:
        document = drip(*steps, **more)
        return service.define(self.rt.db, document["campaign"], document, "asha", self.now)

    def start(self, *steps: Document, **more: Any) -> Campaign:
        campaign = self.define(*steps, **more)
        return life.start(self.rt.db, campaign["_id"], "asha", self.now)

    def enrol(self, *people: Contact, campaign: str = "welcome", **how: Any) -> Admission:
        """Enrol them by hand; what came of it for the last."""
        entry = Entry(**{"cause": "hand:1", "by": "asha", "at": self.now, **how})
        found = enrolling.enrol(self.rt, campaign, people, entry, self.now)
        return found[people[-1]["_id"]]

    def tick(self) -> None:
        """All that workers and clock would do now, until nothing is left to do."""
        intake.take_in_due(self.rt, self.clock)
        drips.sweep(self.rt, self.now)
        while self.fire():
            self.deliver()
        self.deliver()
        ending.sweep(self.rt, self.now)

    def deliver(self) -> None:
        send.send_due(self.rt, self.clock)

    def fire(self) -> int:
        """The fires that are due, each once; how many there were."""
        due = []
        while (one := fires.claim_due(self.rt.db, self.now, FireKind.STEP)) is not None:
            due.append(one)
        again = stepping.handle(self.rt, due, self.now) if due else {}
        for one in due:
            if one["_id"] in again:
                fires.postpone(self.rt.db, one, again[one["_id"]])
            else:
                fires.finish(self.rt.db, one)
        self.called += len(due)
        return len(due)

    def later(self, **by: float) -> None:
        """Time goes on, an hour at a time at most, and what falls due on the way is done."""
        ends = self.now + timedelta(**by)
        while self.now < ends:
            self.now = min(self.now + timedelta(hours=1), ends)
            self.tick()

    def away(self, **by: float) -> None:
        """Time goes on while nothing runs."""
        self.now += timedelta(**by)

    def got(self) -> list[str]:
        """What Meta accepted, in order: the words that tell the messages apart."""
        return [_word(one["body"]) for one in control(self.meta, "GET", "sent")["sent"]]

    def enrolment(self, campaign: str = "welcome") -> Enrolment:
        """The latest of a drip."""
        found: Any = self.rt.db.enrolments.find_one({"campaign": campaign}, sort=[("_id", -1)])
        assert found is not None
        return found  # type: ignore[no-any-return]  # what the collection holds

    def run(self) -> Run:
        found: Any = self.rt.db.runs.find_one(sort=[("number", -1)])
        assert found is not None
        return found  # type: ignore[no-any-return]  # what the collection holds

    def skipped(self) -> list[str]:
        """Why messages were not sent, in the order of their steps."""
        rows = self.rt.db.deliveries.find({"status": "skipped"}).sort("step", 1)
        return [row["reason"] for row in rows]


def _word(body: Document) -> str:
    if "text" in body:
        return str(body["text"]["body"])
    return str(body["template"]["components"][0]["parameters"][-1]["text"])
