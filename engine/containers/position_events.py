"""What a fill makes of a position, as events (rule E2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events import PositionClose, PositionOpen

if TYPE_CHECKING:
    from engine.events import Fill
    from engine.trading.positions import Trade

NS_PER_SECOND = 1_000_000_000


def position_open(source: str, event_id: str, fill: Fill, trade: Trade) -> PositionOpen:
    """The POSITION_OPEN of the trade that `fill` began."""
    return PositionOpen(
        timestamp=fill.timestamp,
        source=source,
        event_id=event_id,
        correlation_id=trade.trade_id,
        causation_id=fill.event_id,
        symbol=fill.symbol,
        side=trade.side,
        quantity=fill.quantity,
        entry_price=fill.price,
        costs=fill.commission,
    )


def position_close(source: str, event_id: str, fill: Fill, trade: Trade, bars_held: int) -> PositionClose:
    """The POSITION_CLOSE of the trade that `fill` made flat."""
    return PositionClose(
        timestamp=fill.timestamp,
        source=source,
        event_id=event_id,
        correlation_id=trade.trade_id,
        causation_id=fill.event_id,
        symbol=fill.symbol,
        side=trade.side,
        quantity=trade.entry_quantity,
        entry_price=trade.entry_price,
        exit_price=trade.exit_price,
        gross_pnl=trade.gross_pnl,
        net_pnl=trade.net_pnl,
        bars_held=bars_held,
        duration_seconds=(fill.timestamp - trade.opened_at) / NS_PER_SECOND,
        ends_correlation=True,
    )
