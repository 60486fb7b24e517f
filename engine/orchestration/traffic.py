"""How many events of each type a container may be expected to see: for the estimate, never for a result."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from engine.bus import SHARED
from engine.orchestration.plan import ROOT
from engine.orchestration.trade_rate import expected_trades

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.orchestration.plan import Plan

    Counts = Counter[str]

_STATUSES = 2
"""CONTAINER_STATUS events of each container."""


class Traffic:
    """Counts for the containers of `plan`; `bars` are those of each data container, by id."""

    def __init__(self, plan: Plan, bars: Mapping[str, int]) -> None:
        self._plan = plan
        self._bars = bars

    def bars_of(self, id_: str) -> int:
        """The bars of all data behind a container."""
        return sum(self._bars[data] for data in self._plan.data_of.get(id_, ()))

    @cached_property
    def trades(self) -> dict[str, float]:
        """Closed trades of every portfolio, by id."""
        deciding = {id_: self._decided(id_) for id_ in self._plan.containers if self._plan.strategy(id_) is not None}
        return {
            portfolio.id: sum(deciding.get(id_, 0.0) for id_ in (portfolio.id, *self._plan.behind[portfolio.id]))
            for portfolio in self._plan.of_type("portfolio")
        }

    def heard(self, id_: str) -> Counts:
        """Events on a container's bus: its own, and those of everything it listens to."""
        planned, containers = self._plan.containers[id_], self._plan.containers
        total: Counts = Counter()
        if planned.type == "execution":
            for client in self._plan.clients_of.get(id_, ()):
                total.update({name: self._published[client][name] for name in ("ORDER_REQUEST", "ORDER", "FILL")})
            return total
        for source in (id_, *self._plan.behind.get(id_, ())):
            if planned.lane == SHARED or containers[source].lane in (SHARED, planned.lane):
                total.update(self._published[source])
        for benchmark in self._benchmarks(id_):
            total["BAR"] += self._bars[benchmark]
        return total

    def _benchmarks(self, id_: str) -> set[str]:
        """The benchmarks whose bars a container hears by way of the portfolios they belong to, and in no other way."""
        heard = (id_, *self._plan.behind.get(id_, ()))
        portfolios = (each for each in heard if self._plan.containers[each].type == "portfolio")
        benchmarks = {self._plan.portfolio(portfolio).benchmark for portfolio in portfolios}
        return {benchmark for benchmark in benchmarks if benchmark is not None and benchmark not in heard}

    @cached_property
    def _published(self) -> dict[str, Counts]:
        return {id_: self._publishes(id_) for id_ in self._plan.containers}

    def _publishes(self, id_: str) -> Counts:
        kind, bars = self._plan.containers[id_].type, self.bars_of(id_)
        counts: Counts = Counter()
        if kind == "data":
            counts["BAR"] = self._bars[id_]
        if self._plan.features(id_):
            counts["FEATURES"] = bars
        if kind == "strategy":
            counts["SIGNAL"] = round(2 * self._decided(id_))
        if kind == "portfolio":
            counts["PORTFOLIO_UPDATE"] = bars + 2
            counts.update(_of_trades(self.trades[id_]))
        if id_ == ROOT:
            counts.update({"RUN_START": 1, "RUN_END": 1, "CONTAINER_STATUS": _STATUSES * len(self._plan.containers)})
        return counts

    def _decided(self, id_: str) -> float:
        strategy = self._plan.strategy(id_)
        if strategy is None:
            return 0.0
        features, data = self._plan.readable_features(id_), self._plan.data_of[id_]
        return sum(expected_trades(strategy, features, self._bars[source]) for source in data)


def _of_trades(trades: float) -> Counts:
    twice = round(2 * trades)
    both_ways = dict.fromkeys(("SIGNAL", "ORDER_REQUEST", "ORDER", "FILL"), twice)
    return Counter(both_ways | {"POSITION_OPEN": round(trades), "POSITION_CLOSE": round(trades)})
