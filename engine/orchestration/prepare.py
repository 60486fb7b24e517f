"""Before a run: plan, trace settings and data. Everything that can be refused is refused here, and nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from engine.config.schema import DataContainer, PortfolioContainer
from engine.market.load import DataRequest, load_bars
from engine.metrics.days import NS_PER_DAY
from engine.orchestration.estimate import estimate
from engine.orchestration.identity import plan_hash, run_correlation_id
from engine.orchestration.plan import make_plan
from engine.orchestration.problems import PlanError, PlanProblem
from engine.orchestration.tracing_setup import resolve_traces
from engine.trading.sizing import VolatilityTarget
from tracing.storage.paths import shared_folders

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from engine.config.locations import Locations
    from engine.config.schema import RunConfig
    from engine.market.bars import Bars
    from engine.orchestration.plan import Plan
    from tracing.settings import TraceSettings


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A run that only needs to be simulated. `hash` and `correlation_id` say what it is, `load_s` how long data took."""

    plan: Plan
    traces: Mapping[str, TraceSettings]
    bars: Mapping[str, Bars]
    warnings: Sequence[str]
    hash: str
    correlation_id: str
    load_s: float

    @property
    def folders(self) -> set[str]:
        """The folders that the run may write into, relative to its output folder."""
        paths = {settings.storage_path for settings in self.traces.values() if settings.storage_path}
        return {*self.plan.containers, *paths}


def prepare(config: RunConfig, locations: Locations, folder: Path) -> Prepared:
    """Plans the run of a config that stands in `folder`, and loads its data.

    Raises:
        PlanError: if the config cannot become a run.
        BadData: if market data cannot be used.
    """
    plan = make_plan(config, folder)
    traces = resolve_traces(plan, locations)
    check_folders(plan, traces)
    check_memory(plan, traces)
    began = perf_counter()
    data = load_bars(_requests(plan, locations), seed=config.seed)
    load_s = perf_counter() - began
    _check_lengths(plan, data.bars)
    return Prepared(
        plan=plan,
        traces=traces,
        bars=data.bars,
        warnings=data.warnings,
        hash=plan_hash(plan, traces, data.bars),
        correlation_id=run_correlation_id(plan, data.bars),
        load_s=load_s,
    )


def _requests(plan: Plan, locations: Locations) -> list[DataRequest]:
    places = {container.id: number for number, container in enumerate(plan.config.containers)}
    return [
        DataRequest(planned.id, planned.config.source, plan.folder, _place(locations, places[planned.id]))
        for planned in plan.of_type("data")
        if isinstance(planned.config, DataContainer)
    ]


def _place(locations: Locations, number: int) -> str:
    return str(locations.of(f"containers.{number}.source.path"))


def check_folders(plan: Plan, traces: Mapping[str, TraceSettings]) -> None:
    """Refuses event files of two containers in one folder (rule S8); the folder of one that writes none is its own."""
    places = {container.id: number for number, container in enumerate(plan.config.containers)}
    folders = {id_: (settings.may_stream and settings.storage_path) or id_ for id_, settings in traces.items()}
    problems = [
        PlanProblem(
            f"containers.{places.get(later, 0)}.event_tracing.storage_path", folders[later], f"{owner} has this folder"
        )
        for owner, later in shared_folders(folders)
    ]
    if problems:
        raise PlanError(problems)


def check_memory(plan: Plan, traces: Mapping[str, TraceSettings]) -> None:
    """Refuses a run that is estimated to need more memory than it may have."""
    limit = plan.config.memory_mb
    needed = None if limit is None else estimate(plan, traces).memory_mb
    if limit is not None and needed is not None and needed > limit:
        raise PlanError([PlanProblem("memory_mb", f"{limit:g}", f"the run is estimated to need {needed:,.1f} MiB")])


def _check_lengths(plan: Plan, bars: Mapping[str, Bars]) -> None:
    """Refuses what the lengths of a lane's bars do not allow."""
    problems: list[PlanProblem] = []
    for number, container in enumerate(plan.config.containers):
        if isinstance(container, PortfolioContainer):
            lengths = {bars[id_].bar_length: id_ for id_ in plan.data_of[container.id] if bars[id_].bar_length}
            problems += _length_problems(f"containers.{number}", container, lengths)
    if problems:
        raise PlanError(problems)


def _length_problems(path: str, portfolio: PortfolioContainer, lengths: Mapping[int, str]) -> Iterator[PlanProblem]:
    """Mixed lengths: whose bar is visible when cannot be told from the stamps (rule L3). And a year of unknown length."""
    if len(lengths) > 1:
        named = " and ".join(lengths.values())
        reason = "bars of different lengths cannot be mixed in a portfolio"
        yield PlanProblem(f"{path}.inputs", named, reason)
    sizing = portfolio.sizing
    if isinstance(sizing, VolatilityTarget) and sizing.bars_per_year is None and set(lengths) - {NS_PER_DAY}:
        yield PlanProblem(f"{path}.sizing.bars_per_year", "", "must be said where bars are not daily")
