"""The bars of one symbol as columns: loaded once, shared by every container, never changed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

PRICES = ("open", "high", "low", "close")
COLUMNS = (*PRICES, "volume")
_BLOCK = 1 << 18


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
        bar_length: ns from bar to bar, as stated, else the most frequent difference (the shorter of equals); 0 if a
            single bar says nothing.
        at_close: timestamps are known to be those of the closes.
        decided_until: int64, ns since the epoch, UTC: where bars of several lengths or with shifted stamps are mixed, the last
            timestamp at which an order may be decided that the bar fills; at closes the moment the bar opened. None: any before.
        rows: rows of the file, before longer bars were built from them.
        zone: how the file's timestamps became UTC, in words.
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
    at_close: bool = False
    decided_until: IntArray | None = None
    rows: int = 0
    zone: str = "UTC"

    def __len__(self) -> int:
        """Number of bars."""
        return len(self.timestamps)

    @property
    def lasting(self) -> int:
        """How long after its stamp a bar closes, in ns: its length, unless the stamps are those of the closes."""
        return 0 if self.at_close else self.bar_length

    @property
    def held(self) -> float:
        """What buying at the first open and holding until the last close returns, as a fraction."""
        return self.close.item(-1) / self.open.item(0) - 1.0

    def until(self, moment: int) -> "Bars":
        """The bars stamped no later than `moment`, over the same memory."""
        count = int(self.timestamps.searchsorted(moment, "right"))
        return replace(
            self,
            timestamps=self.timestamps[:count],
            **{name: getattr(self, name)[:count] for name in COLUMNS},
            extras={name: column[:count] for name, column in self.extras.items()},
            decided_until=None if self.decided_until is None else self.decided_until[:count],
        )


def most_frequent_step(timestamps: IntArray) -> int:
    """The most frequent difference of neighbours, in ns; the shorter of equals, 0 if there is one bar only."""
    steps, counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for first in range(0, len(timestamps) - 1, _BLOCK):
        more, often = np.unique(np.diff(timestamps[first : first + _BLOCK + 1]), return_counts=True)
        steps, place = np.unique(np.concatenate((steps, more)), return_inverse=True)
        counts = np.bincount(place, np.concatenate((counts, often))).astype(np.int64)
    return int(steps[np.argmax(counts)]) if len(steps) else 0
