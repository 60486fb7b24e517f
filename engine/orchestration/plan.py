"""The plan: a config fully resolved before any data is read. Who is there, who listens to whom, in which lane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.bus import SHARED
from engine.config.schema import (
    DataContainer,
    ExecutionContainer,
    PortfolioContainer,
    StrategyContainer,
)
from engine.orchestration.own_code import load_own_code
from engine.orchestration.plan_features import features_of
from engine.orchestration.portfolio_checks import portfolio_problems
from engine.orchestration.problems import PlanError, PlanProblem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from engine.config.schema import AnyContainer, RunConfig, Strategy
    from engine.features.spec import FeatureSpec
    from engine.orchestration.own_code import OwnModels
    from engine.strategies.user import UserStrategy

ROOT = "root_container"
DEFAULT_EXECUTION = "execution_default"
ACTING = ("feature", "strategy", "portfolio")
"""The types that work on what they hear; an analysis container only listens."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One container of the run. `lane` is that of the portfolio it serves alone, `rank` its place in declaration."""

    id: str
    type: str
    rank: int
    lane: int
    config: AnyContainer | None
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Who takes part in a run: `containers` by id, in order of declaration, the root last.

    `behind`: for each id everything it listens to, directly or not, nearest first. `data_of`: the data containers behind it, in order of declaration. `execution_of`: portfolio to
    execution container. `clients_of`: execution container to its portfolios. `lanes_of`: each id's dependent
    portfolios. `features_of`: the features that a container defines. `own_code`: the users' strategies by the id of the container that names them; `own_models`: what makes their
    cost models and sizings, by container, key and place in its list.
    """

    config: RunConfig
    folder: Path
    containers: Mapping[str, Planned]
    behind: Mapping[str, tuple[str, ...]]
    data_of: Mapping[str, tuple[str, ...]]
    execution_of: Mapping[str, str]
    clients_of: Mapping[str, tuple[str, ...]]
    lanes_of: Mapping[str, tuple[str, ...]]
    features_of: Mapping[str, Mapping[str, FeatureSpec]]
    own_code: Mapping[str, UserStrategy]
    own_models: OwnModels

    def portfolio(self, id_: str) -> PortfolioContainer:
        """The config of a portfolio.

        Raises:
            LookupError: if there is no portfolio of this id.
        """
        config = self.containers[id_].config
        if not isinstance(config, PortfolioContainer):
            raise LookupError(f"{id_} is no portfolio")  # noqa: TRY004 - the id is wrong, not a type
        return config

    def voices(self, id_: str) -> tuple[str, ...]:
        """The strategies that a portfolio follows: those among its inputs, in order, and its own under its own id."""
        heard = tuple(source for source in self.containers[id_].inputs if self.containers[source].type == "strategy")
        return heard if self.strategy(id_) is None else (*heard, id_)

    def strategy(self, id_: str) -> Strategy | None:
        """The strategy that a container defines, if any."""
        config = self.containers[id_].config
        return config.strategy if isinstance(config, StrategyContainer | PortfolioContainer) else None

    def features(self, id_: str) -> Mapping[str, FeatureSpec]:
        """The features that a container defines, by name; those that they read stand in them."""
        return self.features_of.get(id_, {})

    def readable_features(self, id_: str) -> dict[str, FeatureSpec]:
        """The features a container may read by name: its own, then those it hears, nearest first."""
        features: dict[str, FeatureSpec] = {}
        for source in reversed((id_, *self.behind.get(id_, ()))):
            features |= self.features(source)
        return features

    def dependents(self) -> dict[str, tuple[str, ...]]:
        """For each container those that cannot go on without it: who hears it and acts, and the clients of an execution."""
        found: dict[str, list[str]] = {id_: list(clients) for id_, clients in self.clients_of.items()}
        for planned in self.containers.values():
            if planned.type in ACTING:
                for source in self.behind[planned.id]:
                    found.setdefault(source, []).append(planned.id)
        return {id_: tuple(dependents) for id_, dependents in found.items()}

    def of_type(self, container_type: str) -> Iterator[Planned]:
        """The containers of one type, in order of declaration."""
        return (planned for planned in self.containers.values() if planned.type == container_type)


def make_plan(config: RunConfig, folder: Path) -> Plan:
    """Resolves a checked config; `folder` is the config's own, from which users' code is imported.

    Raises:
        PlanError: with every problem found.
    """
    return lay_out(config, folder, *load_own_code(config, folder))


def lay_out(
    config: RunConfig, folder: Path, own_code: Mapping[str, UserStrategy], own_models: OwnModels | None = None
) -> Plan:
    """The plan of a checked config with the users' code given; nothing is imported, so it can be looked at without any."""
    declared = {container.id: container for container in config.containers}
    inputs = {id_: tuple(getattr(container, "inputs", ())) for id_, container in declared.items()}
    behind = {id_: _behind(id_, inputs) for id_ in declared}
    execution_of = _execution_of(config)
    clients_of = _clients_of(execution_of)
    lanes_of = _lanes_of(declared, behind, clients_of)
    types = {id_: container.type for id_, container in declared.items()}
    data = tuple(id_ for id_, container in declared.items() if isinstance(container, DataContainer))
    if DEFAULT_EXECUTION in clients_of:
        types[DEFAULT_EXECUTION] = "execution"
    lanes = _lanes(types, lanes_of)
    containers = {
        id_: Planned(id_, kind, rank, lanes[id_], declared.get(id_), inputs.get(id_, ()))
        for rank, (id_, kind) in enumerate(types.items())
    }
    containers[ROOT] = Planned(ROOT, "root", len(containers), SHARED, None, ())
    plan = Plan(
        config=config,
        folder=folder,
        containers=containers,
        behind=behind,
        data_of={id_: _data_of(id_, data, behind) for id_ in declared},
        execution_of=execution_of,
        clients_of=clients_of,
        lanes_of=lanes_of,
        features_of=features_of(config, behind),
        own_code=own_code,
        own_models=own_models or {},
    )
    if problems := [*_symbol_problems(plan), *portfolio_problems(plan)]:
        raise PlanError(problems)
    return plan


def _symbol_problems(plan: Plan) -> Iterator[PlanProblem]:
    """A container that hears one symbol from two places: which of them is meant could not be told."""
    for number, container in enumerate(plan.config.containers):
        heard: dict[str, str] = {}
        for id_ in plan.data_of[container.id] if container.type in ACTING else ():
            symbol = _symbol(plan, id_)
            if symbol in heard:
                reason = f"{heard[symbol]} and {id_} are both of symbol {symbol!r}: hear one of them"
                yield PlanProblem(f"containers.{number}.inputs", id_, reason)
            heard[symbol] = id_
        benchmark = getattr(container, "benchmark", None)
        if benchmark is not None and heard.get(_symbol(plan, benchmark), benchmark) != benchmark:
            symbol = _symbol(plan, benchmark)
            reason = f"{heard[symbol]}, which it trades, is of symbol {symbol!r} too: name that, or give this a symbol of its own"
            yield PlanProblem(f"containers.{number}.benchmark", benchmark, reason)


def _symbol(plan: Plan, id_: str) -> str:
    config = plan.containers[id_].config
    return config.source.symbol if isinstance(config, DataContainer) else ""


def _execution_of(config: RunConfig) -> dict[str, str]:
    """A portfolio's own choice, else the only execution container there is, else one without costs."""
    declared = [container.id for container in config.containers if isinstance(container, ExecutionContainer)]
    default = declared[0] if len(declared) == 1 else DEFAULT_EXECUTION
    portfolios = (container for container in config.containers if isinstance(container, PortfolioContainer))
    return {portfolio.id: portfolio.execution or default for portfolio in portfolios}


def _clients_of(execution_of: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    clients: dict[str, list[str]] = {}
    for portfolio, execution in execution_of.items():
        clients.setdefault(execution, []).append(portfolio)
    return {execution: tuple(portfolios) for execution, portfolios in clients.items()}


def _lanes_of(
    declared: Mapping[str, AnyContainer],
    behind: Mapping[str, tuple[str, ...]],
    clients_of: Mapping[str, tuple[str, ...]],
) -> dict[str, tuple[str, ...]]:
    """Which portfolios fail if a container fails."""
    dependents: dict[str, dict[str, None]] = {}
    for id_, container in declared.items():
        if isinstance(container, PortfolioContainer):
            for source in (id_, *behind[id_]):
                dependents.setdefault(source, {})[id_] = None
    for execution, clients in clients_of.items():
        dependents.setdefault(execution, {}).update(dict.fromkeys(clients))
    return {id_: tuple(portfolios) for id_, portfolios in dependents.items()}


def _lanes(types: Mapping[str, str], lanes_of: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """Portfolios have lanes 1, 2, ...; a strategy or execution container that serves one alone is in its lane."""
    portfolios = [id_ for id_, kind in types.items() if kind == "portfolio"]
    own = {id_: lane for lane, id_ in enumerate(portfolios, 1)}
    lanes = dict.fromkeys(types, SHARED) | own
    for id_, kind in types.items():
        served = lanes_of.get(id_, ())
        if kind in ("strategy", "execution") and len(served) == 1:
            lanes[id_] = own[served[0]]
    return lanes


def _behind(id_: str, inputs: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    pending = list(inputs.get(id_, ()))
    for source in pending:
        if source not in found:
            found[source] = None
            pending.extend(inputs.get(source, ()))
    return tuple(found)


def _data_of(id_: str, data: tuple[str, ...], behind: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Those of the data containers that a container hears or is, in order of declaration."""
    heard = {id_, *behind[id_]}
    return tuple(other for other in data if other in heard)
