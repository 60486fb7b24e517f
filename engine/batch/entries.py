"""Entries of one lane: how many units they ask for, and whether the account takes them (rules P1, P2)."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, isnan
from typing import TYPE_CHECKING

from engine.trading.acceptance import quantity_fault, too_little
from engine.trading.accounts import ROUNDING, MarginAccount, Prospect
from engine.trading.sizing import Entry, FixedQuantity, in_lots

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from engine.market.bars import Bars
    from engine.trading.sizing import Sizer

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Entries:
    """The sizing of a lane of one symbol, and the least that an order may be worth."""

    sizer: Sizer
    lot_size: float | None
    minimum_notional: float
    days_per_year: int

    @property
    def same_units(self) -> float | None:
        """The units of every entry, None where they depend on something."""
        return in_lots(self.sizer.quantity, self.lot_size) if isinstance(self.sizer, FixedQuantity) else None

    def units(self, bars: Bars, row: int, *, long: bool, cash: float, equity: float) -> float:
        """The units of an entry decided on the close of a row, with this cash and equity."""
        return in_lots(self.sizer.units(self._entry(bars, row, long=long, cash=cash, equity=equity)), self.lot_size)

    def sized(self, bars: Bars, row: int, *, long: bool, cash: float, equity: float) -> tuple[float, str]:
        """The units, and what is not known where there are none."""
        entry = self._entry(bars, row, long=long, cash=cash, equity=equity)
        units = in_lots(self.sizer.units(entry), self.lot_size)
        return units, self.sizer.unknown(entry) if isnan(units) else ""

    def _entry(self, bars: Bars, row: int, *, long: bool, cash: float, equity: float) -> Entry:
        closes = bars.close[: row + 1]
        return Entry(
            symbol=bars.symbol,
            side="buy" if long else "sell",
            equity=equity,
            cash=cash,
            price=closes.item(-1),
            closes=closes,
            strength=1.0,
            days_per_year=self.days_per_year,
        )

    def accepts(self, units: float, close: float, equity: float) -> bool:
        """Whether an entry of so many units is taken at this close: what is held, if anything, is being left."""
        if not (isfinite(units) and units > 0.0) or units * close < self.minimum_notional:
            return False
        return units * close <= equity * (1.0 + ROUNDING)

    def refusal(self, signed_units: float, close: float, equity: float, unknown: str) -> str:
        """Why `accepts` does not take an entry, in words, and what was `unknown`; empty if it does."""
        units = abs(signed_units)
        fault = quantity_fault(units, unknown) or too_little(units * close, self.minimum_notional)
        worth = units * close
        return fault or MarginAccount().refusal(Prospect(signed_units, worth, equity - worth, equity))
