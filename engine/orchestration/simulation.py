"""The simulation: the loop over blocks of steps, with everything wired (rules L1 to L6)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from engine.agenda import Agenda
    from engine.containers.base import Container
    from engine.containers.outlet import Outlet
    from engine.containers.root import RootContainer

_LOOKS = 200
"""How often a run is looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """A wired run: `timeline` holds the timestamp of every step, `containers` everyone by id, the root last."""

    timeline: npt.NDArray[np.int64]
    agenda: Agenda
    containers: Mapping[str, Container]
    root: RootContainer
    outlets: Sequence[Outlet]
    block_size: int

    @property
    def events(self) -> int:
        """Events published so far: those that somebody wanted."""
        return sum(outlet.all_published().total for outlet in self.outlets)

    def run(self, watch: Callable[[], None]) -> None:
        """Runs to the end, or to the end of the step in which `stop` is called; `watch` is called now and then."""
        self._each(_start)
        steps = len(self.timeline)
        for start in range(0, steps, self.block_size):
            end = min(start + self.block_size, steps)
            for part in range(start, end, max(1, steps // _LOOKS)):
                self.agenda.run(min(part + max(1, steps // _LOOKS), end))
                watch()
            if self.agenda.interrupted:
                self._interrupt()
                return
            self._each(partial(_settle, step=end))

    def _each(self, work: Callable[[Container], None]) -> None:
        for container in self.containers.values():
            try:
                work(container)
            except BaseException as error:  # noqa: BLE001 - a container's failure is its own
                container.event_bus.fail(error)

    def stop(self) -> None:
        """Asks the loop to end with the step it is in."""
        self.agenda.stopped = True

    def _interrupt(self) -> None:
        self._each(partial(_settle, step=self.agenda.begun))
        self.root.end("interrupted")


def _start(container: Container) -> None:
    container.start()


def _settle(container: Container, step: int) -> None:
    """Those that failed or ended were settled then: their books are closed."""
    if container.status == "running":
        container.settle(step)
    if container.status != "failed":
        container.reached = step
