"""What a decision may say about its orders, in prices: for strategies that name them, and inside the SIGNAL that carries them."""

from typing import Literal

import msgspec

OrderType = Literal["market", "limit", "stop", "stop_limit", "trailing_stop"]
TimeInForce = Literal["day", "gtc", "ioc", "gtd"]


class OrderTerms(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """An order: its type and what that type needs. Prices are quote currency per unit.

    A trailing stop starts at `stop_price` (without it, so far from the close) and follows the closes at `trail_amount` (quote
    currency) or `trail_percent` (of the close). `good_till` (ns since the epoch, UTC) belongs to `gtd`. `quantity` is in units; without it
    the portfolio's sizing decides on entries, and exits are of all that is held.
    """

    order_type: OrderType = "market"
    limit_price: float | None = None
    stop_price: float | None = None
    trail_amount: float | None = None
    trail_percent: float | None = None
    time_in_force: TimeInForce = "gtc"
    good_till: int | None = None
    quantity: float | None = None


class ExitTerms(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Orders that protect a position: a stop-loss and a take-profit (prices), a trailing stop (an amount or a percentage)."""

    stop_loss: float | None = None
    take_profit: float | None = None
    trail_amount: float | None = None
    trail_percent: float | None = None


MARKET = OrderTerms()
"""At the market, until it is filled."""
