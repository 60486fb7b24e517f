"""Bars as they might have gone on: cut after a moment, or with noise planted after it. What came before is the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from engine.market.bars import COLUMNS, PRICES

if TYPE_CHECKING:
    from engine.market.bars import Bars, FloatArray

Future = Literal["none", "high", "low"]
"""What stands after a moment: no bars; or as many as before, far above the last close; or far below it."""

NOISE: tuple[Future, Future] = ("high", "low")
FUTURES: tuple[Future, ...] = ("none", *NOISE)

_LEVELS = {"high": 1.3, "low": 0.7}
_SWING = 0.1
_REACH = 0.03


class Planted:
    """Bars with other futures. Their arrays are copies: nothing leads from them to the bars that were taken away.

    Prices of noise go up and down around a level that lies 30% above or below the last close. Volume and further columns take
    values that the column has somewhere, from its upper or its lower half; its gaps stay where they are. Timestamps stay.
    """

    def __init__(self, bars: Bars) -> None:
        self.bars = bars
        chance = np.random.default_rng(len(bars))
        ends = np.exp(chance.uniform(-_SWING, _SWING, (2, len(bars))))
        reach = 1.0 + chance.uniform(0.0, _REACH, (2, len(bars)))
        self._shapes = dict(
            zip(PRICES, (ends[0], ends.max(0) * reach[0], ends.min(0) / reach[1], ends[1]), strict=True)
        )
        columns = {"volume": bars.volume, **bars.extras}
        self._drawn = {name: _drawn(column, chance) for name, column in columns.items()}

    def at(self, moment: int, future: Future) -> Bars:
        """The bars stamped no later than `moment`, and this future after them."""
        count = int(self.bars.timestamps.searchsorted(moment, "right"))
        if future == "none":
            return _copied(self.bars.until(moment))
        level = self.bars.close.item(count - 1) * _LEVELS[future] if count else 1.0
        columns: dict[str, Any] = {
            name: _joined(getattr(self.bars, name), shape[count:] * level, count)
            for name, shape in self._shapes.items()
        }
        others = {
            name: _joined(column, self._drawn[name][future][count:], count)
            for name, column in {"volume": self.bars.volume, **self.bars.extras}.items()
        }
        columns["volume"] = others.pop("volume")
        return replace(self.bars, **columns, extras=others)


def _drawn(column: FloatArray, chance: np.random.Generator) -> dict[str, FloatArray]:
    """A value of the upper half, and one of the lower, for every row that has a value."""
    known = np.unique(column[np.isfinite(column)])
    middle = len(known) // 2
    halves = {"high": known[middle:], "low": known[: max(middle, 1)]}
    drawn = {future: chance.choice(half, len(column)) if len(half) else column for future, half in halves.items()}
    return {future: np.where(np.isfinite(column), values, column) for future, values in drawn.items()}


def _joined(column: FloatArray, after: FloatArray, count: int) -> FloatArray:
    joined = np.concatenate((column[:count], after))
    joined.flags.writeable = False
    return joined


def _copied(bars: Bars) -> Bars:
    arrays = {name: getattr(bars, name).copy() for name in ("timestamps", *COLUMNS)}
    extras = {name: column.copy() for name, column in bars.extras.items()}
    for array in (*arrays.values(), *extras.values()):
        array.flags.writeable = False
    return replace(bars, **arrays, extras=extras, opens=None if bars.opens is None else bars.opens.copy())
