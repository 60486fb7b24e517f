"""The simulation: the loop over blocks of steps, with everything wired (rules L1 to L6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    import numpy.typing as npt

    from engine.agenda import Agenda
    from engine.containers.base import Container


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """A wired run: `timeline` holds the timestamp of every step, `containers` everyone by id, the root last."""

    timeline: npt.NDArray[np.int64]
    agenda: Agenda
    containers: Mapping[str, Container]
    block_size: int

    def run(self, watch: Callable[[Simulation], None]) -> None:
        """Runs to the end, or to the end of the step in which `stop` is called. `watch` is called after each block."""
        for container in self.containers.values():
            container.start()
        for start in range(0, len(self.timeline), self.block_size):
            end = min(start + self.block_size, len(self.timeline))
            self.agenda.run(end)
            if self.agenda.stopped and self.agenda.step + 1 < len(self.timeline):
                self._interrupt()
                return
            for container in self.containers.values():
                container.settle(end)
            watch(self)

    def stop(self) -> None:
        """Asks the loop to end with the step it is in."""
        self.agenda.stopped = True

    def _interrupt(self) -> None:
        for container in self.containers.values():
            container.settle(self.agenda.step + 1)
            if container.status == "running":
                container.status = "interrupted"
