"""Feature columns: each computed once, however many containers define it (rules C1, L6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.features.blocks import compute_in_blocks
from engine.features.indicators import PRICE_COLUMNS, check_indicator, compute
from engine.features.spec import FeatureOutput, FeatureSpec, feature_names
from engine.market.column_file import ColumnFile, release_pages

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from engine.market.bars import Bars

    Column = npt.NDArray[np.float64]

BUDGET = 32 << 20
"""Bytes of a feature's outputs up to which it is computed in one call."""

VALUE = 8
WORKING = 128
"""Bytes that a bar's value takes in an array, and while a handle is carried over it: a number of Python each way."""


def price_columns(bars: Bars) -> dict[str, Column]:
    """Open, high, low, close, volume and the file's own further columns, by name."""
    return {**{name: getattr(bars, name) for name in PRICE_COLUMNS}, **bars.extras}


class FeatureStore:
    """Computes feature columns on demand and keeps them in `file`, read-only, by what defines them: `computed` counts.

    A feature whose outputs take at most `budget` bytes is one call over the whole column; a longer one is carried from
    block to block, to the same bits (rule L6).
    """

    def __init__(self, file: ColumnFile, budget: int = BUDGET) -> None:
        self.computed = 0
        self._file = file
        self._budget = budget
        self._columns: dict[tuple[Bars, FeatureSpec], tuple[Column, ...]] = {}

    def columns(self, bars: Bars, features: Mapping[str, FeatureSpec]) -> dict[str, Column]:
        """All columns a strategy over these bars may read: prices, then the named features."""
        named = price_columns(bars)
        for name, spec in features.items():
            named.update(zip(feature_names(name, spec), self._outputs(bars, spec), strict=True))
        return named

    def named(self, bars: Bars, features: Mapping[str, FeatureSpec]) -> dict[str, Column]:
        """The columns of the named features alone, in their order."""
        columns = self.columns(bars, features)
        return {name: columns[name] for key, spec in features.items() for name in feature_names(key, spec)}

    def is_never_known(self, bars: Bars, spec: FeatureSpec) -> bool:
        """Whether a feature was computed and has no value at any bar in one of its outputs."""
        outputs = self._columns.get((bars, spec), ())
        return any(bool(np.isnan(column[-1])) and bool(np.isnan(column).all()) for column in outputs if len(column))

    def _outputs(self, bars: Bars, spec: FeatureSpec) -> tuple[Column, ...]:
        key = (bars, spec)
        if key not in self._columns:
            self.computed += 1
            self._columns[key] = self._written(bars, spec)
        return self._columns[key]

    def _read(self, bars: Bars, spec: FeatureSpec) -> tuple[dict[str, Column], tuple[str, ...]]:
        """The columns that a feature may read, other features among them, and the names of those it is to read."""
        columns = price_columns(bars)
        inputs: list[str] = []
        for each in spec.input:
            if isinstance(each, FeatureOutput):
                name = f"{each.feature.indicator}.{len(inputs)}"
                columns[name] = self._outputs(bars, each.feature)[each.number]
            else:
                name = each
            inputs.append(name)
        return columns, tuple(inputs)

    def __getstate__(self) -> dict[str, Any]:
        """Another process has a file of its own for what it computes itself."""
        return {**self.__dict__, "_file": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _file=ColumnFile())

    def _written(self, bars: Bars, spec: FeatureSpec) -> tuple[Column, ...]:
        rows, outputs = len(bars), len(check_indicator(spec.indicator).outputs)
        columns, inputs = self._read(bars, spec)
        defined = spec.indicator, dict(spec.parameters), columns, inputs
        if rows * outputs * VALUE <= self._budget:
            return tuple(map(self._file.put, compute(*defined)))
        block = max(1, self._budget // (outputs * WORKING))
        places = [self._file.reserve(rows) for _ in range(outputs)]
        following = places
        for part in compute_in_blocks(*defined, block):
            following = [self._file.write(place, values) for place, values in zip(following, part, strict=True)]
            release_pages()
        return tuple(self._file.view(place, rows, np.float64) for place in places)
