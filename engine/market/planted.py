"""Bars as they might have gone on: cut after a moment, or with noise planted after it. What came before is the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from engine.market.bars import COLUMNS, PRICES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.market.bars import Bars, FloatArray

Future = Literal["none", "high", "low"]
"""What stands after a moment: no bars; or as many as before, far above the last close; or far below it."""

NOISE: tuple[Future, Future] = ("high", "low")
FUTURES: tuple[Future, ...] = ("none", *NOISE)

_LEVELS = {"high": 1.3, "low": 0.7}
_SWING = 0.1
_REACH = 0.03
_PERIOD = 4096
"""Rows after which noise repeats itself: long data needs no more of it in memory."""


class Planted:
    """Bars with other futures. Their arrays are copies: nothing leads from them to the bars that were taken away.

    Prices of noise go up and down around a level that lies 30% above or below the last close. Volume and further columns take
    values that the column has somewhere, from its upper or its lower half; its gaps stay where they are. Timestamps stay.
    """

    def __init__(self, bars: Bars) -> None:
        self.bars = bars
        rows = min(len(bars), _PERIOD)
        chance = np.random.default_rng(len(bars))
        ends = np.exp(chance.uniform(-_SWING, _SWING, (2, rows)))
        reach = 1.0 + chance.uniform(0.0, _REACH, (2, rows))
        shapes = (ends[0], ends.max(0) * reach[0], ends.min(0) / reach[1], ends[1])
        self._shapes = dict(zip(PRICES, shapes, strict=True))
        self._drawn = {name: _drawn(column, rows, chance) for name, column in self._others()}

    def _others(self) -> Iterator[tuple[str, FloatArray]]:
        yield "volume", self.bars.volume
        yield from self.bars.extras.items()

    def at(self, moment: int, future: Future) -> Bars:
        """The bars stamped no later than `moment`, and this future after them."""
        count = int(self.bars.timestamps.searchsorted(moment, "right"))
        if future == "none":
            return _copied(self.bars.until(moment))
        level = self.bars.close.item(count - 1) * _LEVELS[future] if count else 1.0
        columns: dict[str, Any] = {}
        for name, shape in self._shapes.items():
            before: FloatArray = getattr(self.bars, name)
            columns[name] = _joined(before[:count], _onwards(shape, count, len(before)) * level)
        extras: dict[str, FloatArray] = {}
        for name, column in self._others():
            after = np.isfinite(column[count:])
            noise = _onwards(self._drawn[name][future], count, len(column))
            extras[name] = _joined(column[:count], np.where(after, noise, column[count:]))
        columns["volume"] = extras.pop("volume")
        return replace(self.bars, **columns, extras=extras)


def _drawn(column: FloatArray, rows: int, chance: np.random.Generator) -> dict[Future, FloatArray]:
    """So many values of the upper half of those that a column has, and of the lower."""
    known = np.unique(column[np.isfinite(column)])
    if not len(known):
        return dict.fromkeys(NOISE, np.full(rows, np.nan))
    middle = len(known) // 2
    return {"high": chance.choice(known[middle:], rows), "low": chance.choice(known[: max(middle, 1)], rows)}


def _onwards(shape: FloatArray, start: int, end: int) -> FloatArray:
    """What repeats itself, from one row up to another."""
    return np.resize(np.roll(shape, -start), end - start)


def _joined(before: FloatArray, after: FloatArray) -> FloatArray:
    joined = np.concatenate((before, after))
    joined.flags.writeable = False
    return joined


def _copied(bars: Bars) -> Bars:
    arrays = {name: getattr(bars, name).copy() for name in ("timestamps", *COLUMNS)}
    extras = {name: column.copy() for name, column in bars.extras.items()}
    for array in (*arrays.values(), *extras.values()):
        array.flags.writeable = False
    decided_until = None if bars.decided_until is None else bars.decided_until.copy()
    return replace(bars, **arrays, extras=extras, decided_until=decided_until)
