"""How many events a lane's trades would be, and how many of open trades at once (rules B2, K1).

A trade's events come in one order, and besides the trade that is held only the one that replaces it can be under way. So
the most events of open trades that are about at once is that of a few moments, each of which comes or does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.batch.fills import Tally

TRADE_EVENTS = ("SIGNAL", "ORDER_REQUEST", "ORDER", "FILL", "POSITION_OPEN")
"""What comes of a trade before it closes."""

Moment = tuple[int, int, int, int, int]
"""How many of each of TRADE_EVENTS belong to trades that have not ended."""

HELD: Moment = (1, 1, 1, 1, 1)
LEFT: Moment = (2, 2, 2, 2, 1)
REVERSED: Moment = (2, 3, 3, 2, 1)
REFUSED: Moment = (1, 1, 0, 0, 0)
REFUSED_IN_REVERSAL: Moment = (2, 3, 2, 1, 1)
LEFT_WITHOUT_SIGNAL: Moment = (1, 2, 2, 2, 1)
ENTRY_EXPIRED: Moment = (1, 1, 1, 0, 0)
EXIT_EXPIRED: Moment = (2, 2, 3, 1, 1)
EXIT_EXPIRED_BY_REVERSAL: Moment = (1, 2, 3, 1, 1)
REVERSAL_EXPIRED: Moment = (2, 3, 4, 1, 1)


@dataclass(slots=True)
class TradeCensus:
    """`moments` that came, `turns` of the strategy, `expired` orders, and what belongs to the trade `holding`, if one is."""

    moments: set[Moment] = field(default_factory=set)
    turns: int = 0
    expired: int = 0
    holding: Moment = HELD

    def note(self, tally: Tally) -> None:
        """Takes note of the moments that fills and refusals bring."""
        if tally.entries:
            self.moments.add(HELD)
        if tally.reversed:
            self.moments.add(REVERSED)
        if tally.exits > tally.reversed + tally.left_refused:
            self.moments.add(LEFT)
        if tally.left_refused:
            self.moments |= {REFUSED_IN_REVERSAL, LEFT_WITHOUT_SIGNAL}
        if tally.left_refused < tally.refused:
            self.moments.add(REFUSED)

    def note_expiry(self, *, leaving: bool, entering: bool, refused: bool) -> None:
        """Takes note of the orders of a turn at the last bar."""
        self.expired += leaving + (entering and not refused)
        if not leaving:
            self.moments.add(REFUSED if refused else ENTRY_EXPIRED)
            return
        if entering:
            self.moments.add(REFUSED_IN_REVERSAL if refused else REVERSAL_EXPIRED)
        self.holding = EXIT_EXPIRED_BY_REVERSAL if entering else EXIT_EXPIRED
        self.moments.add(self.holding)

    def note_close_at_end(self) -> None:
        """Takes note that what was held was closed after the last bar: one more request, order and fill, no signal."""
        signals, requests, orders, fills, opens = self.holding
        self.moments.add((signals, requests + 1, orders + 1, fills + 1, opens))
