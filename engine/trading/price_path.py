"""The path of one bar through the orders of its symbol: which of them it meets next (rules L1, X5, X7).

At the open: market orders, then stops, then limits that the open satisfies, each in the order of acceptance. Inside the bar
prices move away from the open, one way and then the other: the way of the nearest stop comes first, the worse for whoever holds,
and without a stop that of the nearest limit. On each way the nearer order comes first. Market orders at the close are last.

An order that joins inside the bar (released, as a trade that it waited for is closed) meets what certainly comes after: the price
at which it joins, as if that were an open, all that lies beyond on the same way, and back as far as the close.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.trading.matching import BarPrices, Match, Moment, find_match
from engine.trading.orders import STOPS, WorkingOrder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.trading.costs import FillAt

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
        self._at = bar.open
        self._rests: dict[str, BarPrices] = {}

    @property
    def first_row(self) -> int:
        """The first bar for an order that arrives now: this one while it stands at its open (rule X4)."""
        return self.row if self.moment is Moment.OPEN else self.row + 1

    def next_meeting(self, orders: Iterable[WorkingOrder]) -> Meeting | None:
        """The next of `orders` that the bar meets; None once it has passed them all."""
        found = [
            Meeting(order, match, ambiguous=False)
            for order in orders
            if order.first_row <= self.row and (match := self._match(order)) is not None and match.moment >= self.moment
        ]
        if not found:
            return None
        return found[0] if len(found) == 1 else self._first(found)

    def reach(self, match: Match) -> None:
        """Goes on to where the bar does this."""
        self.moment, _, self._at, self._heading = match

    def take_over(self, order: WorkingOrder, replaced: WorkingOrder) -> None:
        """Has a stop go on in the place of another: if the bar reaches that one's level, it does so from now on."""
        if self.moment is Moment.INSIDE:
            before, rest = self._rests.get(replaced.order_id, self.bar), self._rest()
            if order.sign < 0 and before.low <= replaced.stop:
                rest = rest._replace(low=before.low)
            elif order.sign > 0 and before.high >= replaced.stop:
                rest = rest._replace(high=before.high)
            self._rests[order.order_id] = rest

    def _match(self, order: WorkingOrder) -> Match | None:
        """What the bar does to an order, or what is left of it since the order joined."""
        if order.order_id not in self._rests:
            self._rests[order.order_id] = self._rest() if self.moment is Moment.INSIDE else self.bar
        rest = self._rests[order.order_id]
        match = find_match(order, rest, self._fill_at)
        if rest is self.bar or match is None or match.moment is not Moment.OPEN:
            return match
        meets_open_alone = order.kind == "market" or order.request.time_in_force == "ioc"
        return None if meets_open_alone else match._replace(moment=Moment.INSIDE, heading=self._heading)

    def _rest(self) -> BarPrices:
        """What certainly comes after the price under way: all beyond it on its way, and back as far as the close."""
        _, high, low, close = self.bar
        if self._heading > 0:
            return BarPrices(self._at, high, min(self._at, close), close)
        return BarPrices(self._at, max(self._at, close), low, close)

    def _first(self, found: list[Meeting]) -> Meeting:
        moment = min(meeting.match.moment for meeting in found)
        found = [meeting for meeting in found if meeting.match.moment is moment]
        if moment is Moment.OPEN:
            return min(found, key=lambda meeting: _AT_OPEN.get(meeting.order.kind, 1))
        return self._inside(found) if moment is Moment.INSIDE else found[0]

    def _inside(self, found: list[Meeting]) -> Meeting:
        """The nearest on the way the bar goes now; it is turned round once nothing is left on that way."""
        heading = self._heading
        if not any(meeting.match.heading == heading for meeting in found):
            waiting = [meeting for meeting in found if meeting.order.kind in STOPS]
            heading = min(waiting or found, key=self._distance).match.heading
        first = min((meeting for meeting in found if meeting.match.heading == heading), key=self._distance)
        behind = (other.order for other in found if other.match.heading != heading)
        return first._replace(ambiguous=any(self._rivals(first.order, other) for other in behind))

    def _distance(self, meeting: Meeting) -> float:
        return meeting.match.heading * (meeting.match.level - self.bar.open)
