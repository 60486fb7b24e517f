"""What would run, and which line of the config decided it: the plan looked at without reading data or importing anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.config.schema import DataContainer
from engine.config.written import WrittenValue, values_of_container, values_of_run
from engine.kernel.library import kernel_of
from engine.orchestration.estimate import Estimate, estimate
from engine.orchestration.idle_traces import idle_traces
from engine.orchestration.lane_paths import LanePath, lane_paths, lanes_on_kernel
from engine.orchestration.own_code import own_models
from engine.orchestration.own_strategies import own_parts
from engine.orchestration.planning import lay_out
from engine.orchestration.prepare import check_folders, tight_memory, too_little_memory
from engine.orchestration.row_counts import expected_bars
from engine.orchestration.tracing_setup import resolve_with_origins
from engine.orchestration.unused import unused
from engine.strategies.registered import package_of, registered_strategies
from tracing.layers import BUILT_IN, ON_THE_COMMAND_LINE
from tracing.patterns import specificity
from tracing.settings import TraceSettings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from engine.config.errors import ConfigProblem
    from engine.config.locations import Locations
    from engine.config.schema import RunConfig
    from engine.kernel.library import Kernel
    from engine.orchestration.plan import Plan, Planned
    from tracing.layers import Origin
    from tracing.resolve import ResolvedTrace

COMMAND_LINE = "--set"
"""The layer above all others: what was given beside the file."""
_EVENT_PATH: Final = "event"
"""How everything but portfolios is computed."""
_LOWEST_LAYERS = ("built-in", "trace_settings.default", "trace_settings")
_HIGHEST_LAYERS = ("pattern", "event_tracing", ON_THE_COMMAND_LINE)


class Decided(msgspec.Struct, frozen=True):
    """The value of a trace field with the layer that decided it.

    `pattern`, `line` and `file` are None where there is none; for the command line, `file` is the option as it was typed.
    """

    value: Any
    layer: str
    pattern: str | None
    line: int | None
    file: str | None


Trace = dict[str, Decided]


class Settings(msgspec.Struct, frozen=True):
    """What is written of some containers in one place, several if a sweep makes them; `values` are those of the first."""

    ids: list[str]
    values: list[WrittenValue]


@dataclass(frozen=True, slots=True)
class OwnCode:
    """A strategy, cost model or sizing that a run will import: the container that names it, and the module or package it comes from."""

    container_id: str
    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A plan explained.

    `traces` by container id, `own_code` that a run would import, `paths` of the portfolios, and the `kernel` by which a run
    simulates some of them. `locations` say where everything is written; what is `odd` about the plan and what is `missing`
    beside it, with their places, deserve a warning.
    """

    plan: Plan
    locations: Locations
    traces: Mapping[str, Trace]
    estimate: Estimate
    own_code: tuple[OwnCode, ...]
    odd: tuple[ConfigProblem, ...]
    missing: tuple[ConfigProblem, ...]
    paths: Mapping[str, LanePath]
    kernel: Kernel

    @property
    def warnings(self) -> tuple[ConfigProblem, ...]:
        """All that deserves a warning."""
        return (*self.odd, *self.missing)

    def path(self, planned: Planned) -> str:
        """How a container is simulated."""
        taken = self.paths.get(planned.id)
        return _EVENT_PATH if taken is None else taken.path

    def run_settings(self) -> list[WrittenValue]:
        """The settings of the run as a whole, each with where it comes from."""
        return values_of_run(self.plan.config, self.locations)

    def settings(self, ids: Collection[str]) -> list[Settings]:
        """The settings of declared containers, those that a sweep makes together."""
        rows: dict[str, Settings] = {}
        for number, container in enumerate(self.plan.config.containers):
            if container.id in ids:
                row = self.locations.row_of(number)
                if row not in rows:
                    rows[row] = Settings([], values_of_container(container, number, self.locations))
                rows[row].ids.append(container.id)
        return list(rows.values())


def explain(
    config: RunConfig, locations: Locations, folder: Path, *, path: str = "auto", workers: int | None = None
) -> Explanation:
    """Explains a checked config that stands in `folder`, run by this `path` and so many `workers`.

    Raises:
        PlanError: if the config cannot become a run.
    """
    plan = lay_out(config, folder, {})
    resolved = resolve_with_origins(plan, locations)
    check_folders(resolved)
    settings = {id_: each.settings for id_, each in resolved.items()}
    shared = {id(each): _trace(each, locations) for each in resolved.values()}
    paths = lane_paths(plan, settings)
    if path == _EVENT_PATH:
        paths = dict.fromkeys(paths, LanePath(_EVENT_PATH, "--path event asks for it"))
    needs = estimate(plan, settings, lanes_on_kernel(paths, path), workers)
    return Explanation(
        plan=plan,
        locations=locations,
        traces={id_: shared[id(each)] for id_, each in resolved.items()},
        estimate=needs,
        own_code=tuple(_own_code(plan)),
        odd=(
            *unused(plan, settings, locations),
            *idle_traces(plan, resolved, locations),
            *_refusal(plan, needs, locations),
            *tight_memory(plan, needs, locations),
        ),
        missing=tuple(_missing_data(plan, locations)),
        paths=paths,
        kernel=kernel_of(path),
    )


def _trace(resolved: ResolvedTrace, locations: Locations) -> Trace:
    values = msgspec.to_builtins(resolved.settings)
    return {
        name: _decided(values[name], _origin(name, resolved.origins), locations)
        for name in TraceSettings.__struct_fields__
    }


def _decided(value: object, origin: Origin, locations: Locations) -> Decided:
    if origin.path is None:
        return Decided(value, origin.layer, None, None, None)
    mark = locations.of(origin.path)
    if mark.is_option:
        return Decided(value, COMMAND_LINE, origin.pattern, None, mark.path)
    return Decided(value, origin.layer, origin.pattern, mark.line, mark.path)


def _origin(field: str, origins: Mapping[str, Origin]) -> Origin:
    """Where a field comes from; one that is decided part by part comes from the highest layer that names a part."""
    parts = [origin for name, origin in origins.items() if name == field or name.startswith(f"{field}.")]
    return max(parts, key=_height, default=BUILT_IN)


def _height(origin: Origin) -> tuple[int, tuple[int, int], int]:
    """The order of rule R1, and of R2 among patterns."""
    if origin.layer in _LOWEST_LAYERS:
        height = _LOWEST_LAYERS.index(origin.layer)
    elif origin.layer in _HIGHEST_LAYERS:
        height = len(_LOWEST_LAYERS) + 1 + _HIGHEST_LAYERS.index(origin.layer)
    else:
        height = len(_LOWEST_LAYERS)
    return height, specificity(origin.pattern or ""), origin.line or 0


def _own_code(plan: Plan) -> Iterator[OwnCode]:
    for id_ in plan.containers:
        strategy = plan.strategy(id_)
        for _, part in own_parts(strategy) if strategy is not None else ():
            yield OwnCode(id_, part.name, _code_origin(part.name))
    for container in plan.config.containers:
        for _, _, model in own_models(container):
            yield OwnCode(container.id, model.name, _code_origin(model.name))


def _code_origin(name: str) -> str:
    if "." in name:
        return f"module {name.rpartition('.')[0]}"
    point = registered_strategies().strategies.get(name)
    return "refused: " + registered_strategies().refused[name] if point is None else f"package {package_of(point)}"


def _refusal(plan: Plan, needs: Estimate, locations: Locations) -> Iterator[ConfigProblem]:
    """What `run` would refuse."""
    if problem := too_little_memory(plan, needs):
        yield locations.problem(problem.path, problem.value, f"{problem.reason}; it will be refused")


def _missing_data(plan: Plan, locations: Locations) -> Iterator[ConfigProblem]:
    for number, container in enumerate(plan.config.containers):
        if isinstance(container, DataContainer) and expected_bars(container.source, plan.folder) is None:
            key = f"containers.{number}.source.path"
            path = getattr(container.source, "path", "")
            yield locations.problem(key, path, "there is no such file; the estimate counts it as empty")
