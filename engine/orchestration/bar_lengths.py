"""Bars of several lengths in one portfolio: each is then known at its close, and not before (rule L3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.config.schema import DataContainer
from engine.market.bar_times import timed_by_close
from engine.market.durations import duration_text
from engine.market.sources import FileSource
from engine.orchestration.problems import PlanError, PlanProblem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.market.bars import Bars
    from engine.market.sources import Source
    from engine.orchestration.plan import Plan


@dataclass(frozen=True, slots=True, eq=False)
class Timed:
    """The bars by data container as a run shall see them, and remarks, one line each."""

    bars: Mapping[str, Bars]
    warnings: Sequence[str]


def time_bars(plan: Plan, bars: Mapping[str, Bars]) -> Timed:
    """Puts the bars of every portfolio that mixes lengths at their closes; all others stay as they are stamped.

    Raises:
        PlanError: where a length is unknown, or whether the stamps are those of opens or closes.
    """
    mixing = {id_: data for id_, data in _portfolios(plan) if _is_mixed([bars[each] for each in data])}
    problems = [problem for id_, data in mixing.items() for problem in _unsaid(plan, bars, id_, data)]
    if problems:
        raise PlanError(list({problem.path: problem for problem in problems}.values()))
    moved = {each for data in mixing.values() for each in data}
    timed = {id_: _timed(plan, id_, each) if id_ in moved else each for id_, each in bars.items()}
    return Timed(timed, [*_elsewhere(plan, mixing)])


def _portfolios(plan: Plan) -> Iterator[tuple[str, tuple[str, ...]]]:
    return ((planned.id, plan.data_of[planned.id]) for planned in plan.of_type("portfolio"))


def _is_mixed(several: Sequence[Bars]) -> bool:
    """One bar alone says nothing of its length, and is no length of its own."""
    return len({bars.bar_length for bars in several if bars.bar_length}) > 1


def _unsaid(plan: Plan, bars: Mapping[str, Bars], portfolio: str, data: Sequence[str]) -> Iterator[PlanProblem]:
    mix = ", ".join(f"{id_} of {duration_text(bars[id_].bar_length)}" for id_ in data)
    places = {container.id: number for number, container in enumerate(plan.config.containers)}
    for id_ in data:
        source = _source(plan, id_)
        path = f"containers.{places[id_]}.source"
        if source.stamped is None:
            reason = f"expected open or close, since {portfolio} mixes lengths of bars ({mix})"
            yield PlanProblem(f"{path}.stamped", "missing", reason)
        if not bars[id_].bar_length:
            reason = f"expected the length of the bar, since there is only one and {portfolio} mixes lengths ({mix})"
            yield PlanProblem(f"{path}.bar_length", "missing", reason)


def _timed(plan: Plan, id_: str, bars: Bars) -> Bars:
    source = _source(plan, id_)
    timezone = source.timezone if isinstance(source, FileSource) else None
    return timed_by_close(bars, source.stamped or "open", timezone)


def _elsewhere(plan: Plan, mixing: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Data that is put at its closes for one portfolio is at its closes for all."""
    for id_, data in _portfolios(plan):
        for each in data if id_ not in mixing else ():
            other = next((portfolio for portfolio, mixed in mixing.items() if each in mixed), None)
            if other is not None and _source(plan, each).stamped == "open":
                yield (
                    f"{each}: its bars are timed by their closes, also in {id_}, because {other} hears bars of other "
                    f"lengths beside them (a second data container over the same file would keep its stamps)"
                )


def _source(plan: Plan, id_: str) -> Source:
    config = plan.containers[id_].config
    if not isinstance(config, DataContainer):
        raise LookupError(f"{id_} is no data container")  # noqa: TRY004 - the id is wrong, not a type
    return config.source
