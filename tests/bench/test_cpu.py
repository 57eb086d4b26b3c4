"""A figure is made of undisturbed rounds alone, and refused where there was none."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench import cpu
from bench.cpu import Foreign, NoisyError, quiet_rounds


def others_take(monkeypatch: pytest.MonkeyPatch, *shares: float) -> None:
    """In each round, one after the other; at rest before it."""
    taken = iter(shares)

    @contextmanager
    def watched() -> Iterator[Foreign]:
        foreign = Foreign()
        yield foreign
        foreign.share = next(taken)

    monkeypatch.setattr(cpu, "watched", watched)
    monkeypatch.setattr(cpu, "_rest", lambda: 0.0)


def test_disturbed_rounds_are_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    others_take(monkeypatch, 0.02, 0.5, 0.09, 0.11, 0.0)

    quiet = quiet_rounds(lambda number: number, rounds=3)

    assert (quiet.rounds, quiet.foreign) == ([0, 2, 4], 0.09)


def test_a_figure_without_an_undisturbed_round_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    others_take(monkeypatch, 0.5, 0.2, 0.3, 0.4)

    with pytest.raises(NoisyError, match="other processes took 20% or more of the processor"):
        quiet_rounds(lambda number: number, rounds=2)


def test_nothing_is_measured_where_the_machine_never_comes_to_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    others_take(monkeypatch)
    monkeypatch.setattr(cpu, "_rest", lambda: 0.7)

    with pytest.raises(NoisyError, match="70%"):
        quiet_rounds(lambda _: pytest.fail("measured all the same"))


def test_what_this_process_and_its_children_take_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = iter([10.0, 10.75])
    ours = iter([1.0, 1.75])
    monkeypatch.setattr(cpu, "_busy_s", lambda: next(busy))
    monkeypatch.setattr(cpu, "_family_s", lambda _: next(ours))

    with cpu.watched() as foreign:
        pass

    assert foreign.share == pytest.approx(0.0)
