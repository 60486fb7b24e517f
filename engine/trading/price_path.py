"""The path of one bar through the orders of its symbol: which of them it meets next (rules L1, X5, X7).

At the open: market orders, then stops, then limits that the open satisfies, each in the order of acceptance. Inside the bar
prices move away from the open, one way and then the other: the way of the nearest stop comes first, the worse for whoever holds,
and without a stop that of the nearest limit. On each way the nearer order comes first. Market orders at the close are last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.trading.matching import Match, Moment, find_match
from engine.trading.orders import STOPS, WorkingOrder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.trading.costs import FillAt
    from engine.trading.matching import BarPrices

UNLIMITED = float("inf")
_AT_OPEN = {"market": 0, "limit": 2}


class Meeting(NamedTuple):
    """An order that a bar meets, what it does to it, and whether it may as well have met a rival of it before (rule X5)."""

    order: WorkingOrder
    match: Match
    ambiguous: bool


class PricePath:
    """How far one bar (row `row` of its feed) has got: `moment`, and the `volume` that orders may still take of it.

    `rivals(a, b)` says whether a fill of one order takes the other away.
    """

    def __init__(
        self,
        row: int,
        bar: BarPrices,
        volume: float,
        fill_at: FillAt,
        rivals: Callable[[WorkingOrder, WorkingOrder], bool],
    ) -> None:
        self.row = row
        self.bar = bar
        self.volume = volume
        self.moment = Moment.OPEN
        self._fill_at = fill_at
        self._rivals = rivals
        self._heading = 0

    @property
    def first_row(self) -> int:
        """The first bar for an order that arrives now: this one while it stands at its open (rule X4)."""
        return self.row if self.moment is Moment.OPEN else self.row + 1

    def next_meeting(self, orders: Iterable[WorkingOrder]) -> Meeting | None:
        """The next of `orders` that the bar meets; None once it has passed them all."""
        found = [
            Meeting(order, match, ambiguous=False)
            for order in orders
            if order.first_row <= self.row
            and (match := find_match(order, self.bar, self._fill_at)) is not None
            and match.moment >= self.moment
        ]
        if not found:
            return None
        if len(found) == 1:
            (meeting,) = found
            self.moment, self._heading = meeting.match.moment, meeting.match.heading
            return meeting
        self.moment = min(meeting.match.moment for meeting in found)
        found = [meeting for meeting in found if meeting.match.moment is self.moment]
        if self.moment is Moment.OPEN:
            return min(found, key=lambda meeting: _AT_OPEN.get(meeting.order.kind, 1))
        return self._inside(found) if self.moment is Moment.INSIDE else found[0]

    def _inside(self, found: list[Meeting]) -> Meeting:
        """The nearest on the way the bar goes now; it is turned round once nothing is left on that way."""
        ahead = [meeting for meeting in found if meeting.match.heading == self._heading]
        if not ahead:
            waiting = [meeting for meeting in found if meeting.order.kind in STOPS]
            self._heading = min(waiting or found, key=self._distance).match.heading
            ahead = [meeting for meeting in found if meeting.match.heading == self._heading]
        first = min(ahead, key=self._distance)
        behind = (other.order for other in found if other.match.heading != self._heading)
        return first._replace(ambiguous=any(self._rivals(first.order, other) for other in behind))

    def _distance(self, meeting: Meeting) -> float:
        return abs(meeting.match.level - self.bar.open)
