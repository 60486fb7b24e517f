"""Failures: a lane fails alone, a shared container takes along who depends on it (rules E6, L9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.agenda import Phase
from engine.blame import Interruption, said_by, where
from engine.bus import SHARED
from engine.events import Error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.agenda import Agenda
    from engine.containers.base import Container
    from engine.containers.outlet import Outlet


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order of the run that no failure closes."""

    lane: int
    rank: int = 0
    closed: bool = False

    def fail(self, error: BaseException) -> None:
        """An error while an error is being reported is a fault of the product: it is not hidden."""
        raise error


class Failures:
    """Contains failures: closes the lanes concerned at once, and reports when their turn in the order comes.

    `containers`: those that take part. `outlets`: every outlet of theirs. `dependents`: who fails with a container.
    """

    def __init__(
        self,
        agenda: Agenda,
        containers: Mapping[str, Container],
        outlets: Sequence[Outlet],
        dependents: Mapping[str, Sequence[str]],
        announce: Callable[[Container], None],
    ) -> None:
        self._agenda = agenda
        self._containers = containers
        self._outlets: dict[int, list[Outlet]] = {}
        for outlet in outlets:
            self._outlets.setdefault(outlet.lane, []).append(outlet)
        self._dependents = dependents
        self._announce = announce

    def handler(self, container: Container) -> Callable[[BaseException], None]:
        """What to call with an error of this container's own code, observers or handlers."""
        return lambda error: self._fail(container, error)

    def _fail(self, container: Container, error: BaseException) -> None:
        if container.status == "failed":
            return
        message = said_by(error)
        dependents = self._dependents.get(container.container_id, ())
        others = (self._containers[id_] for id_ in dependents if id_ in self._containers)
        struck = [container, *(other for other in others if other is not container and other.status == "running")]
        for one in struck:
            self._strike(one, message if one is container else f"{container.container_id} failed: {message}")
        container.exception = error
        self._agenda.post(self._agenda.phase, Place(self._agenda.lane), self._report, (struck, error, message))

    def _strike(self, container: Container, message: str) -> None:
        marked = self._agenda.step + (self._agenda.phase > Phase.MARK)
        try:
            container.settle(marked)
        except Interruption:
            raise
        except BaseException:  # noqa: BLE001, S110 - books that no longer add up must not hide why the lane failed
            pass
        container.status = "failed"
        container.reached = marked
        container.error = message
        for outlet in self._outlets.get(container.lane, ()):
            if container.lane != SHARED or outlet.bus is container.event_bus:
                outlet.closed = True

    def _report(self, report: tuple[list[Container], BaseException, str]) -> None:
        struck, error, message = report
        source = struck[0]
        source.errors += 1
        if source.event_bus.wants("ERROR"):
            source.event_bus.dispatch(self._event(source, error, message))
        for container in struck:
            self._announce(container)
            container.event_bus.silence()

    def _event(self, source: Container, error: BaseException, message: str) -> Error:
        return Error(
            timestamp=self._agenda.now if source.failed_at is None else source.failed_at,
            source=source.container_id,
            event_id=f"{source.container_id}:ERROR:1",
            correlation_id=None,
            causation_id=None,
            message=message,
            exception=type(error).__name__,
            where=where(error),
        )
