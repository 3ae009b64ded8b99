"""A runner for tests that runs nothing: it answers what it was told, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bareboat.base.errors import UsageError
from bareboat.ship.running.runner import Order, Outcome

Answer = Callable[[Order], Outcome]


class RememberedRunner:
    """A `ship.runner.Runner` whose programs are functions, by their name."""

    name = "remembered"

    def __init__(self, **programs: Answer) -> None:
        self._programs = programs
        self.orders: list[Order] = []
        self.turns: list[int] = []
        self.closed = False

    def prepare(self, order: Order) -> None:
        """There is nothing to prepare."""

    def run(self, order: Order) -> Outcome:
        """The answer of the program that the order names."""
        words = (*(order.entrypoint or ()), *(order.argv or ()))
        self.orders.append(order)
        program = self._programs.get(words[0].rpartition("/")[2])
        if program is None:
            raise UsageError(f'{order.name}: cannot run "{words[0]}": it is not in the image', hint="name another")
        return program(order)

    def run_in_turn(self, orders: Sequence[Order]) -> tuple[Outcome, ...]:
        """The answers in turn."""
        self.turns.append(len(orders))
        return tuple(map(self.run, orders))

    def close(self) -> None:
        """Remember it."""
        self.closed = True


def said(stdout: str = "", stderr: str = "", exit_code: int = 0, *, timed_out: bool = False) -> Answer:
    """A program that says this, whatever it is asked."""
    outcome = Outcome(exit_code=exit_code, stdout=stdout.encode(), stderr=stderr.encode(), timed_out=timed_out)
    return lambda order: outcome
