"""Shards: a run's lanes in parcels, each simulated by itself (rule Z1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path  # noqa: TC003 - NamedTuple evaluates it
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from engine.blame import said_by
from engine.bus import SHARED
from engine.containers.root import RootContainer
from engine.orchestration.board import Progress, count_containers
from engine.orchestration.lane_paths import most_in_a_shard
from engine.orchestration.own_code import load_own_code
from engine.orchestration.part import Part
from engine.orchestration.plan import ROOT
from engine.orchestration.results_folder import clear_results
from engine.orchestration.spool import Changed, Spool, Tap
from engine.orchestration.wiring import BEFORE_ALL

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from engine.containers.base import Container, Member
    from engine.containers.outlet import Published
    from engine.orchestration.board import ContainerCounts
    from engine.orchestration.part import Report
    from engine.orchestration.plan import Plan
    from engine.orchestration.prepare import Prepared
    from engine.orchestration.scenery import Scenery
    from engine.orchestration.simulation import Simulation
    from tracing.settings import TraceSettings

    Observe = Callable[[Simulation], Callable[[], None]]


class SharedFailureError(RuntimeError):
    """A container that lanes share failed in the turn of one of them, which the others could not see."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Some of the lanes; `number` tells it from the others of the run."""

    number: int
    lanes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ShardResult:
    """What came of a shard: reports by id, remarks, published events, and of the shared outlets by their label; `steps` it has seen.

    `broken_off` says why it ended before its time, None if it did not, or because somebody asked for it.
    """

    reports: dict[str, Report]
    remarks: list[str]
    steps: int
    events: int
    shared_events: dict[str, Published]
    broken_off: str | None

    @property
    def progress(self) -> Progress:
        """The same as numbers, for those who watch the run."""
        return Progress(self.steps, self.events, *lane_counts(self.reports)[2:], open_trades_of(self.reports))


def lane_counts(reports: Mapping[str, Report]) -> ContainerCounts:
    """The containers of reports by status, the root not among them."""
    return count_containers([report.status for id_, report in reports.items() if id_ != ROOT])


def open_trades_of(reports: Mapping[str, Report]) -> int:
    """Positions that were open in the end."""
    return sum(int(report.metrics.get("open_trades") or 0) for report in reports.values())


def parcel(plan: Plan, workers: int, on_kernel: Collection[str] = ()) -> list[Shard]:
    """The lanes of a plan in order, in shards for so many workers.

    The portfolios in `on_kernel` are simulated by the kernel, and not observed.
    """
    lanes = [planned.lane for planned in plan.of_type("portfolio")]
    size = most_in_a_shard(len(lanes), workers, unobserved=len(on_kernel) == len(lanes))
    return [Shard(n, tuple(lanes[start : start + size])) for n, start in enumerate(range(0, len(lanes), size))]


def taking_part(plan: Plan, lanes: Collection[int], traces: Mapping[str, TraceSettings]) -> set[str]:
    """The ids of the containers that lanes need: their own, those behind them, and those that trace what they do."""
    own = set(lanes)
    ids = {id_ for id_, planned in plan.containers.items() if planned.lane in own}
    behind = {source for id_ in ids for source in plan.heard_by(id_)}
    desks = {plan.execution_of[id_] for id_ in ids if id_ in plan.execution_of}
    watched = {id_ for id_, traced in traces.items() if traced.enabled and plan.containers[id_].lane == SHARED}
    heard = {source for id_ in watched for source in plan.heard_by(id_) if plan.containers[source].lane == SHARED}
    return ids | behind | desks | watched | heard | {ROOT}


class Places(NamedTuple):
    """Where a run's files are: its results, the spools, and the board."""

    results: Path
    spools: Path
    board: Path

    def spool(self, shard: Shard) -> Path:
        """The spool of a shard; one that is split goes on in its own and in new ones."""
        return self.spools / f"{shard.lanes[0]}.spool"


class LaneRoot(RootContainer):
    """The root of a shard: what it would announce of its lanes is noted, the rest is not its business."""

    spool: Spool

    def start(self) -> None:
        """Begins nothing: the run begins elsewhere."""

    def announce(self, container: Member) -> None:
        """Notes that a container of a lane has another status.

        Raises:
            SharedFailureError: if it is a shared one that failed in a lane's turn.
        """
        if container.lane != SHARED:
            self.spool.note(ROOT, container.container_id, Changed(container.container_id, container.status))
        elif self.outlet.agenda.lane != SHARED:
            raise SharedFailureError(container.container_id)

    def end(self, status: str) -> None:
        """Gives those who were still running their last status."""
        for container in self.others:
            if container.status == "running":
                container.status = status


def travelling(prepared: Prepared) -> Prepared:
    """What another process needs of it: users' code is imported there, for its own containers."""
    return replace(prepared, plan=replace(prepared.plan, own_code={}, own_models={}), warnings=())


def _with_own_code(plan: Plan, members: Collection[str]) -> Plan:
    """The plan with the users' code of its members; they keep it if they have it."""
    if plan.own_code or plan.own_models:
        return plan
    config = msgspec.structs.replace(plan.config, containers=[c for c in plan.config.containers if c.id in members])
    own_code, own_models = load_own_code(config, plan.folder)
    return replace(plan, own_code=own_code, own_models=own_models)


def clear_lanes(folder: Path, prepared: Prepared, lanes: Collection[int]) -> list[str]:
    """Takes away what lanes wrote that cannot go on with it; returns the ids of their containers."""
    own = [id_ for id_, planned in prepared.plan.containers.items() if planned.lane in lanes]
    clear_results(folder, [*own, *(prepared.traces[id_].storage_path or id_ for id_ in own)])
    return own


def abandon(
    prepared: Prepared,
    scenery: Scenery,
    folder: Path,
    lanes: Collection[int],
    *,
    status: str,
    error: str | BaseException | None,
) -> dict[str, Report]:
    """Reports for lanes that were not simulated, and their metrics.json, as of lanes that ended before their first bar."""
    plan = prepared.plan
    prepared = replace(prepared, on_kernel=frozenset())  # nothing is simulated: no lane of the kernel is opened
    own = clear_lanes(folder, prepared, lanes)
    members = taking_part(plan, lanes, {})
    part = Part(prepared, scenery, folder, lambda _: None, members=members, prepare=lambda _: {})
    measured = {}
    for id_ in own:
        container = part.simulation.containers[id_]
        container.status = status
        if isinstance(error, BaseException):
            container.exception, container.error = error, said_by(error)
        else:
            container.error = error
        measured[id_] = container.metrics()
    return part.report(measured)


def simulate_shard(prepared: Prepared, scenery: Scenery, places: Places, shard: Shard, observe: Observe) -> ShardResult:
    """Simulates a shard to its end; its lanes write their files into the results, what they bring to others into a spool.

    `observe` gets the simulation before it runs, and returns what is called now and then.

    Raises:
        SharedFailureError: if the lanes cannot be told from the others any more.
        OSError: if the spool cannot be written.
    """
    remarks: list[str] = []
    members = taking_part(prepared.plan, shard.lanes, prepared.traces)
    plan, traces = _with_own_code(prepared.plan, members), prepared.traces
    prepared = replace(prepared, plan=plan)
    root = LaneRoot(ROOT, rank=BEFORE_ALL)

    def tap(containers: Mapping[str, Container]) -> Mapping[str, Container]:
        root.spool = Spool(places.spool(shard), root.outlet.agenda, plan.containers)
        for id_, container in containers.items():
            if container.lane == SHARED and traces[id_].enabled:
                container.event_bus.attach_observer(Tap(root.spool, id_, traces[id_].event_types))
        return {id_: container for id_, container in containers.items() if container.lane != SHARED}

    part = Part(prepared, scenery, places.results, remarks.append, members=members, root=root, prepare=tap)
    try:
        measured = part.run(observe(part.simulation))
        root.end("completed")
    finally:
        root.spool.close()
    outlets = part.simulation.outlets
    return ShardResult(
        reports=part.report(measured),
        remarks=remarks,
        steps=part.simulation.agenda.step + 1,
        events=sum(outlet.all_published().total for outlet in outlets if outlet.lane != SHARED),
        shared_events={outlet.label: outlet.all_published() for outlet in outlets if outlet.lane == SHARED},
        broken_off=part.broken_off,
    )
