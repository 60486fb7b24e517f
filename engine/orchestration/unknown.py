"""What a run cannot come to because of its data: features that never have a value, orders that no volume ever fills."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from msgspec import structs

from engine.config.schema import ExecutionContainer
from engine.features.indicators import lookback
from engine.features.spec import FeatureOutput
from engine.orchestration.unused import Unused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.config.errors import ConfigProblem
    from engine.config.locations import Locations
    from engine.config.node import Mark
    from engine.features.spec import FeatureSpec
    from engine.market.bars import Bars
    from engine.orchestration.plan import Plan
    from engine.orchestration.scenery import Scenery

MOST_NAMED = 5
"""Features without a value that are named at the end of a run, each with the data; the rest is counted."""


class Defined(NamedTuple):
    """A feature where it is defined, and one of the data containers that it reads."""

    id: str
    name: str
    spec: FeatureSpec
    data: str


def hopeless(plan: Plan, bars: Mapping[str, Bars], locations: Locations) -> list[ConfigProblem]:
    """A warning for each feature that needs more bars than there are, and for each participation in no volume.

    Of what one place in the config makes, a sweep or several symbols, the first is named and the others are counted.
    """
    numbers = {container.id: number for number, container in enumerate(plan.config.containers)}
    found = [
        *(
            Unused(
                f"containers.{numbers[each.id]}.features.{each.name}",
                each.spec.indicator,
                f"never has a value: it needs {bars_needed(each.spec):,} bars, {each.data} has {len(bars[each.data]):,}",
            )
            for each in _defined(plan)
            if len(bars[each.data]) < bars_needed(each.spec)
        ),
        *(
            Unused(
                f"containers.{numbers[execution]}.participation",
                "",
                f"fills nothing: the volume of {data} is 0 throughout",
            )
            for execution, data in _without_volume(plan, bars)
        ),
    ]
    problems = [locations.problem(each.path, each.value, each.reason) for each in found]
    by_place: dict[Mark, list[ConfigProblem]] = {}
    for problem in problems:
        by_place.setdefault(problem.at, []).append(problem)
    return [_first(some) for some in by_place.values()]


def _first(some: list[ConfigProblem]) -> ConfigProblem:
    first, *others = some
    more = f"; the same of {len(others):,} more that this line makes" if others else ""
    return structs.replace(first, expected=first.expected + more)


@cache
def bars_needed(spec: FeatureSpec) -> int:
    """The bars that a feature, and what it reads, take to a first value."""
    before = [bars_needed(each.feature) - 1 for each in spec.input if isinstance(each, FeatureOutput)]
    return max(before, default=0) + lookback(spec.indicator, dict(spec.parameters)) + 1


def closing_notices(plan: Plan, scenery: Scenery) -> list[str]:
    """A sentence on each feature that never had a value, though there were bars enough: others were warned of before the run."""
    silent: dict[tuple[FeatureSpec, str], list[Defined]] = {}
    for each in _defined(plan):
        bars = scenery.feeds[each.data].bars
        if len(bars) >= bars_needed(each.spec) and scenery.store.is_never_known(bars, each.spec):
            silent.setdefault((each.spec, each.data), []).append(each)
    found = [_in_words(some, len(scenery.feeds[some[0].data].bars)) for some in silent.values()]
    if len(found) > MOST_NAMED:
        found = [*found[:MOST_NAMED], f"{len(found) - MOST_NAMED:,} more features never had a value"]
    return found


def _in_words(some: list[Defined], bars: int) -> str:
    first, *others = some
    among = f" and {len(others):,} more" if others else ""
    return f"feature {first.name} of {first.id}{among} never had a value over {first.data}, which has {bars:,} bars"


def _defined(plan: Plan) -> Iterator[Defined]:
    for id_, features in plan.features_of.items():
        for name, spec in features.items():
            yield from (Defined(id_, name, spec, data) for data in plan.data_of[id_])


def _without_volume(plan: Plan, bars: Mapping[str, Bars]) -> Iterator[tuple[str, str]]:
    """Execution containers with a participation, and the data without volume that their portfolios trade."""
    for id_, clients in plan.clients_of.items():
        config = plan.containers[id_].config
        if isinstance(config, ExecutionContainer) and config.participation is not None:
            traded = dict.fromkeys(data for client in clients for data in plan.data_of[client])
            yield from ((id_, data) for data in traded if not bars[data].volume.any())
