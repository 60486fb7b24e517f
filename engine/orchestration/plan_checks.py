"""What containers say of strategies and symbols must fit those that they hear (rules P3, L1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.config.errors import nearest
from engine.config.schema import DataContainer, PortfolioContainer
from engine.orchestration.plan import ACTING
from engine.orchestration.problems import PlanProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.orchestration.plan import Plan


def plan_problems(plan: Plan) -> Iterator[PlanProblem]:
    """What is wrong with what containers hear, and with the weights and combinations of the portfolios."""
    yield from _symbol_problems(plan)
    for number, container in enumerate(plan.config.containers):
        if isinstance(container, PortfolioContainer):
            yield from _combine_problems(plan, container, f"containers.{number}.combine")
            yield from _weight_problems(plan, container, f"containers.{number}.weights")


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
