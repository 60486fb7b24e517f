"""How a portfolio's config asks for orders (`entry:`, `exit: {on_signal: ...}`): prices at distances from the decision's close.

`terms(sign, close, atr_of)` of each form makes the order of one decision, but for how long it works: `sign` is +1 for a buy and -1
for a sell.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from engine.order_terms import MARKET, OrderTerms, TimeInForce
from engine.trading.distances import AtrOf, Distance


class OrderForm(msgspec.Struct, frozen=True, kw_only=True, tag_field="order", forbid_unknown_fields=True):
    """An order as written in a config, and how long it works."""

    time_in_force: Annotated[
        TimeInForce,
        Meta(
            description="day: the day of the first bar it meets; ioc: that bar's open; gtd: for `good_for`; gtc: no end"
        ),
    ] = "gtc"
    good_for: Annotated[str, Meta(description="how long a gtd order is good, such as 12h or 5d")] | None = None


class MarketForm(OrderForm, frozen=True, kw_only=True, tag="market", forbid_unknown_fields=True):
    """At the next open, or close (`fill_at`)."""

    def terms(self, sign: int, close: float, atr_of: AtrOf) -> OrderTerms:  # noqa: ARG002 - every form is asked alike
        """At the market."""
        return MARKET


class LimitForm(OrderForm, frozen=True, kw_only=True, tag="limit", forbid_unknown_fields=True):
    """At a better price than the decision's close, or not at all."""

    limit: Annotated[Distance, Meta(description="how much better than the close")]

    def terms(self, sign: int, close: float, atr_of: AtrOf) -> OrderTerms:
        """Below the close to buy, above it to sell."""
        price = close - sign * self.limit.money(close, atr_of)
        return OrderTerms(order_type="limit", limit_price=price)


class StopForm(OrderForm, frozen=True, kw_only=True, tag="stop", forbid_unknown_fields=True):
    """Once the price has gone on its way from the decision's close."""

    stop: Annotated[Distance, Meta(description="how far the price must have gone on from the close")]

    def terms(self, sign: int, close: float, atr_of: AtrOf) -> OrderTerms:
        """Above the close to buy, below it to sell."""
        price = close + sign * self.stop.money(close, atr_of)
        return OrderTerms(order_type="stop", stop_price=price)


class StopLimitForm(OrderForm, frozen=True, kw_only=True, tag="stop_limit", forbid_unknown_fields=True):
    """Once the price has gone on its way from the decision's close, but no worse than a limit beyond that."""

    stop: Annotated[Distance, Meta(description="how far the price must have gone on from the close")]
    limit: Annotated[Distance, Meta(description="how much worse than the stop the fill may be")]

    def terms(self, sign: int, close: float, atr_of: AtrOf) -> OrderTerms:
        """Stop and limit above the close to buy, below it to sell."""
        stop = close + sign * self.stop.money(close, atr_of)
        limit = stop + sign * self.limit.money(stop, atr_of)
        return OrderTerms(order_type="stop_limit", stop_price=stop, limit_price=limit)


class TrailingForm(OrderForm, frozen=True, kw_only=True, tag="trailing_stop", forbid_unknown_fields=True):
    """Once the price has turned by so much: the stop follows the closes, never away from the price."""

    trail: Annotated[Distance, Meta(description="how far the stop stays behind the closes")]

    def terms(self, sign: int, close: float, atr_of: AtrOf) -> OrderTerms:
        """Starts above the close to buy, below it to sell; an average true range is taken once and kept."""
        distance = self.trail.money(close, atr_of)
        percent = self.trail.percent
        return OrderTerms(
            order_type="trailing_stop",
            stop_price=close + sign * distance,
            trail_percent=percent,
            trail_amount=None if percent is not None else distance,
        )


AnyOrderForm = MarketForm | LimitForm | StopForm | StopLimitForm | TrailingForm


class ExitForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How positions are left: by decisions, and by orders that protect them from the moment they open.

    Of the protecting orders, each over all that is held, the first to be filled cancels the others.
    """

    on_signal: Annotated[AnyOrderForm, Meta(description="the order by which a decision leaves a position")] = (
        MarketForm()
    )
    stop_loss: Annotated[Distance, Meta(description="loss at which a stop sells, from the entry price")] | None = None
    take_profit: Annotated[Distance, Meta(description="profit at which a limit sells, from the entry price")] | None = (
        None
    )
    trailing_stop: (
        Annotated[Distance, Meta(description="how far a stop stays behind the entry price, then the best close")] | None
    ) = None

    @property
    def protects(self) -> bool:
        """Whether positions get protecting orders."""
        return not (self.stop_loss is None and self.take_profit is None and self.trailing_stop is None)
