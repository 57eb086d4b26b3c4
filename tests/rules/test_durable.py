"""durable_rules inside its fence: interrupted, failing, shared, replaced."""

import gc
import multiprocessing
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import psutil
import pytest

from rules.book import RuleBook
from rules.check import load
from rules.engine import EngineUnavailableError, choose
from rules.event import ContactFacts
from tests.rules.people import ASHA, INTENTS, NOW, fired, message

chamber = pytest.importorskip("rules.engine.chamber", reason="does not build on this Python")

CITIES = [f"city{n}" for n in range(200)]
FILES = {
    "f.yaml": INTENTS
    + "rules:\n"
    + "".join(
        f"  - {{rule: {city}, then: [reply: a], when: {{intent: price, "
        f"contact.attributes.city: {city}, contact.attributes.n: {{lt: 9}}}}}}\n"
        for city in CITIES
    )
}


def living_in(city: str) -> ContactFacts:
    return ContactFacts(attributes={"city": city, "n": 1})


@pytest.fixture
def book() -> Iterator[RuleBook]:
    opened = RuleBook(1, FILES, "durable")
    yield opened
    opened.close()


def engine_of(book: RuleBook) -> Any:
    return book._engine


def test_eight_threads_each_get_their_own_answer(book: RuleBook) -> None:
    wrong: list[str] = []

    def ask(first: int) -> None:
        for turn in range(300):
            city = CITIES[(first * 31 + turn) % len(CITIES)]
            if fired(book, message("price"), living_in(city)) != [city]:
                wrong.append(city)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert book.engine_faults == 0


def test_thirty_new_versions_leave_the_memory_flat() -> None:
    def reload(times: int) -> None:
        current = RuleBook(0, FILES, "durable")
        for version in range(times):
            old, current = current, RuleBook(version, FILES, "durable")
            old.close()
            assert fired(current, message("price"), living_in("city7")) == ["city7"]
        current.close()

    reload(5)
    before = psutil.Process().memory_info().rss
    reload(30)

    # Without giving back the C memory, 30 versions of 200 rules hold about 130 MB.
    assert psutil.Process().memory_info().rss - before < 40_000_000


def test_many_events_leave_the_memory_flat(book: RuleBook) -> None:
    def ask(first: int) -> None:
        for turn in range(first, first + 3000):
            fired(book, message(f"price {turn}"), living_in(CITIES[turn % 200]))

    ask(0)
    before = psutil.Process().memory_info().rss
    ask(3000)
    ask(6000)

    assert psutil.Process().memory_info().rss - before < 20_000_000


def test_a_failing_engine_is_answered_for_in_python_and_rebuilt(
    book: RuleBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_arguments: object) -> None:
        raise chamber.dre.error("Could not assert fact, error code: 201")

    with monkeypatch.context() as failing:
        failing.setattr(chamber.dre, "assert_fact", fails)
        failing.setattr(chamber.dre, "retract_fact", lambda *_arguments: (chamber._OBSERVED, 0))
        assert fired(book, message("price"), living_in("city3")) == ["city3"]

    assert fired(book, message("price"), living_in("city3")) == ["city3"]
    assert book.engine_faults == 1


def test_a_state_left_leased_is_noticed(book: RuleBook, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as leased:
        leased.setattr(chamber.dre, "start_action_for_state", lambda *_arguments: None)
        assert fired(book, message("price"), living_in("city3")) == ["city3"]

    assert fired(book, message("price"), living_in("city3")) == ["city3"]
    assert book.engine_faults == 1


def test_rules_that_the_c_code_does_not_take_are_answered_in_python(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chamber, "_canary", lambda: {"all": [{"m": {"never": 1}}]})

    book = RuleBook(1, FILES)
    assert book.engine_name == "python"
    assert fired(book, message("price"), living_in("city3")) == ["city3"]
    with pytest.raises(EngineUnavailableError, match="does not take these rules"):
        RuleBook(1, FILES, "durable")


def test_an_engine_that_cannot_be_rebuilt_is_answered_for_again_and_again(
    book: RuleBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(chamber.dre, "start_action_for_state", lambda *_arguments: None)
        broken.setattr(chamber, "_canary", lambda: {"all": [{"m": {"never": 1}}]})
        for _ in range(3):
            assert fired(book, message("price"), living_in("city3")) == ["city3"]

    assert fired(book, message("price"), living_in("city3")) == ["city3"]
    assert fired(book, message("price"), living_in("city9")) == ["city9"]
    assert book.engine_faults == 3


class _TimeoutError(BaseException):
    pass


def test_interruptions_at_any_instant_leave_the_next_answers_right(book: RuleBook) -> None:
    armed = False
    interrupted = 0

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        if armed:
            raise _TimeoutError

    gc.disable()  # an interruption inside a collector's callback would go unseen
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for turn in range(400):
            city = CITIES[turn % 200]
            try:
                armed = True
                # Each time a little later, so that every instant of an evaluation has its turn.
                signal.setitimer(signal.ITIMER_REAL, 0.00002 + turn * 0.0000005)
                for _ in range(3):
                    book.decide(message("price"), living_in(city), NOW)
            except _TimeoutError:
                interrupted += 1
            finally:
                armed = False
                signal.setitimer(signal.ITIMER_REAL, 0)
            assert fired(book, message("price"), living_in(city)) == [city]
    finally:
        signal.signal(signal.SIGALRM, before)
        gc.enable()

    assert interrupted > 100
    assert 0 < book.engine_faults <= interrupted


def test_thousands_of_rules_are_spread_over_small_rulesets() -> None:
    rules = "".join(
        f"  - {{rule: r{n}, then: [reply: a], "
        f"when: {{event: message, contact.attributes.a{n % 9}: {n}}}}}\n"
        for n in range(3200)
    )
    book = RuleBook(1, {"f.yaml": f"rules:\n{rules}"}, "durable")

    assert len(engine_of(book)._chambers) == 3200 / chamber.GROUPS
    assert fired(book, message("x"), ContactFacts(attributes={"a0": 9})) == ["r9"]
    assert fired(book, message("x"), ContactFacts(attributes={"a1": 3151})) == ["r3151"]
    assert fired(book, message("x"), ContactFacts(attributes={"a1": 3150})) == []
    book.close()


def test_an_event_that_no_rule_is_filed_under_asks_no_engine(
    book: RuleBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chamber.dre, "assert_fact", None)

    assert fired(book, message("hello"), living_in("nowhere")) == []


def test_names_of_flat_values_never_share_the_hash_by_which_c_tells_them_apart() -> None:
    def fnv1a(name: str) -> int:
        value = 2166136261
        for byte in name.encode():
            value = (value ^ byte) * 16777619 % 2**32
        return value

    names = ["id", "sid", "$s", "m", "canary"]
    names += [f"{kind}{n}" for kind in "elhf" for n in range(20_000)]

    assert len({fnv1a(name) for name in names}) == len(names)


def test_a_forked_worker_goes_on_with_its_parents_rules(book: RuleBook) -> None:
    def ask(first: int) -> None:
        for city in CITIES[first : first + 50]:
            assert fired(book, message("price"), living_in(city)) == [city]

    fork = multiprocessing.get_context("fork")
    workers = [fork.Process(target=ask, args=(first,)) for first in (0, 50, 100)]
    for worker in workers:
        worker.start()
    ask(150)
    for worker in workers:
        worker.join(timeout=30)

    assert [worker.exitcode for worker in workers] == [0, 0, 0]


def test_no_thread_is_left_running(book: RuleBook) -> None:
    fired(book, message("price"), living_in("city3"))

    assert not [t for t in threading.enumerate() if "durable" in repr(getattr(t, "function", ""))]


def test_auto_takes_durable_where_it_is_installed() -> None:
    book = RuleBook(1, FILES)

    assert book.engine_name == "durable"
    book.close()


def test_where_it_is_not_installed_python_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    compiled = load(FILES).compiled

    assert choose("auto", compiled).name == "python"
    with pytest.raises(EngineUnavailableError, match="ENGINE=auto"):
        choose("durable", compiled)
    assert fired(RuleBook(1, FILES), message("price"), ASHA) == []
