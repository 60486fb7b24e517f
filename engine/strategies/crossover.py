"""Crossover: one column crossing another (rule Y2)."""

from typing import Annotated

import numpy as np
from msgspec import Meta

from engine.strategies.columns import ON_CROSS, BuiltinStrategy, Columns, Side, Targets, Turns, changed_from, held_from


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
        return held_from(*self.turns(columns), len(columns[self.fast]))

    def turns(self, columns: Columns, before: int = 0) -> Turns:
        """The rows at which the target changes, and the targets from there on; `before` is that before the first row.

        A cross is a bar at which fast lies on another side of slow than at the bar before, and neither is NaN there: so
        all bars are compared once, and only the few at which the side changes are looked at again.
        """
        fast, slow = columns[self.fast], columns[self.slow]
        side = (fast > slow).view(np.int8) - (fast < slow).view(np.int8)
        rows = np.flatnonzero(side[1:] != side[:-1])
        was = side[rows]
        rows += 1
        now = side[rows]
        crossed = (now != 0) & ((was != 0) | (fast[rows - 1] == slow[rows - 1]))
        on_up, on_down = ON_CROSS[self.direction]
        return changed_from(before, rows[crossed], np.where(now[crossed] > 0, np.int8(on_up), np.int8(on_down)))
