"""Partial results: while a run is at work, a portfolio's results are written now and then (rule S12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events import Event, PositionClose
from engine.lanes.portfolio import LanePortfolio

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.containers.portfolio import PortfolioContainer


def take_snapshots(
    portfolio: PortfolioContainer | LanePortfolio,
    every: int,
    take: Callable[[PortfolioContainer | LanePortfolio], None],
) -> None:
    """Has `take(portfolio)` called each time that `every` more of its trades have closed."""
    if isinstance(portfolio, LanePortfolio):
        portfolio.caught_up = ColumnSnapshots(portfolio, every, take)
    else:
        portfolio.event_bus.attach_observer(Snapshots(portfolio, every, take))


class Snapshots:
    """Calls `take(portfolio)` each time that `every` more of its trades have closed, when the last has been handled.

    What is taken stands at the bar before: the close of this one is not known yet.
    """

    event_types = frozenset({PositionClose.type})

    def __init__(self, portfolio: PortfolioContainer, every: int, take: Callable[[PortfolioContainer], None]) -> None:
        self._portfolio = portfolio
        self._every = every
        self._take = take
        self._closed = 0

    def observe(self, _: Event) -> None:
        """Counts a closed trade; the metrics count it only now."""
        self._closed += 1

    def ended(self, correlation_id: str) -> None:  # noqa: ARG002 - which trade it was does not matter
        """Takes a snapshot if it is time."""
        if self._closed >= self._every:
            self._closed = 0
            self._portfolio.settle(self._portfolio.outlet.agenda.step)
            self._take(self._portfolio)


class ColumnSnapshots:
    """Calls `take(portfolio)` if `every` more trades have closed by the time that the events of a portfolio on the kernel are shown."""

    def __init__(self, portfolio: LanePortfolio, every: int, take: Callable[[LanePortfolio], None]) -> None:
        self._portfolio = portfolio
        self._every = every
        self._take = take
        self._taken_at = 0

    def __call__(self) -> None:
        """Takes a snapshot if it is time."""
        closed = self._portfolio.closed_trades
        if closed >= self._taken_at + self._every:
            self._taken_at = closed
            self._take(self._portfolio)
