"""Feature columns: each computed once, however many containers define it (rules C1, L6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.features.indicators import PRICE_COLUMNS, check_indicator, compute

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from engine.market.bars import Bars

    Column = npt.NDArray[np.float64]


class FeatureSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A feature as defined: an indicator, what it reads instead of its default columns, and its parameters."""

    indicator: str
    input: tuple[str, ...] = ()
    parameters: tuple[tuple[str, int | float], ...] = ()


def price_columns(bars: Bars) -> dict[str, Column]:
    """Open, high, low, close, volume and the file's own further columns, by name."""
    return {**{name: getattr(bars, name) for name in PRICE_COLUMNS}, **bars.extras}


def feature_names(name: str, spec: FeatureSpec) -> tuple[str, ...]:
    """The names under which a feature is read: its own, or `name.output` for each of several outputs."""
    outputs = check_indicator(spec.indicator).outputs
    return (name,) if len(outputs) == 1 else tuple(f"{name}.{output}" for output in outputs)


class FeatureStore:
    """Computes feature columns on demand and keeps them, read-only, by what defines them: `computed` counts."""

    def __init__(self) -> None:
        self.computed = 0
        self._columns: dict[tuple[int, FeatureSpec], tuple[Column, ...]] = {}

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

    def _outputs(self, bars: Bars, spec: FeatureSpec) -> tuple[Column, ...]:
        key = (id(bars), spec)
        if key not in self._columns:
            self.computed += 1
            outputs = compute(spec.indicator, dict(spec.parameters), price_columns(bars), spec.input)
            for column in outputs:
                column.flags.writeable = False
            self._columns[key] = outputs
        return self._columns[key]
