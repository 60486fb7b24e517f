"""Buy and hold: the benchmark that needs no idea."""

import numpy as np

from engine.strategies.columns import BuiltinStrategy, Columns, Targets, Turns, changed_from


class BuyAndHold(BuiltinStrategy, frozen=True, kw_only=True, tag="buy_and_hold", forbid_unknown_fields=True):
    """Long from the first bar to the last."""

    def columns(self) -> tuple[str, ...]:
        """The columns it reads: only the length of the close counts."""
        return ("close",)

    def targets(self, columns: Columns) -> Targets:
        """Target direction per bar, int8 of shape (n_bars,): all +1."""
        return np.ones(len(columns["close"]), np.int8)

    def turns(self, columns: Columns, before: int = 0) -> Turns:
        """The first row, unless `before` it the target is 1 already."""
        rows = np.arange(min(len(columns["close"]), 1))
        return changed_from(before, rows, np.ones(len(rows), np.int8))
