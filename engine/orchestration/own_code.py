"""The users' own code that a config names: imported and checked before anything runs (rules Y1, X8, P1)."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.config.schema import ExecutionContainer, OwnModel, PortfolioContainer, StrategyContainer, UserComponent
from engine.orchestration.own_strategies import load_own, own_parts
from engine.orchestration.problems import PlanError, PlanProblem
from engine.strategies.own_code import UserCodeError, checked, named_by
from engine.trading.own_models import OwnCommission, OwnModelCode, OwnSizing, OwnSlippage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from engine.config.schema import AnyContainer, RunConfig
    from engine.strategies.user import UserStrategy

    OwnModels = Mapping[tuple[str, str, int], Callable[[], Any]]

_ROLES: dict[str, tuple[type[OwnModelCode], str, str]] = {
    "commission": (OwnCommission, "commission", "deal"),
    "slippage": (OwnSlippage, "distance", "deal"),
    "sizing": (OwnSizing, "units", "entry"),
}
"""By key of the config: what a user's model becomes, the method a class must have, and what that is asked about."""


def own_models(container: AnyContainer) -> Iterator[tuple[str, int, OwnModel]]:
    """The users' models a container names: the key, the place in its list, and the model."""
    if isinstance(container, ExecutionContainer):
        listed: dict[str, Sequence[object]] = {"commission": container.commissions, "slippage": container.slippages}
    elif isinstance(container, PortfolioContainer):
        listed = {"sizing": [container.sizing]}
    else:
        return
    for key, models in listed.items():
        yield from ((key, place, model) for place, model in enumerate(models) if isinstance(model, OwnModel))


def load_own_code(config: RunConfig, folder: Path) -> tuple[dict[str, UserStrategy], OwnModels]:
    """The users' strategies by container, and what makes their models by (container, key, place in its list).

    Raises:
        PlanError: with everything that cannot be used.
    """
    strategies: dict[str, UserStrategy] = {}
    models: dict[tuple[str, str, int], Callable[[], Any]] = {}
    problems: list[PlanProblem] = []
    for number, container in enumerate(config.containers):
        strategy = container.strategy if isinstance(container, PortfolioContainer | StrategyContainer) else None
        if strategy is not None and own_parts(strategy):
            own, faults = load_own(strategy, folder)
            problems += [PlanProblem(f"containers.{number}.strategy{f.path}", f.value, f.reason) for f in faults]
            if own is not None:
                strategies[container.id] = own
        for key, place, model in own_models(container):
            try:
                models[container.id, key, place] = _model(key, model, folder)
            except UserCodeError as error:
                listed = isinstance(getattr(container, key), list)
                path = f"containers.{number}.{key}.{place}" if listed else f"containers.{number}.{key}"
                problems.append(_problem(path, model, error))
    if problems:
        raise PlanError(
            list({(problem.value, problem.reason): problem for problem in reversed(problems)}.values())[::-1]
        )
    return strategies, models


def _problem(path: str, component: UserComponent, error: UserCodeError) -> PlanProblem:
    value = str(component.parameters.get(error.key, component.name))
    return PlanProblem(f"{path}.{error.key}", value, str(error))


def _model(key: str, model: OwnModel, folder: Path) -> Callable[[], Any]:
    """What makes a fresh model: a function with its parameters bound, or the method of a new object."""
    adapter, method, asked = _ROLES[key]
    named = named_by(model.name, folder)
    if not callable(named):
        raise UserCodeError(f"{model.name} is neither a function nor a class")
    if not inspect.isclass(named):
        values = checked(model.name, named, model.parameters, asked)
        return lambda: adapter(model.name, lambda: partial(named, **values))
    values = checked(model.name, named, model.parameters)
    if not callable(getattr(named, method, None)):
        raise UserCodeError(f"class {model.name} has no {method}({asked})")
    return lambda: adapter(model.name, lambda: getattr(named(**values), method))
