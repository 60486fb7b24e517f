"""A lane's orders at work, and what of each of its trades is filled (rules E2, X5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.trading.positions import left_of

if TYPE_CHECKING:
    from engine.events import Side
    from engine.trading.orders import WorkingOrder


class FilledTrade:
    """What the fills of an open trade come to: units entered and left, positive, and the direction.

    `is_overdue`: the bar that entered it closed beyond an exit that works only from the next bar on.
    """

    __slots__ = ("entered", "is_overdue", "left_again", "number", "sign")

    def __init__(self, number: int, sign: int) -> None:
        self.number = number
        self.sign = sign
        self.entered = 0.0
        self.left_again = 0.0
        self.is_overdue = False

    @property
    def held(self) -> float:
        """Units still held, positive."""
        return left_of(self.entered, self.left_again)


class Stake(NamedTuple):
    """What a symbol's position may become by its working orders, all in units.

    `held` is signed; `stays` is what orders at the market leave of it. `buying` and `selling`, positive, are what entries that
    wait would buy and sell. An entry against the position waits until that is gone, so the two never add up.
    """

    held: float = 0.0
    stays: float = 0.0
    buying: float = 0.0
    selling: float = 0.0

    def after(self, side: Side) -> float:
        """The largest position on one side, signed: that of a buy is long."""
        if side == "buy":
            return max(self.stays, 0.0) + self.buying
        return min(self.stays, 0.0) - self.selling

    def with_entry(self, side: Side, quantity: float) -> Stake:
        """With one more entry that waits."""
        if side == "buy":
            return self._replace(buying=self.buying + quantity)
        return self._replace(selling=self.selling + quantity)

    @property
    def largest(self) -> float:
        """The largest position on either side, positive."""
        return max(self.after("buy"), -self.after("sell"))


class OrderBook:
    """Working orders in the order of acceptance, and the open trades by id.

    Those that are set `aside` do not count in what positions may become: they are being asked for again.
    """

    def __init__(self, symbols: int) -> None:
        self.orders: list[WorkingOrder] = []
        self.aside: list[WorkingOrder] = []
        self._trades: dict[str, FilledTrade] = {}
        self._holders: list[str | None] = [None] * symbols

    def knows(self, trade_id: str) -> bool:
        """Whether anything is left of a trade: a position, or an order that may open one."""
        return trade_id in self._trades or any(order.correlation_id == trade_id for order in self.orders)

    def named(self, order_id: str | None) -> WorkingOrder | None:
        """The working order of this id."""
        if order_id is None:
            return None
        return next((order for order in self.orders if order.order_id == order_id), None)

    def put_back(self, order: WorkingOrder | None) -> None:
        """Takes an order back to its place in the order of acceptance."""
        if order is not None:
            self.orders.append(order)
            self.orders.sort(key=lambda each: each.accepted)

    def of_trade(self, trade_id: str) -> list[WorkingOrder]:
        """A trade's orders."""
        return [order for order in self.orders if order.correlation_id == trade_id]

    def may_fill(self, number: int) -> list[WorkingOrder]:
        """The orders of a symbol that nothing holds back: while a trade is open another one's entry waits."""
        holder = self._holders[number]
        return [
            order
            for order in self.orders
            if order.number == number and (holder is None or order.correlation_id == holder)
        ]

    def reduces(self, order: WorkingOrder) -> bool:
        """Whether a fill of the order would make a position smaller."""
        trade = self._trades.get(order.correlation_id)
        return trade is not None and trade.sign != order.sign

    def entries_of(self, trade_id: str) -> list[WorkingOrder]:
        """The working orders that would open a trade's position or make it larger."""
        return [order for order in self.of_trade(trade_id) if not self.reduces(order)]

    def last_exit_at_market(self) -> int:
        """The place in the order of acceptance of the last exit that works at the market; 0 if none does."""
        return max((order.accepted for order in self.orders if self._leaves_at_market(order)), default=0)

    def is_held_back(self, order: WorkingOrder) -> bool:
        """Whether one of the exits still works without which an entry would not have been accepted."""
        return bool(order.waits_for) and any(
            self._leaves_at_market(other) and other.accepted <= order.waits_for for other in self.orders
        )

    def waiting_for(self, gone: WorkingOrder) -> list[WorkingOrder]:
        """The entries that were held back by an exit that is not filled and works no more, though its trade goes on."""
        if not self._leaves_at_market(gone):
            return []
        return [order for order in self.orders if order.waits_for >= gone.accepted]

    def _leaves_at_market(self, order: WorkingOrder) -> bool:
        return order.kind == "market" and self.reduces(order)

    def stakes(self, *, exits_count: bool = True) -> list[Stake]:
        """What the position of each symbol may become by its working orders; without the exits, if those do not count."""
        stakes, leaving = [Stake()] * len(self._holders), [0.0] * len(self._holders)
        for order in self.orders:
            if order in self.aside:
                continue
            if not self.reduces(order):
                stakes[order.number] = stakes[order.number].with_entry(order.request.side, order.left)
            elif exits_count and order.kind == "market":
                leaving[order.number] += order.left
        for trade in self._trades.values():
            stays = left_of(trade.held, leaving[trade.number], trade.entered)
            held, stays = trade.sign * trade.held, trade.sign * stays
            stakes[trade.number] = stakes[trade.number]._replace(held=held, stays=stays)
        return stakes

    def fillable(self, order: WorkingOrder, most: float) -> float:
        """Units of an order that may be filled where there are so many: no more of an exit than is held, and no dust."""
        trade = self._trades.get(order.correlation_id)
        wanted = order.left if trade is None or trade.sign == order.sign else min(order.left, trade.held)
        return wanted if most >= wanted else left_of(most, 0.0, order.request.quantity)

    def note_overdue(self, order: WorkingOrder) -> None:
        """Notes that the trade of an exit would have been left before that exit began to work."""
        trade = self._trades.get(order.correlation_id)
        if trade is not None:
            trade.is_overdue = True

    def is_overdue(self, order: WorkingOrder) -> bool:
        """Whether a fill of the order would be the first to leave a trade that should have been left before."""
        return self.reduces(order) and self._trades[order.correlation_id].is_overdue

    def fill(self, order: WorkingOrder, quantity: float) -> bool:
        """Takes a fill into account; says whether it made its trade flat. An order that is filled leaves the book."""
        order.left = left_of(order.left, quantity, order.request.quantity)
        if not order.left:
            self.orders.remove(order)
        trade = self._trades.get(order.correlation_id)
        if trade is None:
            trade = self._trades[order.correlation_id] = FilledTrade(order.number, order.sign)
            self._holders[order.number] = order.correlation_id
        if trade.sign == order.sign:
            trade.entered += quantity
            return False
        trade.left_again += quantity
        trade.is_overdue = False
        if trade.held:
            return False
        del self._trades[order.correlation_id]
        self._holders[order.number] = None
        return True

    def rivals(self, one: WorkingOrder, other: WorkingOrder) -> bool:
        """Whether a fill of one takes the other away: members of an OCO, or two exits of what a trade holds."""
        if one.request.oco is not None and one.request.oco == other.request.oco:
            return True
        same_trade = one.correlation_id == other.correlation_id
        return same_trade and self.reduces(one) and self.reduces(other)

    def others_of_oco(self, order: WorkingOrder) -> list[WorkingOrder]:
        """The other members of an order's OCO that still work."""
        name = order.request.oco
        return [] if name is None else [each for each in self.orders if each.request.oco == name and each is not order]
