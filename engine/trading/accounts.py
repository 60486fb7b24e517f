"""Accounts: what may be held with which money, and what borrowing costs (rule P2). Each is its own config struct."""

from __future__ import annotations

from sys import float_info
from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    from collections.abc import Sequence

ROUNDING = 1e-9
"""Buying power may be exceeded by this share: an order sized on all of the equity must not fail by its last bit."""
DAYS_OF_A_RATE = 365.0
"""Rates are per year of this many calendar days, the convention of brokers' "actual/365"."""


class Prospect(NamedTuple):
    """A portfolio as it would be with all its waiting orders and one more, at the latest closes, in quote currency.

    `held`: units of the symbol asked for, below zero if short, and `worth` what they are worth. `gross`: all positions, longs
    and shorts added; `positions`: how many symbols that are. `cash`: what would be left, costs aside.
    """

    held: float
    gross: float
    cash: float
    equity: float
    worth: float = 0.0
    positions: int = 0

    def share(self, money: float) -> float:
        """So much money in percent of equity; all there is where equity is gone."""
        return money / self.equity * 100.0 if self.equity > 0.0 else float_info.max


class AccountModel(msgspec.Struct, frozen=True, kw_only=True, tag_field="name", forbid_unknown_fields=True):
    """A named kind of account with its parameters, as written in a config."""


class CashAccount(AccountModel, frozen=True, kw_only=True, tag="cash", forbid_unknown_fields=True):
    """Buys with the cash there is, and sells only what it holds."""

    def refusal(self, prospect: Prospect) -> str:
        """Why an order is beyond it; empty if it is not."""
        if prospect.held < 0.0:
            return "a cash account cannot sell short"
        if prospect.cash < -ROUNDING * abs(prospect.equity):
            return f"cash: {-prospect.cash:.2f} would be missing"
        return ""

    @property
    def borrowing(self) -> Borrowing | None:
        """It borrows nothing."""
        return None


class MarginAccount(AccountModel, frozen=True, kw_only=True, tag="margin", forbid_unknown_fields=True):
    """Holds long and short positions worth up to a multiple of its equity."""

    leverage: Annotated[
        float, Meta(gt=0, description="most that all positions may be worth, as a multiple of equity")
    ] = 1.0
    borrow_percent: Annotated[
        float, Meta(ge=0, description="cost of borrowed units: percent per year of what short positions are worth")
    ] = 0.0
    interest_percent: Annotated[
        float, Meta(ge=0, description="cost of borrowed cash: percent per year of what cash is below zero")
    ] = 0.0

    def refusal(self, prospect: Prospect) -> str:
        """Why an order is beyond buying power; empty if it is not."""
        if prospect.gross <= prospect.equity * self.leverage * (1.0 + ROUNDING):
            return ""
        at = "" if self.leverage == 1.0 else f", leverage {self.leverage:g}"
        return f"buying power: positions would be worth {prospect.gross:.2f}, equity is {prospect.equity:.2f}{at}"

    @property
    def borrowing(self) -> Borrowing | None:
        """What its loans cost; None if they are free."""
        if not self.borrow_percent and not self.interest_percent:
            return None
        return Borrowing(self.borrow_percent, self.interest_percent)


AnyAccount = CashAccount | MarginAccount


class Borrowing(NamedTuple):
    """What loans cost, in percent per year: of units sold short, and of cash below zero."""

    borrow_percent: float
    interest_percent: float

    def charges(self, quantities: Sequence[float], closes: Sequence[float], cash: float, days: int) -> list[float]:
        """What each position pays for so many days (calendar days, at least 1), in quote currency.

        A short pays for the units it owes, at the last close. Longs pay for the cash that is missing, each by its share of
        what they are worth together.
        """
        of_units = self.borrow_percent / 100.0 / DAYS_OF_A_RATE * days
        of_cash = self.interest_percent / 100.0 / DAYS_OF_A_RATE * days
        long = 0.0
        for quantity, close in zip(quantities, closes, strict=True):
            long += max(quantity, 0.0) * close
        interest = max(-cash, 0.0) * of_cash
        return [
            -(quantity * close) * of_units if quantity <= 0.0 else interest * (quantity * close / long)
            for quantity, close in zip(quantities, closes, strict=True)
        ]
