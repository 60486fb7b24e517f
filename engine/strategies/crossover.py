"""Crossover: one column crossing another (rule Y2)."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import numpy.typing as npt
from msgspec import Meta

from engine.strategies.columns import (
    ON_CROSS,
    Booleans,
    BuiltinStrategy,
    Columns,
    Side,
    Targets,
    Turns,
    changed_from,
    held_from,
)

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]


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
        """The rows at which the target changes, and the targets from there on; `before` is that before the first row."""
        rows, up = crosses(columns[self.fast], columns[self.slow])
        on_up, on_down = ON_CROSS[self.direction]
        return changed_from(before, rows, np.where(up, np.int8(on_up), np.int8(on_down)))


def crosses(fast: Floats, slow: Floats) -> tuple[Rows, Booleans]:
    """The rows at which one column crosses another, in order, and whether upwards.

    A cross is a bar at which fast lies on another side of slow than at the bar before, and neither is NaN there: so all bars
    are compared once, and only the few at which the side changes are looked at again.
    """
    sides = np.greater(fast, slow).view(np.int8) - np.less(fast, slow).view(np.int8)
    changed = np.flatnonzero(sides[1:] != sides[:-1])
    was, now = sides[changed], sides[changed + 1]
    for unclear in np.flatnonzero(was == 0).tolist():  # level, or NaN
        was[unclear] = fast[changed[unclear]] == slow[changed[unclear]]
    crossed = (was != 0) & (now != 0)
    return changed[crossed] + 1, now[crossed] > 0
