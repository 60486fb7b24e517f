"""What a block of marks says of peaks and drawdowns, found without a running maximum over all of it.

A running maximum goes from mark to mark and costs more than everything else that is asked of a lane. The highest mark of
each chunk tells in which chunks a peak can lie; only there one is needed. The results are the same to the bit: division by
one peak and subtraction of one keep the order of marks, so the lowest mark of a chunk below the peak is its lowest drawdown.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

CHUNK = 128
_FEW = 16
"""Chunks up to which looking for those that matter costs more than it saves."""


class Extremes(NamedTuple):
    """`lowest` equity / peak - 1 and its first row `trough`; the `peak_rows` at which equity is the highest so far."""

    lowest: float
    trough: int
    peak_rows: Rows


class Chunks(NamedTuple):
    """The first row of each chunk of a block, its highest mark and its lowest; NaN where one of its marks is."""

    starts: Rows
    highest: Floats
    lowest: Floats


def chunks_of(equity: Floats) -> Chunks:
    """The chunks of a block, `equity` of shape (n,) with n > 0."""
    starts = np.arange(0, len(equity), CHUNK)
    return Chunks(starts, np.maximum.reduceat(equity, starts), np.minimum.reduceat(equity, starts))


def extremes(equity: Floats, chunks: Chunks, peak: float) -> Extremes:
    """The extremes of a block of finite marks; `peak` is the highest mark before it.

    A mark may be further below its peak than a float can hold: that drawdown is minus infinity.
    """
    with np.errstate(over="ignore"):
        return _extremes(equity, chunks, peak)


def _extremes(equity: Floats, chunks: Chunks, peak: float) -> Extremes:
    if len(chunks.starts) <= _FEW:
        return _searched(equity, np.arange(len(equity)), peak)
    before = np.empty(len(chunks.starts) + 1)
    before[0], before[1:] = peak, chunks.highest
    np.maximum.accumulate(before, out=before)
    rising = np.flatnonzero(chunks.highest >= before[:-1])
    rows = (chunks.starts[rising, None] + np.arange(CHUNK)).ravel()
    found = _searched(equity, rows[: rows.searchsorted(len(equity))], peak)
    drawdowns = chunks.lowest / before[:-1] - 1.0  # too low in a rising chunk, where the peak changes
    drawdowns[rising] = 0.0
    return _lower(found, equity, drawdowns, before)


def _searched(equity: Floats, rows: Rows, peak: float) -> Extremes:
    """The extremes of some rows, among which are all at which equity reaches its peak."""
    if not len(rows):
        return Extremes(0.0, 0, rows)
    marks = equity[rows]
    peaks = np.maximum.accumulate(marks)
    if marks[0] < peak:
        np.maximum(peaks, peak, out=peaks)
    drawdowns = marks / peaks
    drawdowns -= 1.0
    trough = int(drawdowns.argmin())
    return Extremes(float(drawdowns[trough]), int(rows[trough]), rows[marks == peaks])


def _lower(found: Extremes, equity: Floats, drawdowns: Floats, before: Floats) -> Extremes:
    """The first lowest of what was found in the rising chunks and of the `drawdowns` of the others."""
    chunk = int(drawdowns.argmin())
    lowest = float(drawdowns[chunk])
    if lowest > found.lowest or lowest == 0.0:
        return found
    start = chunk * CHUNK
    trough = start + int((equity[start : start + CHUNK] / before[chunk] - 1.0).argmin())
    if lowest == found.lowest:
        trough = min(trough, found.trough)
    return Extremes(lowest, trough, found.peak_rows)
