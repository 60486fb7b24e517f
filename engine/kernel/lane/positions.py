"""The open position of a portfolio in a symbol, and what fills make of it (rules E2, X9)."""

from math import isnan, nan

from engine.kernel.language import divide, struct

ROUNDING_SHARE = 1e-12
"""A position smaller than this share of what was entered is flat: the rest is rounding."""

NO_TRADE = 0


@struct
class Position:
    """One trade from its first fill to the fill that makes it flat.

    `trade`: its ordinal in the portfolio, from 1; NO_TRADE while flat. `sign`: 1 long, -1 short, 0 flat. `opened_bar`: the bar of
    its first fill. Quantities are positive units, notionals and costs quote currency. `held`: signed units held now. `entered_at` and
    `left_at`: the one price of all fills of that kind, NaN where there are several.
    """

    trade: int
    sign: int
    opened_bar: int
    entry_quantity: float
    entry_notional: float
    exit_quantity: float
    exit_notional: float
    commission: float
    borrowing: float
    held: float
    entered_at: float
    left_at: float


def left_of(total: float, taken: float) -> float:
    """What is left of `total` units (positive) after `taken`; 0.0 if that is rounding."""
    left = total - taken
    return 0.0 if left <= ROUNDING_SHARE * total else left


def open_position(position: Position, trade: int, sign: int, bar: int) -> None:
    """Begins a trade, which is about to get its first fill."""
    position.trade = trade
    position.sign = sign
    position.opened_bar = bar
    position.entry_quantity = 0.0
    position.entry_notional = 0.0
    position.exit_quantity = 0.0
    position.exit_notional = 0.0
    position.commission = 0.0
    position.borrowing = 0.0
    position.held = 0.0
    position.entered_at = nan
    position.left_at = nan


def crosses_flat(position: Position, sign: int, quantity: float) -> bool:
    """Whether a fill is larger than the position it reduces: a reversal is two orders."""
    left = position.entry_quantity - position.exit_quantity
    return sign != position.sign and quantity - left > ROUNDING_SHARE * position.entry_quantity


def add_fill(position: Position, sign: int, quantity: float, price: float, commission: float) -> None:
    """Adds a fill of `quantity` units to an open position that it does not cross flat."""
    if sign == position.sign:
        is_one_price = position.entry_quantity == 0.0 or position.entered_at == price
        position.entered_at = price if is_one_price else nan
        position.entry_quantity += quantity
        position.entry_notional += quantity * price
    else:
        is_one_price = position.exit_quantity == 0.0 or position.left_at == price
        position.left_at = price if is_one_price else nan
        position.exit_quantity += quantity
        position.exit_notional += quantity * price
    position.commission += commission
    left = left_of(position.entry_quantity, position.exit_quantity)
    position.held = left if position.sign > 0 else 0.0 - left


def close_position(position: Position) -> None:
    """Forgets a trade that is flat."""
    position.trade = NO_TRADE
    position.sign = 0
    position.held = 0.0


def entry_price(position: Position) -> float:
    """The average entry price of a trade, to the bit where all its fills are at one."""
    if not isnan(position.entered_at):
        return position.entered_at
    return divide(position.entry_notional, position.entry_quantity)


def exit_price(position: Position) -> float:
    """The average exit price of what has left, likewise."""
    if not isnan(position.left_at):
        return position.left_at
    return divide(position.exit_notional, position.exit_quantity)


def gross_profit_of(position: Position) -> float:
    """Profit of what has left against what was entered, before costs; final once flat."""
    if position.sign > 0:
        return position.exit_notional - position.entry_notional
    return position.entry_notional - position.exit_notional


def net_profit_of(position: Position) -> float:
    """Gross profit less commissions and what borrowing cost; final once flat."""
    return gross_profit_of(position) - position.commission - position.borrowing


def open_profit_of(position: Position, close: float) -> float:
    """Net profit of a trade if the rest were valued at `close`, partial exits included."""
    return net_profit_of(position) + position.held * close
