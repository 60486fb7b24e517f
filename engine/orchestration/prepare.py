"""Before a run: plan, trace settings and data. Everything that can be refused is refused here, and nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from time import perf_counter
from typing import TYPE_CHECKING, Any

from engine.config.schema import DataContainer, PortfolioContainer
from engine.kernel.library import kernel_of
from engine.market.load import DataRequest, load_bars
from engine.metrics.year import NS_PER_DAY
from engine.orchestration.bar_lengths import time_bars
from engine.orchestration.estimate import estimate
from engine.orchestration.identity import plan_hash, run_correlation_id
from engine.orchestration.idle_traces import idle_traces
from engine.orchestration.lane_paths import lane_paths, lanes_on_kernel, shown_lanes
from engine.orchestration.plan import ACTING
from engine.orchestration.planning import make_plan
from engine.orchestration.problems import PlanError, PlanProblem
from engine.orchestration.tracing_setup import resolve_with_origins
from engine.orchestration.unknown import hopeless
from engine.orchestration.unused import unused
from engine.trading.sizing import VolatilityTarget
from tracing.storage.paths import shared_folders

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from engine.config.errors import ConfigProblem
    from engine.config.locations import Locations
    from engine.config.schema import RunConfig
    from engine.config.sweep import Parameters
    from engine.kernel.library import Kernel
    from engine.market.bars import Bars
    from engine.market.reader_call import Reader
    from engine.orchestration.estimate import Estimate
    from engine.orchestration.lane_paths import LanePath
    from engine.orchestration.plan import Plan
    from tracing.resolve import ResolvedTrace
    from tracing.settings import TraceSettings


_NO_SWEEPS: Mapping[str, Parameters] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A run that only needs to be simulated.

    `hash` and `correlation_id` say what it is, `load_s` how long data took, `paths` how each portfolio can be simulated,
    `on_kernel` the portfolios that the kernel will simulate, `path` by which it was asked for, `streams` how many containers may write events, `parameters`
    the values of sweeps behind each container that has any.
    """

    plan: Plan
    traces: Mapping[str, TraceSettings]
    bars: Mapping[str, Bars]
    warnings: Sequence[ConfigProblem | str]
    hash: str
    correlation_id: str
    load_s: float
    paths: Mapping[str, LanePath]
    on_kernel: frozenset[str]
    path: str
    streams: int
    parameters: Mapping[str, Parameters]

    @property
    def kernel(self) -> Kernel:
        """What simulates those of `on_kernel`."""
        return kernel_of(self.path)

    @property
    def shown(self) -> frozenset[str]:
        """Those of `on_kernel` that are observed, or their execution is: events are made for them."""
        return shown_lanes(self.plan, self.traces, self.on_kernel)

    @property
    def folders(self) -> set[str]:
        """The folders that the run may write into, relative to its output folder."""
        paths = {settings.storage_path for settings in self.traces.values() if settings.storage_path}
        return {*self.plan.containers, *paths}


def prepare(
    config: RunConfig,
    locations: Locations,
    folder: Path,
    reader: Reader | None = None,
    *,
    path: str = "auto",
    workers: int | None = None,
    parameters: Mapping[str, Parameters] = _NO_SWEEPS,
) -> Prepared:
    """Plans the run of a config that stands in `folder`, and loads its data, by a `reader` that may have been started.

    Portfolios that can be are simulated by the kernel, unless the `path` is "event", and by the interpreted one if it is "python";
    by so many `workers`, or as many as it is worth. `parameters` are what sweeps gave their containers, by id.

    Raises:
        PlanError: if the config cannot become a run.
        BadData: if market data cannot be used.
    """
    plan = make_plan(config, folder)
    resolved = resolve_with_origins(plan, locations)
    check_folders(resolved)
    traces = {id_: each.settings for id_, each in resolved.items()}
    paths = lane_paths(plan, traces)
    on_kernel = lanes_on_kernel(paths, path)
    tight = check_memory(plan, locations, traces, on_kernel, workers)
    began = perf_counter()
    data = load_bars(data_requests(plan, locations), seed=config.seed, reader=reader)
    load_s = perf_counter() - began
    _check_lengths(plan, data.bars)
    timed = time_bars(plan, data.bars)
    return Prepared(
        plan=plan,
        traces=traces,
        bars=timed.bars,
        warnings=[
            *unused(plan, traces, locations),
            *idle_traces(plan, resolved, locations),
            *hopeless(plan, timed.bars, locations),
            *tight,
            *data.warnings,
            *timed.warnings,
        ],
        hash=plan_hash(plan, traces, timed.bars),
        correlation_id=run_correlation_id(plan, timed.bars),
        load_s=load_s,
        paths=paths,
        on_kernel=on_kernel,
        path=path,
        streams=sum(settings.may_stream for settings in traces.values()),
        parameters=swept_parameters(plan, parameters),
    )


def swept_parameters(plan: Plan, own: Mapping[str, Parameters]) -> dict[str, Parameters]:
    """The parameters of each container that has any: its `own`, then those of what it works with, nearest first.

    A feature, strategy or portfolio container works with what it listens to, a portfolio with its execution container too.
    Where these disagree about a name that is not its own, that name is left out.
    """
    return {id_: found for id_ in plan.containers if own and (found := _parameters_of(plan, own, id_))}


def _parameters_of(plan: Plan, own: Mapping[str, Parameters], id_: str) -> Parameters:
    planned = plan.containers[id_]
    sources = (*plan.behind[id_], plan.execution_of.get(id_, "")) if planned.type in ACTING else ()
    swept = [source for source in sources if source in own]
    if not swept:
        return own.get(id_, {})
    found: dict[str, Any] = {}
    disputed: set[str] = set()
    for name, value in chain.from_iterable(own[source].items() for source in swept):
        if found.setdefault(name, value) != value:
            disputed.add(name)
    inherited = {name: value for name, value in found.items() if name not in disputed}
    return {**own.get(id_, {}), **inherited, **own.get(id_, {})}


def data_requests(plan: Plan, locations: Locations) -> list[DataRequest]:
    """The data that the containers of a plan ask for, in order of declaration."""
    places = {container.id: number for number, container in enumerate(plan.config.containers)}
    return [
        DataRequest(planned.id, planned.config.source, plan.folder, _place(locations, places[planned.id]))
        for planned in plan.of_type("data")
        if isinstance(planned.config, DataContainer)
    ]


def _place(locations: Locations, number: int) -> str:
    return str(locations.of(f"containers.{number}.source.path"))


def check_folders(traces: Mapping[str, ResolvedTrace]) -> None:
    """Refuses event files of two containers in one folder, or below another's (rule S8).

    The folder of one that is never traced is its own.
    """
    settings = {id_: each.settings for id_, each in traces.items()}
    folders = {id_: (each.may_trace and each.storage_path) or id_ for id_, each in settings.items()}
    problems = [
        PlanProblem(
            traces[later].origins["storage_path"].path or "",
            folders[later],
            f"the folder of {later} would be in that of {owner}: expected one of its own",
        )
        for owner, later in shared_folders(folders)
    ]
    if problems:
        raise PlanError(problems)


def check_memory(
    plan: Plan,
    locations: Locations,
    traces: Mapping[str, TraceSettings],
    on_kernel: frozenset[str],
    workers: int | None = None,
) -> list[ConfigProblem]:
    """Refuses a run that certainly needs more memory than it may have; one that only may need it deserves a warning."""
    if plan.config.memory_mb is None:
        return []
    needs = estimate(plan, traces, on_kernel, workers)
    if problem := too_little_memory(plan, needs):
        raise PlanError([problem])
    return [*tight_memory(plan, needs, locations)]


def too_little_memory(plan: Plan, needs: Estimate) -> PlanProblem | None:
    """What is wrong if a run may have less memory than it certainly needs."""
    limit = plan.config.memory_mb
    if limit is None or needs.least_memory_mb <= limit:
        return None
    reason = f"the run needs at least {needs.least_memory_mb:,.1f} MiB, and is estimated to need {needs.memory_mb:,.1f}"
    return PlanProblem("memory_mb", f"{limit:g}", reason)


def tight_memory(plan: Plan, needs: Estimate, locations: Locations) -> Iterator[ConfigProblem]:
    """What is odd if a run may have less memory than the most that it is estimated to need."""
    limit = plan.config.memory_mb
    if limit is not None and needs.least_memory_mb <= limit < needs.memory_mb:
        reason = f"the run may need up to {needs.memory_mb:,.1f} MiB, and is ended if it comes to hold more than this"
        yield locations.problem("memory_mb", f"{limit:g}", reason)


def _check_lengths(plan: Plan, bars: Mapping[str, Bars]) -> None:
    """Refuses a volatility target over bars whose number in a year is not known."""
    problems: list[PlanProblem] = []
    for number, container in enumerate(plan.config.containers):
        sizing = container.sizing if isinstance(container, PortfolioContainer) else None
        if isinstance(sizing, VolatilityTarget) and sizing.bars_per_year is None:
            lengths = {bars[id_].bar_length for id_ in plan.data_of[container.id]}
            if any(0 < length < NS_PER_DAY for length in lengths):
                reason = "must be said where there are several bars a day"
                problems.append(PlanProblem(f"containers.{number}.sizing.bars_per_year", "", reason))
    if problems:
        raise PlanError(problems)
