"""Crossover: one column crossing another (rule Y2)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

import numpy as np
import numpy.typing as npt
from msgspec import Meta

from engine.strategies.columns import ON_CROSS, Booleans, BuiltinStrategy, Columns, Side, Targets, Turns, held_from

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        return turns_together([self], [columns], [before])[0]


def turns_together(strategies: Sequence[Crossover], columns: Sequence[Columns], before: Sequence[int]) -> list[Turns]:
    """The `turns` of several strategies over columns of one length, which cost little more than those of one.

    A cross is a bar at which fast lies on another side of slow than at the bar before, and neither is NaN there: so all bars
    are compared once, and only the few at which the side changes are looked at again.
    """
    pairs = [(each[strategy.fast], each[strategy.slow]) for strategy, each in zip(strategies, columns, strict=True)]
    lane, rows, up = _crosses(pairs)
    on_cross = np.array([ON_CROSS[strategy.direction] for strategy in strategies], np.int8)
    targets = on_cross[lane, np.where(up, 0, 1)]
    starts = lane.searchsorted(np.arange(len(pairs) + 1))
    first = starts[:-1][starts[:-1] < starts[1:]]
    was = np.empty_like(targets)
    was[1:] = targets[:-1]
    was[first] = np.array(before, np.int8)[lane[first]]
    changes = np.flatnonzero(targets != was)
    rows, targets = rows[changes], targets[changes]
    edges = changes.searchsorted(starts).tolist()
    return [(rows[begin:end], targets[begin:end]) for begin, end in pairwise(edges)]


def _crosses(pairs: Sequence[tuple[Floats, Floats]]) -> tuple[Rows, Rows, Booleans]:
    """The crosses of each fast column over its slow one, in order: which pair, which row, and whether up."""
    bars = len(pairs[0][0])
    sides = np.empty((len(pairs), bars), np.int8)
    above, below = np.empty(bars, np.bool_), np.empty(bars, np.bool_)
    for side, (fast, slow) in zip(sides, pairs, strict=True):
        np.greater(fast, slow, out=above)
        np.less(fast, slow, out=below)
        np.subtract(above.view(np.int8), below.view(np.int8), out=side)
    changed = sides[:, 1:] != sides[:, :-1]
    lane, row = np.divmod(np.flatnonzero(changed), max(bars - 1, 1))
    was, now = sides[lane, row], sides[lane, row + 1]
    for unclear in np.flatnonzero(was == 0).tolist():  # level, or NaN
        fast, slow = pairs[lane[unclear]]
        was[unclear] = fast[row[unclear]] == slow[row[unclear]]
    crossed = (was != 0) & (now != 0)
    return lane[crossed], row[crossed] + 1, now[crossed] > 0
