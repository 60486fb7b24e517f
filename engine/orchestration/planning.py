"""A plan from a checked config: who depends on whom, which lane everybody is in, who executes whose orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.bus import SHARED
from engine.config.schema import DataContainer, ExecutionContainer, PortfolioContainer
from engine.orchestration.own_code import load_own_code
from engine.orchestration.plan import DEFAULT_EXECUTION, ROOT, Plan, Planned
from engine.orchestration.plan_checks import event_type_problems, plan_problems
from engine.orchestration.plan_features import features_of
from engine.orchestration.problems import PlanError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engine.config.schema import AnyContainer, RunConfig
    from engine.orchestration.own_code import OwnModels
    from engine.strategies.user import UserStrategy


def make_plan(config: RunConfig, folder: Path) -> Plan:
    """Resolves a checked config; `folder` is the config's own, from which users' code is imported.

    Raises:
        PlanError: with every problem found.
    """
    plan = lay_out(config, folder, *load_own_code(config, folder))
    if problems := list(event_type_problems(plan)):
        raise PlanError(problems)
    return plan


def lay_out(
    config: RunConfig, folder: Path, own_code: Mapping[str, UserStrategy], own_models: OwnModels | None = None
) -> Plan:
    """The plan of a checked config with the users' code given; nothing is imported, so it can be looked at without any.

    Raises:
        PlanError: with every problem found.
    """
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
    if problems := list(plan_problems(plan)):
        raise PlanError(problems)
    return plan


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
