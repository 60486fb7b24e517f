"""Matching: where one bar would fill one order, asked without changing either (rules X1 to X4).

A bar says that its open came first and its close last. When in between it saw its high and its low it does not say.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from engine.trading.costs import FillAt
    from engine.trading.orders import WorkingOrder


class Moment(IntEnum):
    """The parts of a bar, in order."""

    OPEN = 0
    INSIDE = 1
    CLOSE = 2


class BarPrices(NamedTuple):
    """A bar's prices, quote currency per unit."""

    open: float
    high: float
    low: float
    close: float


class Match(NamedTuple):
    """What a bar does to an order.

    `price` is that of the fill before slippage, None where the bar only triggers the order. `level` is the price at which the
    bar comes upon the order, and `heading` the way it goes there from its open, +1 up and -1 down.
    """

    moment: Moment
    price: float | None
    level: float
    heading: int


def find_match(order: WorkingOrder, bar: BarPrices, fill_at: FillAt) -> Match | None:
    """What `bar` does to `order` as it stands; None if it leaves it alone.

    An order that is good immediately or not at all meets the open alone, a market order at `next_close` the close.
    """
    kind = order.kind
    if kind == "market":
        at_close = fill_at == "next_close" and order.request.order_type == "market"
        return Match(Moment.CLOSE, bar.close, bar.close, 0) if at_close else Match(Moment.OPEN, bar.open, bar.open, 0)
    match = _limit(order, bar) if kind == "limit" else _stop(order, bar)
    if order.request.time_in_force == "ioc" and match is not None and match.moment is not Moment.OPEN:
        return None
    return match


def is_beyond(order: WorkingOrder, price: float) -> bool:
    """Whether a price lies beyond the level of an order, so that a bar that opens there fills it."""
    match = find_match(order, BarPrices(price, price, price, price), "next_open")
    return match is not None


def _limit(order: WorkingOrder, bar: BarPrices) -> Match | None:
    """Better than the limit at the open: the open. Traded through later: the limit. Touched: nothing."""
    sign, limit = order.sign, order.limit
    if sign * bar.open < sign * limit:
        return Match(Moment.OPEN, bar.open, bar.open, 0)
    best = bar.low if sign > 0 else bar.high
    return Match(Moment.INSIDE, limit, limit, -sign) if sign * best < sign * limit else None


def _stop(order: WorkingOrder, bar: BarPrices) -> Match | None:
    """Reached at the open: the open, however far beyond. Reached later: the stop."""
    sign, stop = order.sign, order.stop
    if sign * bar.open >= sign * stop:
        return Match(Moment.OPEN, _within_limit(order, bar.open, bar.open, strict=True), bar.open, 0)
    worst = bar.high if sign > 0 else bar.low
    if sign * worst >= sign * stop:
        return Match(Moment.INSIDE, _within_limit(order, stop, bar.close, strict=False), stop, sign)
    return None


def _within_limit(order: WorkingOrder, price: float, later: float, *, strict: bool) -> float | None:
    """What an order that is triggered at `price` gets: a stop that price, a stop-limit at most its limit.

    Where its limit is better than that, the bar must come back to it: only `later`, the last price known to follow, proves that.
    """
    limit = order.request.limit_price
    if limit is None:
        return price
    sign = order.sign
    if sign * price < sign * limit or (price == limit and not strict):
        return price
    return limit if sign * later < sign * limit else None
