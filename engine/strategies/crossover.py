"""Crossover: one column crossing another (rule Y2)."""

from typing import Annotated

import numpy as np
from msgspec import Meta

from engine.strategies.columns import BuiltinStrategy, Columns, Side, Targets, follow


class Crossover(BuiltinStrategy, frozen=True, kw_only=True, tag="crossover", forbid_unknown_fields=True):
    """Follows one column crossing another (rule Y2)."""

    fast: Annotated[str, Meta(description="name of the faster feature or price column")]
    slow: Annotated[str, Meta(description="name of the slower feature or price column")]
    direction: Annotated[
        Side,
        Meta(description="long: in on the cross up, out on the cross down; short: mirrored; both: reverses"),
    ] = "long"

    def columns(self) -> tuple[str, ...]:
        """The two columns it compares."""
        return (self.fast, self.slow)

    def targets(self, columns: Columns) -> Targets:
        """Target direction per bar, int8 of shape (n_bars,): +1 long, 0 flat, -1 short.

        A cross up is previous fast <= previous slow and now fast > slow, a cross down its mirror. Bars at which either
        column is NaN compare false, so the first comparable bar never signals.
        """
        fast, slow = columns[self.fast], columns[self.slow]
        up = np.zeros(len(fast), np.bool_)
        down = np.zeros(len(fast), np.bool_)
        up[1:] = (fast[:-1] <= slow[:-1]) & (fast[1:] > slow[1:])
        down[1:] = (fast[:-1] >= slow[:-1]) & (fast[1:] < slow[1:])
        return follow(up, down, self.direction)
