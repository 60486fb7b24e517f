"""The root container is the run itself: its start and end, and what became of the containers (rule L10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.agenda import Phase
from engine.containers.base import Container, Measured, Member
from engine.events import ContainerStatus, RunEnd, RunStart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.containers.outlet import Outlet

RUN_START_ID = "root_container:RUN_START:1"


class RootContainer(Container):
    """Publishes RUN_START first and RUN_END last; its metrics are totals over the portfolios."""

    type = "root"
    counted = ("RUN_START", "CONTAINER_STATUS", "RUN_END")
    outlet: Outlet
    closing_outlet: Outlet
    others: Sequence[Member]
    run_name: str
    last_step: int

    def start(self) -> None:
        """Arranges for the beginning and the end of the run."""
        self.outlet.wake(0, Phase.START, self._begin)
        self.closing_outlet.wake(self.last_step, Phase.END, self._end)

    def announce(self, container: Member) -> None:
        """Dispatches the status a container has now, as part of the work under way."""
        event_id = self.outlet.identify("CONTAINER_STATUS")
        if self.outlet.wants("CONTAINER_STATUS"):
            event = ContainerStatus(
                timestamp=self.outlet.now,
                source=self.container_id,
                event_id=event_id,
                correlation_id=None,
                causation_id=None,
                what=container.type,
                id=container.container_id,
                status=container.status,
            )
            self.outlet.dispatch(event)

    def metrics(self) -> Measured:
        """Totals over the portfolios, and how many containers ended in each status."""
        totals: dict[str, float | int | None] = {"containers": len(self.others)}
        for status in ("completed", "failed", "interrupted", "running"):
            totals[status] = sum(container.status == status for container in self.others)
        portfolios = [container.metrics()[0] for container in self.others if container.type == "portfolio"]
        totals["portfolios"] = len(portfolios)
        for name in ("total_trades", "total_pnl", "total_commission", "total_slippage", "orders", "fills"):
            total: float | int = 0
            for metrics in portfolios:
                total += metrics.get(name) or 0
            totals[name] = total
        return totals | super().metrics()[0], {}

    def event_counts(self) -> dict[str, int]:
        """What it said of the run and of the containers."""
        return {**super().event_counts(), **self.outlet.named}

    def _begin(self, _: object) -> None:
        self.outlet.identify("RUN_START")
        if self.outlet.wants("RUN_START"):
            self.outlet.dispatch(RunStart(*self._stamp(RUN_START_ID), "run", self.run_name, "running"))
        for container in self.others:
            self.announce(container)

    def _end(self, _: object) -> None:
        self.end("completed")

    def end(self, status: str) -> None:
        """Says how those ended who were still running, and that the run has ended."""
        event_id = self.outlet.identify("RUN_END")
        failed = any(container.status == "failed" for container in self.others)
        for container in self.others:
            if container.status == "running":
                container.status = status
                self.announce(container)
        self.status = "failed" if failed and status == "completed" else status
        if self.outlet.wants("RUN_END"):
            self.outlet.dispatch(RunEnd(*self._stamp(event_id), "run", self.run_name, self.status))

    def _stamp(self, event_id: str) -> tuple[int, str, str, None, None]:
        return self.outlet.now, self.container_id, event_id, None, None
