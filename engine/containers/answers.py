"""What an execution container says, as events: what became of an order, and its fills."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events import Fill, Order

if TYPE_CHECKING:
    from engine.containers.outlet import Voice
    from engine.events import Liquidity, OrderStatus
    from engine.trading.orders import Execution, WorkingOrder


class Answers:
    """Says what becomes of the orders of one lane: ORDER and FILL events."""

    def __init__(self, source: str, voice: Voice) -> None:
        self._source = source
        self._voice = voice

    def publish_order(
        self,
        order: WorkingOrder,
        status: OrderStatus,
        event_id: str,
        cause: str,
        *,
        reason: str = "",
        ends: bool = False,
    ) -> None:
        """Says what became of an order; `ends` if its trade ends with it."""
        request = order.request
        event = Order(
            timestamp=self._voice.now,
            source=self._source,
            event_id=event_id,
            correlation_id=request.correlation_id,
            causation_id=cause,
            order_id=order.order_id,
            status=status,
            symbol=request.symbol,
            side=request.side,
            quantity=request.quantity,
            order_type=request.order_type,
            limit_price=request.limit_price,
            stop_price=request.stop_price,
            time_in_force=request.time_in_force,
            reason=reason,
            ends_correlation=ends,
            trail_amount=request.trail_amount,
            trail_percent=request.trail_percent,
            good_till=request.good_till,
            oco=request.oco,
        )
        self._voice.say(event)

    def publish_fill(
        self,
        order: WorkingOrder,
        quantity: float,
        execution: Execution,
        liquidity: Liquidity,
        *,
        ambiguous: bool = False,
        after_entry_bar: bool = False,
    ) -> Fill:
        """Says that `quantity` units of an order are filled; returns the event."""
        request = order.request
        fill = Fill(
            timestamp=self._voice.now,
            source=self._source,
            event_id=self._voice.identify("FILL"),
            correlation_id=request.correlation_id,
            causation_id=order.accepted_by,
            order_id=order.order_id,
            symbol=request.symbol,
            side=request.side,
            quantity=quantity,
            price=execution.price,
            commission=execution.commission,
            slippage=execution.slippage,
            liquidity=liquidity,
            ambiguous_bar=ambiguous,
            exit_after_entry_bar=after_entry_bar,
        )
        self._voice.say(fill)
        return fill
