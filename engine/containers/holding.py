"""What a portfolio wants of a symbol, while its orders are on their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.strategies.decision import Decision

if TYPE_CHECKING:
    from engine.order_terms import ExitTerms


class Holding:
    """What the portfolio wants of one symbol.

    `intent` is the direction it will have once all its orders are filled, `trade_id` the latest trade; `closing` says
    that the open position's exit is on its way, `opened_by` which POSITION_OPEN began it. `signal_id` is the SIGNAL to act
    on in this step's ORDER phase, `begun` are the trades that signals of this step began, `decision` is the last that was
    to be acted on, `exits` are the exits that decisions named for the trade, in place of the config's.
    """

    __slots__ = ("begun", "closing", "decision", "exits", "intent", "opened_by", "signal_id", "trade_id")

    def __init__(self) -> None:
        self.intent = 0
        self.trade_id: str | None = None
        self.closing = False
        self.opened_by = ""
        self.signal_id: str | None = None
        self.begun: list[str] = []
        self.decision = Decision("flat")
        self.exits: ExitTerms | None = None
