"""Positions and trades: what fills make of them (rules E2, X9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_FLAT = 1e-12
"""A position smaller than this share of what was entered is flat: the rest is rounding."""


def left_of(whole: float, taken: float, size: float | None = None) -> float:
    """What is left of `whole` units (positive) after `taken`; 0.0 if that is rounding beside `size`, the whole unless given."""
    left = whole - taken
    return 0.0 if left <= _FLAT * (whole if size is None else size) else left


class CrossedFlatError(ValueError):
    """One fill took a position from long to short or back; a reversal is two orders."""


@dataclass(slots=True)
class Trade:
    """One trade from its first fill to the fill that makes it flat.

    Quantities are positive units, notionals quote currency. Averages over fills are the trade's prices, to the bit where all
    are at one: `entry_at` and `exit_at` are that one, None where there are several.
    """

    trade_id: str
    sign: Literal[1, -1]
    opened_bar: int
    opened_at: int
    entry_quantity: float = 0.0
    entry_notional: float = 0.0
    exit_quantity: float = 0.0
    exit_notional: float = 0.0
    commission: float = 0.0
    borrowing: float = 0.0
    entry_at: float | None = None
    exit_at: float | None = None

    @property
    def side(self) -> Literal["long", "short"]:
        """Which way it profits."""
        return "long" if self.sign > 0 else "short"

    @property
    def quantity(self) -> float:
        """Signed units still held."""
        left = left_of(self.entry_quantity, self.exit_quantity)
        return left if self.sign > 0 else 0.0 - left

    @property
    def entry_price(self) -> float:
        """Average entry price."""
        return self.entry_notional / self.entry_quantity if self.entry_at is None else self.entry_at

    @property
    def exit_price(self) -> float:
        """Average exit price of what has left."""
        return self.exit_notional / self.exit_quantity if self.exit_at is None else self.exit_at

    @property
    def gross_pnl(self) -> float:
        """Profit of what has left against what was entered, before commissions; final once flat."""
        entered, left = self.entry_notional, self.exit_notional
        return left - entered if self.sign > 0 else entered - left

    @property
    def net_pnl(self) -> float:
        """Gross profit less commissions and what borrowing cost; final once flat."""
        return self.gross_pnl - self.commission - self.borrowing

    def unrealised_pnl(self, close: float) -> float:
        """Net profit if the rest were valued at `close`, partial exits included."""
        return self.net_pnl + self.quantity * close

    def add(self, signed_quantity: float, price: float, commission: float) -> None:
        """Books one fill.

        Raises:
            CrossedFlatError: if it is larger than the position it reduces.
        """
        notional = abs(signed_quantity) * price
        if signed_quantity * self.sign > 0:
            self.entry_at = price if not self.entry_quantity or self.entry_at == price else None
            self.entry_quantity += abs(signed_quantity)
            self.entry_notional += notional
        else:
            left = self.entry_quantity - self.exit_quantity
            if abs(signed_quantity) - left > _FLAT * self.entry_quantity:
                raise CrossedFlatError(
                    f"{self.trade_id}: a fill of {signed_quantity} crosses flat from {self.quantity}"
                )
            self.exit_at = price if not self.exit_quantity or self.exit_at == price else None
            self.exit_quantity += abs(signed_quantity)
            self.exit_notional += notional
        self.commission += commission


def open_trade(trade_id: str, signed_quantity: float, bar: int, timestamp: int) -> Trade:
    """A trade about to get its first fill, of `signed_quantity`, at the lane's bar number `bar`."""
    return Trade(trade_id, 1 if signed_quantity > 0 else -1, bar, timestamp)
