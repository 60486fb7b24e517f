"""What a portfolio says of strategies and symbols must fit those that it hears (rules P3, L1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.config.errors import nearest
from engine.config.schema import DataContainer, PortfolioContainer
from engine.orchestration.problems import PlanProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.orchestration.plan import Plan


def portfolio_problems(plan: Plan) -> Iterator[PlanProblem]:
    """What is wrong with the weights and combinations of the portfolios."""
    for number, container in enumerate(plan.config.containers):
        if isinstance(container, PortfolioContainer):
            yield from _combine_problems(plan, container, f"containers.{number}.combine")
            yield from _weight_problems(plan, container, f"containers.{number}.weights")


def _combine_problems(plan: Plan, portfolio: PortfolioContainer, path: str) -> Iterator[PlanProblem]:
    if portfolio.combine is None:
        return
    voices = plan.voices(portfolio.id)
    if len(voices) < 2:  # noqa: PLR2004 - several are at least two
        yield PlanProblem(path, portfolio.combine.name, "there is only one strategy here: nothing to combine")
    for id_ in portfolio.combine.weights:
        if id_ not in voices:
            reason = f"this portfolio follows no such strategy{nearest(id_, voices)}"
            yield PlanProblem(f"{path}.weights.{id_}", id_, reason)


def _weight_problems(plan: Plan, portfolio: PortfolioContainer, path: str) -> Iterator[PlanProblem]:
    if not portfolio.weights:
        return
    configs = (plan.containers[id_].config for id_ in plan.data_of[portfolio.id])
    symbols = [config.source.symbol for config in configs if isinstance(config, DataContainer)]
    for symbol in portfolio.weights:
        if symbol not in symbols:
            yield PlanProblem(
                f"{path}.{symbol}", symbol, f"this portfolio has no such symbol{nearest(symbol, symbols)}"
            )
    for symbol in symbols:
        if symbol not in portfolio.weights:
            yield PlanProblem(path, symbol, "this symbol of the portfolio has no weight: name all of them, or none")
