"""A lane's orders at work, and what of each of its trades is filled (rules E2, X5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.trading.positions import left_of

if TYPE_CHECKING:
    from engine.trading.orders import WorkingOrder


class FilledTrade:
    """What the fills of an open trade come to: units entered and left, positive, and the direction."""

    __slots__ = ("entered", "left_again", "number", "sign")

    def __init__(self, number: int, sign: int) -> None:
        self.number = number
        self.sign = sign
        self.entered = 0.0
        self.left_again = 0.0

    @property
    def held(self) -> float:
        """Units still held, positive."""
        return left_of(self.entered, self.left_again)


class OrderBook:
    """Working orders in the order of acceptance, and the open trades by id."""

    def __init__(self, symbols: int) -> None:
        self.orders: list[WorkingOrder] = []
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

    def fillable(self, order: WorkingOrder) -> float:
        """Units of an order that may be filled: never more of an exit than is held."""
        trade = self._trades.get(order.correlation_id)
        if trade is None or trade.sign == order.sign:
            return order.left
        return min(order.left, trade.held)

    def fill(self, order: WorkingOrder, quantity: float) -> bool:
        """Takes a fill into account; says whether it made its trade flat. An order that is filled leaves the book."""
        order.left = left_of(order.left, quantity)
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
