"""Requests: what a portfolio asks of its execution container once it has decided (phase ORDER; rule E2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events import OrderRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.containers.desk import Desk
    from engine.containers.entry_size import EntrySize
    from engine.containers.holding import Holding
    from engine.containers.ledger import Ledger
    from engine.containers.outlet import Outlet
    from engine.events import Side
    from engine.market.timeline import Clock
    from engine.trading.positions import Trade


class Requests:
    """Turns what is wanted of each symbol into ORDER_REQUEST events, sized at the decision's close."""

    def __init__(
        self,
        outlet: Outlet,
        clock: Clock,
        ledger: Ledger,
        desk: Desk,
        *,
        size: EntrySize,
        holdings: Sequence[Holding],
        end: Callable[[str], None],
    ) -> None:
        self._outlet = outlet
        self._clock = clock
        self._ledger = ledger
        self._desk = desk
        self._size = size
        self._holdings = holdings
        self._end = end

    def act(self, feed_number: int) -> None:
        """Asks for what the last signal of the step wants. Trades that earlier ones began end before they started."""
        holding = self._holdings[feed_number]
        cause, begun = holding.signal_id or "", holding.begun
        holding.signal_id, holding.begun = None, []
        trade = self._ledger.trades[feed_number]
        if trade is not None and trade.sign == holding.intent and not holding.closing:
            holding.trade_id = trade.trade_id
        else:
            self._leave(feed_number, trade, cause)
            if holding.intent and holding.trade_id is not None:
                self._enter(feed_number, holding, cause)
        for trade_id in begun:
            if trade_id != holding.trade_id or not holding.intent:
                self._end(trade_id)

    def close(self, feed_number: int, trade: Trade, cause: str) -> None:
        """Asks for the exit of all that a trade still holds."""
        self._holdings[feed_number].closing = True
        side: Side = "sell" if trade.sign > 0 else "buy"
        self._send(feed_number, side, abs(trade.quantity), trade.trade_id, cause)

    def _leave(self, feed_number: int, trade: Trade | None, cause: str) -> None:
        self._desk.cancel(self._desk.entries(feed_number), "the signal changed before it was filled")
        if trade is not None and not self._holdings[feed_number].closing:
            self.close(feed_number, trade, cause)

    def _enter(self, feed_number: int, holding: Holding, cause: str) -> None:
        index = self._clock.index_at(self._outlet.agenda.step)
        side: Side = "buy" if holding.intent > 0 else "sell"
        quantity = self._size.units(feed_number, index, side, holding.strength)
        self._send(feed_number, side, quantity, holding.trade_id or "", cause)

    def _send(self, feed_number: int, side: Side, quantity: float, trade_id: str, cause: str) -> None:
        request = OrderRequest(
            timestamp=self._outlet.now,
            source=self._outlet.label,
            event_id=self._outlet.identify("ORDER_REQUEST"),
            correlation_id=trade_id,
            causation_id=cause,
            symbol=self._clock.feeds[feed_number].symbol,
            side=side,
            quantity=quantity,
            order_type="market",
            limit_price=None,
            stop_price=None,
            time_in_force="gtc",
        )
        self._outlet.publish(self._outlet.agenda.phase, request)
