"""What a plan holds and nobody uses: odd, but no mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.config.schema import PortfolioContainer, UserComponent
from engine.features.spec import feature_names
from engine.strategies.columns import BuiltinStrategy
from engine.strategies.combinator import Combinator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.config.errors import ConfigProblem
    from engine.config.locations import Locations
    from engine.config.schema import Strategy
    from engine.orchestration.plan import Plan
    from tracing.settings import TraceSettings

_UNHEARD = {
    "data": "nobody listens to this container, and it is not traced",
    "feature": "nobody listens to this container, and it is not traced",
    "strategy": "nobody follows this strategy, and it is not traced",
    "execution": "no portfolio has its orders filled here",
}
_NO_STRATEGY = (
    "this portfolio will only hold its cash: expected a strategy: {name: ...}, or a strategy container as an input"
)


class Unused(NamedTuple):
    """One thing that nobody uses: its dotted path in the config, its value, and what is odd about it."""

    path: str
    value: str
    reason: str


def unused(plan: Plan, traces: Mapping[str, TraceSettings], locations: Locations) -> list[ConfigProblem]:
    """A warning for each feature that nobody reads or traces, each container that nobody reads, each portfolio without a strategy.

    What a sweep repeats is said once.
    """
    found = _Unused(plan, traces)
    problems = (locations.problem(each.path, each.value, each.reason) for each in found.everything())
    return list({(problem.at, problem.expected): problem for problem in problems}.values())


class _Unused:
    def __init__(self, plan: Plan, traces: Mapping[str, TraceSettings]) -> None:
        self._plan = plan
        self._traces = traces
        self._heard = {source for planned in plan.containers.values() for source in planned.inputs}
        self._heard |= set(plan.clients_of)
        self._compared = {
            planned.config.benchmark
            for planned in plan.of_type("portfolio")
            if isinstance(planned.config, PortfolioContainer)
        }
        self._read: set[tuple[str, str]] = set()
        self._seen_whole: set[str] = set()
        for id_ in plan.containers:
            self._look(id_)

    def everything(self) -> Iterator[Unused]:
        """What is unused, in the order of the config."""
        for number, container in enumerate(self._plan.config.containers):
            place = f"containers.{number}"
            if container.type in _UNHEARD and not self._is_used(container.id):
                yield Unused(f"{place}.id", container.id, _UNHEARD[container.type])
            elif isinstance(container, PortfolioContainer) and not self._has_signals(container):
                yield Unused(f"{place}.strategy", "missing", _NO_STRATEGY)
            for name, spec in self._plan.features(container.id).items():
                if container.id not in self._seen_whole and (container.id, name) not in self._read:
                    yield Unused(
                        f"{place}.features.{name}",
                        spec.indicator,
                        "no strategy reads this feature, and no trace shows it",
                    )

    def _is_used(self, id_: str) -> bool:
        return id_ in self._heard or id_ in self._compared or self._traces[id_].may_trace

    def _has_signals(self, portfolio: PortfolioContainer) -> bool:
        types = (self._plan.containers[source].type for source in portfolio.inputs)
        return portfolio.strategy is not None or "strategy" in types

    def _look(self, id_: str) -> None:
        """Notes the features that a container's strategy reads or that its trace shows: its own, and those that it hears."""
        names = set() if (strategy := self._plan.strategy(id_)) is None else _names_read(strategy)
        traced = self._traces[id_].may_take("FEATURES")
        if not traced and names == set():
            return
        sources = (id_, *self._plan.behind.get(id_, ()))
        if traced or names is None:
            self._seen_whole.update(sources)
            return
        pending = list(names)
        for name in pending:
            for source in sources:
                pending += [each for each in self._noted(source, name) if each not in pending]

    def _noted(self, source: str, name: str) -> Iterator[str]:
        """Notes that a column is read, if a feature of `source` gives it, and says what that feature reads by name."""
        written = getattr(self._plan.containers[source].config, "features", {})
        for feature, spec in written.items():
            if name in feature_names(feature, spec):
                self._read.add((source, feature))
                yield from spec.input


def _names_read(strategy: Strategy | BuiltinStrategy) -> set[str] | None:
    """The columns that a strategy reads; None if it is the user's own code, or has such a part, and may read any."""
    if isinstance(strategy, UserComponent):
        return None
    if isinstance(strategy, Combinator) and not all(
        isinstance(part, BuiltinStrategy) and _names_read(part) is not None for part in strategy.parts()
    ):
        return None
    return set(strategy.columns())
