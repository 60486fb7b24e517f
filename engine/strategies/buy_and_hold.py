"""Buy and hold: the benchmark that needs no idea."""

import numpy as np

from engine.strategies.columns import BuiltinStrategy, Columns, Targets


class BuyAndHold(BuiltinStrategy, frozen=True, kw_only=True, tag="buy_and_hold", forbid_unknown_fields=True):
    """Long from the first bar to the last."""

    def columns(self) -> tuple[str, ...]:
        """The columns it reads: only the length of the close counts."""
        return ("close",)

    def targets(self, columns: Columns) -> Targets:
        """Target direction per bar, int8 of shape (n_bars,): all +1."""
        return np.ones(len(columns["close"]), np.int8)
