"""Why orders are rejected or dead, in words, of the numbers that the kernel keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kernel.lane import acceptance, state
from engine.metrics.rejections import kind_of
from engine.trading.orders import BEING_LEFT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.trading.risk import AnyRiskRule

_REASONS = {
    acceptance.FINE: "",
    acceptance.NO_QUANTITY: "quantity {quantity} is not a positive number of units",
    acceptance.NO_STOP_PRICE: "stop_price {value} is not a price",
    acceptance.STOP_BEYOND_REASON: "stop_price {value} is beyond reason: the last close is {limit}",
    acceptance.NO_LIMIT_PRICE: "limit_price {value} is not a price",
    acceptance.LIMIT_BEYOND_REASON: "limit_price {value} is beyond reason: the last close is {limit}",
    acceptance.NO_TRAIL: "a trailing_stop order needs a trail_amount or a trail_percent above zero",
    acceptance.NOTHING_TO_REPLACE: "there is no order {other} to replace",
    acceptance.TOO_SMALL: "worth {value:.2f}, less than minimum_notional {limit:.2f}",
    acceptance.HALTED: "halted by {rule}",
    acceptance.HALTED_FOR_THE_DAY: "halted for the day by {rule}",
    acceptance.COOLING_DOWN: "cooling down after a stop: {value:.0f} bars left",
    acceptance.ABOVE_LIMIT: "{rule}: {value:.2f} would be above {limit:g}",
    acceptance.SHORT_IN_CASH_ACCOUNT: "a cash account cannot sell short",
    acceptance.CASH_MISSING: "cash: {value:.2f} would be missing",
    acceptance.BUYING_POWER: "buying power: positions would be worth {value:.2f}, equity is {limit:.2f}",
    acceptance.STOP_ON_WRONG_SIDE: "a stop loss at {value} is not {side} the price {limit}",
    acceptance.TARGET_ON_WRONG_SIDE: "a take profit at {value} is not {side} the price {limit}",
    acceptance.NO_DATA: "no data for symbol {other!r}",
    acceptance.SIGNAL_CHANGED: "the signal changed before it was filled",
    acceptance.BEING_LEFT: BEING_LEFT,
    acceptance.POSITION_CLOSED: "the position is closed",
    acceptance.NOT_AT_ONCE: "not filled at once",
    acceptance.DAY_OVER: "the day is over",
    acceptance.TIME_OVER: "its time is over",
    acceptance.DATA_ENDED: "the data ended",
    acceptance.REPLACED: "replaced by {other}",
    acceptance.NOT_WANTED: "no longer wanted",
    acceptance.OTHER_FILLED: "the other order of the OCO was filled",
}
_FAULTS = {
    state.SYMBOL: "",
    state.FIRST_BAR: "there is no bar of {symbol} yet",
    state.STOP_LOSS_IS_NONE: "stop_loss {0} is not a price",
    state.STOP_LOSS_BEYOND_REASON: "stop_loss {0} is beyond reason: the last close is {1}",
    state.TAKE_PROFIT_IS_NONE: "take_profit {0} is not a price",
    state.TAKE_PROFIT_BEYOND_REASON: "take_profit {0} is beyond reason: the last close is {1}",
    state.TRAIL_AMOUNT_IS_NONE: "trail_amount {0} is not above zero",
    state.TRAIL_PERCENT_IS_NONE: "trail_percent {0} is not above zero",
}
_WITH_RULE = (acceptance.HALTED, acceptance.HALTED_FOR_THE_DAY, acceptance.ABOVE_LIMIT)
KINDS = {
    reason: kind_of(_REASONS[reason])
    for reason in range(acceptance.NO_QUANTITY, acceptance.SIGNAL_CHANGED)
    if reason != acceptance.ABOVE_LIMIT
}
"""The kinds of refusals by their reasons; those above a limit are of the kind of their rule."""


class Reasons:
    """Words of one lane, whose risk rules are `rules`."""

    def __init__(self, rules: Sequence[AnyRiskRule]) -> None:
        self._rules = rules

    def text(
        self,
        reason: int,
        numbers: tuple[float, float, float],
        *,
        quantity: float,
        other: str | None,
        unknown: str,
    ) -> str:
        """The reason in words; `other` is the order that this one replaces, or is replaced by, or the symbol that has no data."""
        if reason >= acceptance.HALTED_BY_RULE:
            return f"halted by {self._rules[reason - acceptance.HALTED_BY_RULE].name}"
        value, limit, further = numbers
        rule = self._rules[int(further)].name if reason in _WITH_RULE else ""
        side = "above" if further > 0 else "below"
        text = _REASONS[reason].format(quantity=quantity, other=other, value=value, limit=limit, rule=rule, side=side)
        if reason == acceptance.BUYING_POWER and further != 1.0:
            return f"{text}, leverage {further:g}"
        if acceptance.NO_QUANTITY <= reason <= acceptance.LIMIT_BEYOND_REASON and unknown:
            return f"{text}: {unknown}"
        is_one_bar = reason == acceptance.COOLING_DOWN and value == 1.0
        return text.replace("bars", "bar") if is_one_bar else text


def unknown_text(unknown: int, bars: int, row: int, fault: tuple[float, float], symbol: str) -> str:
    """What was not known when an order in a symbol was asked for at a row; empty if everything was.

    `fault` is the value of an exit that makes no sense, and the close that it was seen from.
    """
    if unknown == state.TRUE_RANGE:
        return f"the average true range over {bars} bars is not known yet"
    if unknown == state.VOLATILITY:
        there_are = "there is" if row == 1 else "there are"
        return f"the volatility of {bars} returns is not known yet, {there_are} {row}"
    return _FAULTS[unknown].format(*fault, symbol=symbol) if unknown else ""
