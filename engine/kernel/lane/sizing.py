"""How many units an entry asks for (rule P1)."""

from math import inf, isnan, nan

from engine.kernel.language import F64, divide, entry, root, struct, whole

FIXED_QUANTITY = 0
FIXED_NOTIONAL = 1
PERCENT_OF_EQUITY = 2
ALL_IN = 3
VOLATILITY_TARGET = 4
"""Kinds of sizing."""

WHOLE_LOT = 0.999999999
"""A lot that is complete but for 1e-9 is taken for complete: the rest is rounding."""


@struct
class Sizing:
    """A sizing with its parameters, and the closes of its symbol.

    `size`: units, money or percent. `bars`, `bars_per_year` and `max_percent` are those of a volatility target. `weight`: of the
    symbol. `lot_size`: 0.0 where fractions are traded.
    """

    kind: int
    size: float
    bars: int
    bars_per_year: int
    max_percent: float
    weight: float
    lot_size: float
    close: F64


@entry
def units_to_enter(sizing: Sizing, equity: float, row: int) -> float:
    """Units for an entry decided at the bar at `row`, with that equity.

    What is not above zero, or not finite, becomes an order that is rejected.
    """
    price = sizing.close[row]
    units = sizing.size
    if sizing.kind == FIXED_NOTIONAL:
        units = divide(sizing.size, price)
    elif sizing.kind == PERCENT_OF_EQUITY:
        units = max(divide(equity * (sizing.size / 100.0), price), 0.0)
    elif sizing.kind == ALL_IN:
        units = max(divide(equity, price), 0.0)
    elif sizing.kind == VOLATILITY_TARGET:
        units = units_by_volatility(sizing, equity, row)
    return in_lots(sizing, units * sizing.weight)


def units_by_volatility(sizing: Sizing, equity: float, row: int) -> float:
    """Units so that the position alone would make equity vary by `size` percent a year; NaN while bars are too few.

    Source: R. Carver, Systematic Trading, 2015, chapter 9.
    """
    per_bar = deviation_of_returns(sizing.close, row, sizing.bars)
    if isnan(per_bar):
        return nan
    yearly = per_bar * root(float(sizing.bars_per_year))
    most = sizing.max_percent / 100.0
    share = min(divide(sizing.size / 100.0, yearly), most) if yearly != 0.0 else most
    return max(divide(equity * share, sizing.close[row]), 0.0)


def deviation_of_returns(close: F64, row: int, count: int) -> float:
    """The sample standard deviation of the last `count` returns up to the bar at `row`; NaN if there are fewer."""
    if row < count:
        return nan
    total = 0.0
    for at in range(row - count + 1, row + 1):
        total += divide(close[at], close[at - 1]) - 1.0
    mean = divide(total, float(count))
    squares = 0.0
    for at in range(row - count + 1, row + 1):
        difference = divide(close[at], close[at - 1]) - 1.0 - mean
        squares += difference * difference
    return root(divide(squares, float(count - 1)))


def in_lots(sizing: Sizing, units: float) -> float:
    """The units that make whole lots, rounded down."""
    if sizing.lot_size == 0.0 or not 0.0 < units < inf:
        return units
    lots = divide(units, sizing.lot_size)
    complete = whole(lots)
    if lots - complete >= WHOLE_LOT:
        complete += 1.0
    return complete * sizing.lot_size
