"""How often a strategy may be expected to trade, told from its parameters alone: for the estimate, never for a result."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from engine.features.indicators import PRICE_COLUMNS
from engine.strategies.buy_and_hold import BuyAndHold
from engine.strategies.crossover import Crossover

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.config.schema import Strategy
    from engine.features.spec import FeatureSpec

UNKNOWN_RATE = 0.05
"""Trades a bar of a strategy that nothing is known about: one in twenty bars."""
_LONGEST_PERIOD = 10_000


def expected_trades(strategy: Strategy, features: Mapping[str, FeatureSpec], bars: float) -> float:
    """Trades of a strategy over `bars` bars of a random walk, with these features at hand."""
    if isinstance(strategy, BuyAndHold):
        return 1.0
    if not isinstance(strategy, Crossover):
        return bars * UNKNOWN_RATE
    fast, slow = _period(strategy.fast, features), _period(strategy.slow, features)
    if fast is None or slow is None:
        return bars * UNKNOWN_RATE
    crossings = bars * crossing_rate(fast, slow)
    return crossings if strategy.direction == "both" else crossings / 2


@lru_cache(maxsize=65_536)
def crossing_rate(fast: int, slow: int) -> float:
    """Crossings a bar of two moving averages of these periods over a random walk; a price has period 1.

    Their difference is a weighted sum of the last price changes, so it is stationary; a Gaussian one crosses zero
    arccos(its autocorrelation at lag 1) / pi times a bar (Rice's formula in discrete time).
    """
    ages = np.arange(1.0, max(fast, slow) + 1)
    weights = np.minimum(ages, fast) / fast - np.minimum(ages, slow) / slow
    power = float(weights @ weights)
    if power == 0.0:
        return 0.0
    return float(np.arccos(weights[1:] @ weights[:-1] / power) / np.pi)


def _period(column: str, features: Mapping[str, FeatureSpec]) -> int | None:
    """The bars that a column averages over, None if that is not how it is made."""
    if column in PRICE_COLUMNS:
        return 1
    spec = features.get(column)
    period = dict(spec.parameters).get("timeperiod") if spec is not None else None
    return int(period) if period and period <= _LONGEST_PERIOD else None
