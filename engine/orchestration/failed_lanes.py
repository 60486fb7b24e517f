"""What would still be in memory of a portfolio that failed, and was shown no events: it is simulated again, and shown them (rule K8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.lanes.portfolio import LanePortfolio
from engine.orchestration.snapshots import take_snapshots
from engine.orchestration.tracing_setup import attach_tracers
from engine.orchestration.watchdog import LaneTimeoutError
from engine.orchestration.wiring import wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from engine.containers.base import Container
    from engine.orchestration.prepare import Prepared
    from engine.orchestration.scenery import Scenery
    from engine.orchestration.simulation import Simulation
    from tracing.tracer import EventTracer

_NOT_REPEATABLE = (OSError, MemoryError, LaneTimeoutError)
"""What the machine did, or how long it took: another simulation would come to something else."""


def trace_failed_lanes(
    prepared: Prepared, scenery: Scenery, folder: Path, simulation: Simulation, watch: Callable[[], None]
) -> dict[str, EventTracer]:
    """Tracers that hold what those of failed portfolios are to write, by id; their files go below `folder`.

    `watch` is called now and then; a run that is to stop is not kept waiting.
    """
    tracers: dict[str, EventTracer] = {}
    for id_, portfolio in _due(simulation, prepared):
        again = _simulate(prepared, scenery, folder, id_, tracers)

        def look(again: Simulation = again) -> None:
            watch()
            if simulation.agenda.stopped:
                again.stop()

        again.run(look)
        if again.containers[id_].status != "failed":
            del tracers[id_]
            continue
        portfolio.events_in_memory = None
        portfolio.tracer = tracers[id_]
    return tracers


def _due(simulation: Simulation, prepared: Prepared) -> Iterator[tuple[str, LanePortfolio]]:
    for id_, container in simulation.containers.items():
        settings, error = prepared.traces[id_], container.exception
        is_kept = settings.enabled and settings.storage_config.write_at_end and not settings.may_stream
        fails_again = error is not None and not isinstance(error, _NOT_REPEATABLE)
        if isinstance(container, LanePortfolio) and container.status == "failed" and is_kept and fails_again:
            yield id_, container


def _simulate(
    prepared: Prepared, scenery: Scenery, folder: Path, id_: str, tracers: dict[str, EventTracer]
) -> Simulation:
    """The portfolio with those that it needs, and nothing that would write but its tracer."""
    plan, every = prepared.plan, prepared.plan.config.results.snapshot_every

    def attach(containers: Mapping[str, Container]) -> None:
        portfolio = containers[id_]
        tracers.update(
            attach_tracers(
                plan,
                {id_: portfolio},
                prepared.traces,
                folder,
                lambda _: None,
                streams=prepared.streams,
                also_countable=True,
            )
        )
        if every and isinstance(portfolio, LanePortfolio):
            take_snapshots(portfolio, every, lambda _: None)  # books that do not add up are noticed where one is taken

    members = {id_, *plan.behind[id_], plan.execution_of[id_]}
    return wire(plan, scenery, attach, members=members, on_kernel=[id_], kernel=prepared.kernel)
