"""The part of a run that several lanes share, with what the lanes did elsewhere replayed in its place (rules Z2, Z3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.agenda import LAST
from engine.bus import SHARED
from engine.containers.root import RootContainer
from engine.orchestration.failures import Place
from engine.orchestration.plan import ROOT
from engine.orchestration.spool import Changed, Ended
from engine.orchestration.totals import connect_totals

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.agenda import Agenda
    from engine.containers.base import Container, Measured, Member
    from engine.metrics.container_metrics import OrderCounts
    from engine.orchestration.part import Report
    from engine.orchestration.plan import Plan, Planned
    from engine.orchestration.spool import Note


class Remote:
    """A container of a lane that was simulated elsewhere: what the root says and counts of it."""

    __slots__ = ("_report", "container_id", "lane", "status", "type")

    def __init__(self, planned: Planned, report: Report) -> None:
        self.container_id = planned.id
        self.type = planned.type
        self.lane = planned.lane
        self.status = "running"
        self._report = report

    def metrics(self) -> Measured:
        """Its metrics; their notes stay where it was simulated."""
        return self._report.metrics, {}

    def event_counts(self) -> dict[str, int]:
        """The events that it published, by type."""
        return self._report.events

    def order_counts(self) -> OrderCounts:
        """What its orders were answered."""
        return self._report.orders

    @property
    def ended_badly(self) -> bool:
        """Whether it did not come to its end."""
        return self._report.status != "completed"

    def finish(self) -> None:
        """Takes on the status it ended with, which may have come after the last event: files close late."""
        self.status = self._report.status


class MergedRoot(RootContainer):
    """A root that speaks for the containers around it and for those simulated elsewhere, in the order of the plan."""

    def bring_together(self, plan: Plan, containers: Mapping[str, Container], reports: Mapping[str, Report]) -> None:
        """Makes up the company: `reports` say what those who are not among `containers` came to."""
        self.remotes = {id_: Remote(plan.containers[id_], report) for id_, report in reports.items()}
        everyone: dict[str, Member] = {**self.remotes, **containers}
        self.others = [everyone[id_] for id_ in plan.containers if id_ != ROOT]
        connect_totals(plan, containers, everyone)

    def end(self, status: str) -> None:
        """Says before the rest who never said it: those whose process was killed, or stopped."""
        for remote in self.remotes.values():
            if remote.status == "running" and remote.ended_badly:
                remote.finish()
                self.announce(remote)
        statuses = {remote.status for remote in self.remotes.values()}
        super().end("interrupted" if "interrupted" in statuses else status)

    def finish(self) -> None:
        """Takes the last word of those simulated elsewhere."""
        for remote in self.remotes.values():
            remote.finish()
            if remote.status == "failed" and self.status == "completed":
                self.status = "failed"


class Replay:
    """Does what the `notes` say, each in its turn among the work of `agenda`."""

    def __init__(
        self, notes: Iterable[Note], agenda: Agenda, containers: Mapping[str, Container], root: MergedRoot
    ) -> None:
        self._notes = iter(notes)
        self._agenda = agenda
        self._containers = containers
        self._root = root

    def begin(self) -> None:
        """Arranges for the first note."""
        self._arrange(next(self._notes, None))

    def _arrange(self, note: Note | None) -> None:
        if note is not None:
            self._agenda.wake(note.step, note.phase, Place(note.lane, LAST - 1), self._turn, note)

    def _turn(self, first: Note) -> None:
        """All that came in one turn. In that of the shared containers several lanes may have acted: by their rank."""
        following = next(self._notes, None)
        same = [first]
        while following is not None and following.turn == first.turn:
            same.append(following)
            following = next(self._notes, None)
        for note in sorted(same, key=lambda note: note.rank) if first.lane == SHARED else same:
            self._do(note)
        self._arrange(following)

    def _do(self, note: Note) -> None:
        what = note.what
        if isinstance(what, Changed):
            remote = self._root.remotes[what.id]
            remote.status = what.status
            self._root.announce(remote)
            return
        container = self._containers[note.container]
        if container.tracer is None or container.status == "failed":
            return
        try:
            if isinstance(what, Ended):
                container.tracer.ended(what.correlation_id)
            else:
                container.tracer.observe(what)
        except BaseException as error:  # noqa: BLE001 - as on a bus: a tracer's failure is its container's
            container.event_bus.fail(error)
