"""Requests as events: an order's terms, with side, size and trade, on their way to the execution container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events import OrderRequest

if TYPE_CHECKING:
    from engine.containers.outlet import Voice
    from engine.events import Side
    from engine.order_terms import OrderTerms


class RequestEvents:
    """Says what a portfolio asks for: ORDER_REQUEST events."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    def publish(
        self,
        symbol: str,
        sign: int,
        quantity: float,
        terms: OrderTerms,
        *,
        trade_id: str,
        cause: str,
        oco: str | None = None,
        replaces: str | None = None,
        unknown: str = "",
    ) -> OrderRequest:
        """Asks for an order of `quantity` units; `sign` is +1 for a buy, -1 for a sell. Returns the event.

        `unknown` says what was not known where that left the order without a size or a price.
        """
        side: Side = "buy" if sign > 0 else "sell"
        request = OrderRequest(
            timestamp=self._voice.now,
            source=self._voice.label,
            event_id=self._voice.identify("ORDER_REQUEST"),
            correlation_id=trade_id,
            causation_id=cause,
            symbol=symbol,
            side=side,
            quantity=quantity,
            order_type=terms.order_type,
            limit_price=terms.limit_price,
            stop_price=terms.stop_price,
            time_in_force=terms.time_in_force,
            trail_amount=terms.trail_amount,
            trail_percent=terms.trail_percent,
            good_till=terms.good_till,
            oco=oco,
            replaces=replaces,
            unknown=unknown,
        )
        self._voice.say(request)
        return request
