"""Decisions as events: what a strategy, or the portfolio that follows it, wants of a symbol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events import Signal

if TYPE_CHECKING:
    from engine.containers.outlet import Voice
    from engine.strategies.decision import Decision


def signal(
    voice: Voice, event_id: str, symbol: str, decision: Decision, *, trade_id: str | None, cause: str, strategy: str
) -> Signal:
    """The SIGNAL by which a source says what was decided; `strategy` is the name of what decided."""
    return Signal(
        timestamp=voice.now,
        source=voice.label,
        event_id=event_id,
        correlation_id=trade_id,
        causation_id=cause,
        symbol=symbol,
        direction=decision.direction,
        strength=decision.strength,
        strategy=strategy,
        reason=decision.reason,
        order=decision.order,
        exits=decision.exits,
        otherwise=decision.otherwise,
    )
