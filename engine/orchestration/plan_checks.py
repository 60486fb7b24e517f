"""What containers say of strategies and symbols must fit those that they hear (rules P3, L1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.config.schema import DataContainer, PortfolioContainer
from engine.events import EVENT_TYPES
from engine.guesses import nearest
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


def event_type_problems(plan: Plan) -> Iterator[PlanProblem]:
    """The event types that trace settings name but nobody of this run publishes (rule E4)."""
    known = (*EVENT_TYPES, *plan.own_event_types)
    for path, name in _traced_types(plan.config, ""):
        if name not in known:
            own = ", ".join(plan.own_event_types)
            otherwise = (
                f": its strategies publish {own}" if own else ": no strategy of this run publishes events of its own"
            )
            yield PlanProblem(path, name, f"expected an event type{nearest(name, known) or otherwise}")


def _traced_types(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Every event type in a config that is listed to be traced, with its path."""
    parts: list[tuple[object, object]]
    if isinstance(value, msgspec.Struct):
        parts = [(name, getattr(value, name)) for name in value.__struct_fields__]
    elif isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list):
        parts = list(enumerate(value))
    else:
        return
    for name, part in parts:
        place = f"{path}.{name}" if path else str(name)
        if name in ("events_to_trace", "event_tracing") and isinstance(part, list):
            yield from ((f"{place}.{number}", event_type) for number, event_type in enumerate(part))
        else:
            yield from _traced_types(part, place)
