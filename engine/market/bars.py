"""The bars of one symbol as columns: loaded once, shared by every container, never changed."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

PRICES = ("open", "high", "low", "close")
COLUMNS = (*PRICES, "volume")


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """The bars of one symbol, oldest first, timestamps strictly increasing; every array is read-only, shape (n,).

    Attributes:
        symbol: name of the instrument.
        timestamps: int64, ns since the epoch, UTC, as the file stamps its bars.
        open: float64, quote currency per unit; likewise high, low and close.
        volume: float64, units traded; zeros if the file has no volume column (a warning says so).
        extras: further columns by feature name, float64; NaN where the file has no value.
        source_name: name of the file, or `synthetic`.
        fingerprint: SHA-256 of the file's bytes, or of the synthetic source's parameters and seed; hex.
        dropped: rows left out under `on_bad_row: drop`, by reason.
        bar_length: ns from bar to bar, the most frequent difference (the shorter of equals); 0 for a single bar.
    """

    symbol: str
    timestamps: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    extras: Mapping[str, FloatArray]
    source_name: str
    fingerprint: str
    dropped: Mapping[str, int]
    bar_length: int

    def __len__(self) -> int:
        """Number of bars."""
        return len(self.timestamps)


def most_frequent_step(timestamps: IntArray) -> int:
    """The most frequent difference of neighbours, in ns; the shorter of equals, 0 if there is one bar only."""
    if len(timestamps) < 2:  # noqa: PLR2004 - a difference needs two
        return 0
    steps, counts = np.unique(np.diff(timestamps), return_counts=True)
    return int(steps[np.argmax(counts)])
