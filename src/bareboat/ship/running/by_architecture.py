"""A runner of two: an engine for what this machine's kernel starts, a sandbox with an emulator for all else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from bareboat.base.platform import Architecture, architecture
from bareboat.ship.running.emulation import kernel_runs
from bareboat.ship.running.runner import Order, Outcome, Runner
from bareboat.store.images import read_config, read_manifest


class ByArchitecture:
    """A `Runner`.

    Args:
        engine: Leaves foreign programs to the kernel.
        sandbox: Emulates them.
        host: The architecture of this machine.
        runs: Whether the kernel starts programs of an architecture that is not its own.
    """

    def __init__(
        self, engine: Runner, sandbox: Runner, host: Architecture, runs: Callable[[Architecture], bool] = kernel_runs
    ) -> None:
        self._engine = engine
        self._sandbox = sandbox
        self._host = host
        self._runs = runs
        self._last = engine

    @property
    def name(self) -> str:
        """That of the runner which was used last; the engine's before."""
        return self._last.name

    def prepare(self, order: Order) -> None:
        """As `Runner.prepare`."""
        self._of(order).prepare(order)

    def run(self, order: Order) -> Outcome:
        """As `Runner.run`."""
        return self._of(order).run(order)

    def run_in_turn(self, orders: Sequence[Order]) -> tuple[Outcome, ...]:
        """As `Runner.run_in_turn`."""
        return self._of(orders[0]).run_in_turn(orders) if orders else ()

    def close(self) -> None:
        """As `Runner.close`."""
        try:
            self._engine.close()
        finally:
            self._sandbox.close()

    def _of(self, order: Order) -> Runner:
        config = read_config(order.images, read_manifest(order.images, order.manifest).config)
        wanted = architecture(config.architecture)
        # Elsewhere than on Linux the engine has a machine of its own, which knows more than we do.
        is_for_engine = wanted == self._host or sys.platform != "linux" or self._runs(wanted)
        self._last = self._engine if is_for_engine else self._sandbox
        return self._last
