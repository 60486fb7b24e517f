"""Made-up bars: geometric Brownian motion, seeded, with optional regimes (rule M5)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from engine.market.bars import Bars, FloatArray, IntArray
from engine.market.column_file import ColumnFile, release_pages
from engine.market.durations import DAY, duration_ns
from engine.market.selection import first_moment
from engine.market.sources import Regime, SyntheticSource

if TYPE_CHECKING:
    from collections.abc import Iterator

_YEAR = 365 * DAY
_DECIMALS = 4
_LEAST_PRICE = 10.0**-_DECIMALS
# How far high and low reach beyond open and close, as a share of the bar's standard deviation.
_WICK = 0.5
_VOLUMES = (1_000, 10_000)
BLOCK = 1 << 18


def synthetic_bars(
    source: SyntheticSource, run_seed: int, block: int = BLOCK, *, file: ColumnFile | None = None
) -> Bars:
    """Bars one after the other without gaps, prices rounded to 4 decimals, each opening at the close before.

    The logarithm of the close moves by (drift - volatility^2 / 2) dt + volatility sqrt(dt) z with z standard normal
    and dt in years of 365 days (Hull, Options, Futures and Other Derivatives, chapter on Wiener processes).

    Args:
        source: the parameters.
        run_seed: the run's seed; with the symbol it is the generator's seed if the source has none.
        block: bars made at a time; no bar depends on it.
        file: where the columns are put; without it one of their own.

    Raises:
        ValueError: start or bar_length is not understood, the bars reach beyond the year 2261, or prices beyond 1e308.
    """
    maker = _Maker(source, np.random.default_rng(_seed(source, run_seed)), block)
    file, bars = file or ColumnFile(), source.bars
    timestamps = file.column(maker.timestamps(), bars, np.int64)
    with np.errstate(over="ignore", invalid="ignore"):
        exact = file.column(maker.closes(), bars, np.float64)
        opened, close = (file.column(map(_rounded, parts), bars, np.float64) for parts in maker.ends(exact))
        high = file.column(map(_rounded, maker.highs(exact)), bars, np.float64)
        low = file.column(map(_rounded, maker.lows(exact)), bars, np.float64)
    volume = file.column(maker.volumes(), bars, np.float64)
    release_pages()
    return Bars(
        source.symbol,
        timestamps,
        opened,
        high,
        low,
        close,
        volume,
        extras={},
        source_name="synthetic",
        fingerprint=_fingerprint(source, run_seed),
        dropped={},
        bar_length=duration_ns(source.bar_length),
        rows=bars,
    )


def last_timestamp(source: SyntheticSource) -> int:
    """The timestamp of the last bar, ns since the epoch UTC.

    Raises:
        ValueError: start or bar_length is not understood, or the moment does not fit into 64 bits.
    """
    last = first_moment(source.start, None) + (source.bars - 1) * duration_ns(source.bar_length)
    if last > np.iinfo(np.int64).max:
        raise ValueError(f"{source.bars} bars of {source.bar_length} from {source.start} reach beyond the year 2261")
    return last


def _seed(source: SyntheticSource, run_seed: int) -> list[int]:
    if source.seed is not None:
        return [source.seed]
    symbol = hashlib.sha256(source.symbol.encode()).digest()
    return [run_seed % 2**64, int.from_bytes(symbol[:8], "big")]


def _fingerprint(source: SyntheticSource, run_seed: int) -> str:
    return hashlib.sha256(msgspec.json.encode([source, _seed(source, run_seed)])).hexdigest()


class _Maker:
    """Makes the columns in parts of `block` bars. What it draws, it draws in the order of the methods, for all bars each."""

    def __init__(self, source: SyntheticSource, generator: np.random.Generator, block: int) -> None:
        self._source = source
        self._generator = generator
        self._blocks = [(start, min(start + block, source.bars)) for start in range(0, source.bars, block)]
        self._years = duration_ns(source.bar_length) / _YEAR
        self._regimes = source.regimes or [
            Regime(drift=source.drift, volatility=source.volatility, mean_bars=source.bars)
        ]
        self._ends = _ends_of_spells(source.regimes, source.bars, generator) if source.regimes else [source.bars]

    def timestamps(self) -> Iterator[IntArray]:
        """The moments, one bar length after the other."""
        length = duration_ns(self._source.bar_length)
        first = last_timestamp(self._source) - length * (self._source.bars - 1)
        return (first + length * np.arange(start, end, dtype=np.int64) for start, end in self._blocks)

    def closes(self) -> Iterator[FloatArray]:
        """The closes before rounding.

        Raises:
            ValueError: if they are no numbers any more.
        """
        sum_of_moves = np.empty(0)
        for start, end in self._blocks:
            drift, volatility = self._parameters(start, end)
            moves = (drift - volatility * volatility / 2) * self._years
            moves += volatility * np.sqrt(self._years) * self._generator.standard_normal(end - start)
            sums = np.cumsum(np.concatenate((sum_of_moves, moves)))[len(sum_of_moves) :]
            sum_of_moves = sums[-1:]
            close = self._source.initial_price * np.exp(sums)
            yield _checked(close)

    def ends(self, exact: FloatArray) -> tuple[Iterator[FloatArray], Iterator[FloatArray]]:
        """Opens and closes, each from the exact closes."""
        return (self._opened(exact, *block) for block in self._blocks), (exact[slice(*block)] for block in self._blocks)

    def highs(self, exact: FloatArray) -> Iterator[FloatArray]:
        """The highs."""
        for start, end in self._blocks:
            highest = np.maximum(self._opened(exact, start, end), exact[start:end])
            yield _checked(highest * (1 + self._reach(start, end)))

    def lows(self, exact: FloatArray) -> Iterator[FloatArray]:
        """The lows."""
        for start, end in self._blocks:
            lowest = np.minimum(self._opened(exact, start, end), exact[start:end])
            yield _checked(lowest / (1 + self._reach(start, end)))

    def volumes(self) -> Iterator[FloatArray]:
        """The volumes."""
        return (self._generator.integers(*_VOLUMES, end - start).astype(np.float64) for start, end in self._blocks)

    def _opened(self, exact: FloatArray, start: int, end: int) -> FloatArray:
        before = exact[start - 1 : start] if start else [self._source.initial_price]
        return np.concatenate((before, exact[start : end - 1]))

    def _reach(self, start: int, end: int) -> FloatArray:
        release_pages()
        _, volatility = self._parameters(start, end)
        deviation = volatility * np.sqrt(self._years)
        reach: FloatArray = _WICK * deviation * np.abs(self._generator.standard_normal(end - start))
        return reach

    def _parameters(self, start: int, end: int) -> tuple[FloatArray, FloatArray]:
        """Drift and volatility of each bar: the regimes take turns."""
        spells = np.searchsorted(self._ends, np.arange(start, end), "right") % len(self._regimes)
        drifts = np.array([regime.drift for regime in self._regimes], np.float64)
        volatilities = np.array([regime.volatility for regime in self._regimes], np.float64)
        return drifts[spells], volatilities[spells]


def _ends_of_spells(regimes: list[Regime], bars: int, generator: np.random.Generator) -> list[int]:
    """Spells of geometric length, so that leaving a regime is as likely at every bar."""
    ends: list[int] = []
    covered = 0
    while covered < bars:
        length = int(generator.geometric(1 / regimes[len(ends) % len(regimes)].mean_bars))
        covered = min(covered + length, bars)
        ends.append(covered)
    return ends


def _checked(prices: FloatArray) -> FloatArray:
    if not np.isfinite(prices).all():
        raise ValueError("the prices grow beyond what a number can hold; lower drift or volatility")
    return prices


def _rounded(prices: FloatArray) -> FloatArray:
    # Rounding keeps order, so high and low stay outermost; a price never rounds to nothing.
    return np.maximum(np.round(prices, _DECIMALS), _LEAST_PRICE)
