"""Protection: the stop-loss, take-profit and trailing stop of the positions of a lane (rule X4).

They cover all that is held: every fill that makes a position larger replaces them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.order_terms import ExitTerms, OrderTerms

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.containers.desk import Desk
    from engine.containers.holding import Holding
    from engine.containers.pricing import Pricing
    from engine.containers.request_events import RequestEvents
    from engine.market.timeline import Clock
    from engine.order_terms import OrderType
    from engine.trading.order_forms import ExitForm
    from engine.trading.orders import WorkingOrder
    from engine.trading.positions import Trade


class Protection:
    """Asks for the orders that protect positions: those that the last decision named, else those of the config.

    `then(action)` has an action done once what was asked for before is answered.
    """

    def __init__(
        self,
        requests: RequestEvents,
        clock: Clock,
        desk: Desk,
        pricing: Pricing,
        *,
        then: Callable[[Callable[[object], None]], None],
        form: ExitForm,
        holdings: Sequence[Holding],
    ) -> None:
        self._requests = requests
        self._clock = clock
        self._desk = desk
        self._pricing = pricing
        self._then = then
        self._form = form
        self._holdings = holdings
        distances = (form.stop_loss, form.take_profit, form.trailing_stop)
        self._measured = [each for each in distances if each is not None and each.atr is not None]

    def unknown(self, feed_number: int) -> str:
        """What is not known that the distances of the config are measured by: nothing is entered that could not be protected."""
        if not self._measured:
            return ""
        atr_of = self._pricing.atr_of(feed_number)
        return next(filter(None, (each.unknown(atr_of) for each in self._measured)), "")

    def move(self, feed_number: int, trade: Trade, exits: ExitTerms, cause: str) -> None:
        """Protects what is held by the exits that a decision names; where one of them is rejected, the former one holds."""
        holding = self._holdings[feed_number]
        former, holding.exits = holding.exits or self._exits_of_form(feed_number, trade), exits
        self.lay(feed_number, trade, self._pricing.close(feed_number), cause, former)

    def lay(self, feed_number: int, trade: Trade, price: float, cause: str, former: ExitTerms | None = None) -> None:
        """Asks for the orders that protect what `trade` holds, in place of those that do. A trailing stop starts from `price`.

        Those of a type that is not asked for work on until all the others are accepted. `former` are the exits that held before.
        """
        exits = self._holdings[feed_number].exits
        if exits is None and not self._form.protects:
            return
        wanted = self._legs(exits or self._exits_of_form(feed_number, trade), trade, price)
        before = self.working(trade)
        working = {order.request.order_type: order for order in before}
        for terms in wanted:
            old = working.pop(terms.order_type, None)
            self._requests.publish(
                self._clock.feeds[feed_number].symbol,
                -trade.sign,
                abs(trade.quantity),
                terms if old is None else _not_back(terms, self._desk.stop_of(old), trade),
                trade_id=trade.trade_id,
                cause=cause,
                oco=trade.trade_id,
                replaces=None if old is None else old.order_id,
            )
        if working or former is not None:
            types = {terms.order_type for terms in wanted}
            self._then(lambda _: self._settle(feed_number, trade, types, before, former))

    def _settle(
        self,
        feed_number: int,
        trade: Trade,
        wanted: set[OrderType],
        before: list[WorkingOrder],
        former: ExitTerms | None,
    ) -> None:
        """Goes by what was accepted of the types of orders that were `wanted` beside or in place of those that worked `before`."""
        working, holding = self.working(trade), self._holdings[feed_number]
        refused = wanted - {order.request.order_type for order in working if order not in before}
        if not refused:
            unwanted = [order for order in working if order.request.order_type not in wanted]
            self._desk.cancel(unwanted, "no longer wanted")
        elif former is not None and holding.exits is not None:
            holding.exits = former if refused == wanted else _joined(former, holding.exits, wanted - refused)

    def working(self, trade: Trade) -> list[WorkingOrder]:
        """The orders that protect a trade now."""
        return [order for order in self._desk.exits(trade.trade_id) if order.request.oco == trade.trade_id]

    def _exits_of_form(self, feed_number: int, trade: Trade) -> ExitTerms:
        form, entry, atr_of = self._form, trade.entry_price, self._pricing.atr_of(feed_number)
        stop, target, trail = form.stop_loss, form.take_profit, form.trailing_stop
        percent = None if trail is None else trail.percent
        return ExitTerms(
            stop_loss=None if stop is None else entry - trade.sign * stop.money(entry, atr_of),
            take_profit=None if target is None else entry + trade.sign * target.money(entry, atr_of),
            trail_percent=percent,
            trail_amount=None if trail is None or percent is not None else trail.money(entry, atr_of),
        )

    def _legs(self, exits: ExitTerms, trade: Trade, price: float) -> list[OrderTerms]:
        legs = []
        if exits.stop_loss is not None:
            legs.append(OrderTerms(order_type="stop", stop_price=exits.stop_loss))
        if exits.trail_amount is not None or exits.trail_percent is not None:
            percent, amount = exits.trail_percent, exits.trail_amount
            distance = price * (percent / 100.0) if percent is not None else (amount or 0.0)
            start = price - trade.sign * distance
            trail = OrderTerms(order_type="trailing_stop", stop_price=start, trail_amount=amount, trail_percent=percent)
            legs.append(trail)
        if exits.take_profit is not None:
            legs.append(OrderTerms(order_type="limit", limit_price=exits.take_profit))
        return legs


def _not_back(terms: OrderTerms, stop: float, trade: Trade) -> OrderTerms:
    """A trailing stop that replaces another starts no worse than that one stands."""
    if terms.order_type != "trailing_stop" or terms.stop_price is None:
        return terms
    better = (max if trade.sign > 0 else min)(terms.stop_price, stop)
    return OrderTerms(
        order_type="trailing_stop",
        stop_price=better,
        trail_amount=terms.trail_amount,
        trail_percent=terms.trail_percent,
    )


def _joined(former: ExitTerms, exits: ExitTerms, accepted: set[OrderType]) -> ExitTerms:
    """Of `exits` those that orders of the accepted types stand for, of the former ones the rest."""
    stop = exits if "stop" in accepted else former
    trail = exits if "trailing_stop" in accepted else former
    target = exits if "limit" in accepted else former
    return ExitTerms(
        stop_loss=stop.stop_loss,
        take_profit=target.take_profit,
        trail_amount=trail.trail_amount,
        trail_percent=trail.trail_percent,
    )
