"""The events of the batch path, by number: what a portfolio's bus would have carried (rule B2)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from engine.batch.census import TRADE_EVENTS
from engine.batch.portfolio import BatchPortfolio
from tracing.counted import Census, CountedTracer, can_be_counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.containers.base import Container
    from engine.orchestration.plan import Plan
    from tracing.settings import TraceSettings

_ALWAYS_WANTED = ("ORDER_REQUEST", "ORDER", "FILL", "POSITION_CLOSE")
"""Types that somebody takes on the event path, traced or not: the execution, the portfolio, its metrics."""
_WANTED_IF_TRACED = ("SIGNAL", "POSITION_OPEN", "PORTFOLIO_UPDATE", "FEATURES")
_NOTHING = dict.fromkeys(TRADE_EVENTS, 0)


class BatchEvents:
    """Counts for the portfolios of a run that take the batch path."""

    def __init__(self, plan: Plan, containers: Mapping[str, Container], traces: Mapping[str, TraceSettings]) -> None:
        self._plan = plan
        self._traces = traces
        self._portfolios = {id_: each for id_, each in containers.items() if isinstance(each, BatchPortfolio)}
        self.tracers = {
            id_: self._tracer(id_) for id_ in self._portfolios if traces[id_].enabled and can_be_counted(traces[id_])
        }
        for id_, portfolio in self._portfolios.items():
            portfolio.published = partial(self._published, id_)

    def _tracer(self, id_: str) -> CountedTracer:
        """What stands for a portfolio's tracer."""
        tracer = CountedTracer(self._traces[id_], partial(self._census, id_))
        self._portfolios[id_].events_in_memory = tracer.count
        return tracer

    def _census(self, id_: str) -> Census:
        portfolio = self._portfolios[id_]
        held = _by_type(portfolio.census.holding) if portfolio.open_positions else _NOTHING
        own = self._own_counts(id_)
        heard = {
            "BAR": portfolio.bars,
            "FEATURES": portfolio.bars * self._feature_sources(id_),
            "SIGNAL": own["SIGNAL"]
            * (1 if self._plan.strategy(id_) is not None else 2),  # the strategy container's too
        }
        return Census(own | heard, [_by_type(moment) for moment in portfolio.census.moments], held)

    def _published(self, id_: str) -> int:
        """Events that the portfolio and its execution would have published by now, had they been built."""
        settings, own = self._traces[id_], self._own_counts(id_)
        traced = settings.event_types if settings.enabled else frozenset()
        bus = self._portfolios[id_].event_bus
        wanted = (
            name
            for name in _WANTED_IF_TRACED
            if traced is None or name in traced or (bus.is_observed and bus.wants(name))
        )
        return sum(own[name] for name in (*_ALWAYS_WANTED, *wanted))

    def _own_counts(self, id_: str) -> dict[str, int]:
        """What the portfolio and its execution publish."""
        portfolio = self._portfolios[id_]
        total = portfolio.book.total
        return portfolio.event_counts() | {"ORDER": total.orders + portfolio.census.expired, "FILL": total.fills}

    def _feature_sources(self, id_: str) -> int:
        """Containers whose FEATURES it hears: those that define any, and data with columns beside its prices."""
        extras = sum(bool(feed.bars.extras) for feed in self._portfolios[id_].clock.feeds)
        return extras + sum(bool(self._plan.features(source)) for source in (id_, *self._plan.behind[id_]))


def _by_type(moment: tuple[int, ...]) -> dict[str, int]:
    return dict(zip(TRADE_EVENTS, moment, strict=True))
