"""Made-up bars: geometric Brownian motion, seeded, with optional regimes (rule M5)."""

import hashlib

import msgspec
import numpy as np

from engine.market.bars import Bars, FloatArray, IntArray
from engine.market.durations import DAY, duration_ns
from engine.market.selection import first_moment
from engine.market.sources import Regime, SyntheticSource

_YEAR = 365 * DAY
_DECIMALS = 4
_LEAST_PRICE = 10.0**-_DECIMALS
# How far high and low reach beyond open and close, as a share of the bar's standard deviation.
_WICK = 0.5
_VOLUMES = (1_000, 10_000)


def synthetic_bars(source: SyntheticSource, run_seed: int) -> Bars:
    """Bars one after the other without gaps, prices rounded to 4 decimals, each opening at the close before.

    The logarithm of the close moves by (drift - volatility^2 / 2) dt + volatility sqrt(dt) z with z standard normal
    and dt in years of 365 days (Hull, Options, Futures and Other Derivatives, chapter on Wiener processes).

    Args:
        source: the parameters.
        run_seed: the run's seed; with the symbol it is the generator's seed if the source has none.

    Raises:
        ValueError: start or bar_length is not understood, the bars reach beyond the year 2261, or prices beyond 1e308.
    """
    generator = np.random.default_rng(_seed(source, run_seed))
    length = duration_ns(source.bar_length)
    timestamps = last_timestamp(source) - length * np.arange(source.bars, dtype=np.int64)[::-1]
    drift, volatility = _parameters(source, generator)
    with np.errstate(over="ignore", invalid="ignore"):
        columns = _prices(source.initial_price, drift, volatility, length / _YEAR, generator)
    if not all(np.isfinite(prices).all() for prices in columns):
        raise ValueError("the prices grow beyond what a number can hold; lower drift or volatility")
    volume = generator.integers(*_VOLUMES, source.bars).astype(np.float64)
    for array in (timestamps, *columns, volume):
        array.setflags(write=False)
    return Bars(
        source.symbol,
        timestamps,
        *columns,
        volume,
        extras={},
        source_name="synthetic",
        fingerprint=_fingerprint(source, run_seed),
        dropped={},
        bar_length=length,
        rows=source.bars,
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


def _parameters(source: SyntheticSource, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Drift and volatility of each bar."""
    if not source.regimes:
        return np.full(source.bars, source.drift), np.full(source.bars, source.volatility)
    regime = _regime_of_each_bar(source.regimes, source.bars, generator)
    drifts = np.array([regime.drift for regime in source.regimes])
    volatilities = np.array([regime.volatility for regime in source.regimes])
    return drifts[regime], volatilities[regime]


def _regime_of_each_bar(regimes: list[Regime], bars: int, generator: np.random.Generator) -> IntArray:
    """Spells of geometric length, so that leaving a regime is as likely at every bar; they take turns in order."""
    lengths: list[int] = []
    covered = 0
    while covered < bars:
        length = int(generator.geometric(1 / regimes[len(lengths) % len(regimes)].mean_bars))
        lengths.append(min(length, bars - covered))
        covered += lengths[-1]
    return np.repeat(np.arange(len(lengths)) % len(regimes), lengths)


def _prices(
    initial: float, drift: FloatArray, volatility: FloatArray, years: float, generator: np.random.Generator
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    deviation = volatility * np.sqrt(years)
    moves = (drift - volatility * volatility / 2) * years + deviation * generator.standard_normal(len(drift))
    close = initial * np.exp(np.cumsum(moves))
    opened = np.concatenate(([initial], close[:-1]))
    reach = _WICK * deviation * np.abs(generator.standard_normal((2, len(drift))))
    high = np.maximum(opened, close) * (1 + reach[0])
    low = np.minimum(opened, close) / (1 + reach[1])
    return _rounded(opened), _rounded(high), _rounded(low), _rounded(close)


def _rounded(prices: FloatArray) -> FloatArray:
    # Rounding keeps order, so high and low stay outermost; a price never rounds to nothing.
    return np.maximum(np.round(prices, _DECIMALS), _LEAST_PRICE)
