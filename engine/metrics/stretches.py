"""What a stretch of bars does to the equity of many lanes at once, without marking each bar of each (rules L5, B3).

Between two fills equity is `cash + units * close`, and rounding keeps the order of what it rounds: the highest close of a piece
gives its highest equity, the lowest its lowest, and the other way round where units are below zero. So the bars of all lanes
are cut into pieces, at fills and after at most CHUNK bars, and only pieces that reach the peak so far are marked bar by bar. The
numbers are those of marking every bar, to the bit.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

CHUNK = 128
_AT_ONCE = 256
"""Pieces marked at a time, to stay in the processor's cache."""

NO_ROW = -1


class Stretch(NamedTuple):
    """What marks of consecutive bars come to; rows count from the first of them, NO_ROW where there is none.

    `highest` and `last` mark. `lowest` equity / peak - 1, and its first row `trough`. `first_peak` and `last_peak`: rows at which
    equity reached the highest mark so far, `widest` the most rows from one to the next, `recovery` the first from the trough
    on.
    """

    bars: int
    bars_in_market: int
    highest: float
    last: float
    lowest: float
    trough: int
    first_peak: int
    last_peak: int
    widest: int
    recovery: int


class Holdings(NamedTuple):
    """What lanes hold in turn, one lane after the other: `counts` of shape (n_lanes,), the rest of shape (sum(counts),).

    From the row `rows` on, each lane's first being 0: `cash` and signed units `held`. Rows of a lane ascend; of several states
    from the same row the last counts.
    """

    counts: Rows
    rows: Rows
    cash: Floats
    held: Floats


class Pieces(NamedTuple):
    """Pieces of bars with one holding each, in order: arrays of shape (n_pieces,), but `first`, of shape (n_lanes,).

    `lane`, first `row` and `length`; `cash` and `held` there, and `peak` before it. `first`: where each lane's pieces begin.
    """

    lane: Rows
    row: Rows
    length: Rows
    cash: Floats
    held: Floats
    peak: Floats
    first: Rows


@np.errstate(over="ignore", invalid="ignore")
def stretches(closes: Floats, holdings: Holdings, peaks: Floats) -> list[Stretch | None]:
    """A stretch of each lane over the bars with these `closes`; None where equity does not stay finite.

    `closes` of shape (n,) with n > 0, `peaks` of shape (n_lanes,): the highest mark of each before.
    """
    pieces = _pieces(len(closes), holdings, peaks)
    highest, lowest = _extremes(closes, pieces)
    finite = np.logical_and.reduceat(np.isfinite(highest) & np.isfinite(lowest), pieces.first)
    if not finite.all():
        flat = ~finite[pieces.lane]
        pieces.held[flat], pieces.cash[flat], highest[flat], lowest[flat] = 0.0, 1.0, 1.0, 1.0
    _climb(pieces, peaks, highest)
    drawdowns = lowest / pieces.peak
    drawdowns -= 1.0
    peak_lanes, peak_rows = _mark_rising(closes, pieces, np.flatnonzero(highest >= pieces.peak), drawdowns)
    deepest = np.minimum.reduceat(drawdowns, pieces.first)
    troughs = _troughs(closes, pieces, drawdowns, deepest)
    final = np.append(pieces.first[1:], len(pieces.lane)) - 1
    columns = (
        np.add.reduceat(np.where(pieces.held != 0.0, pieces.length, 0), pieces.first),
        np.maximum.reduceat(highest, pieces.first),
        pieces.held[final] * closes[-1] + pieces.cash[final],
        deepest,
        troughs,
        *_peaks_by_lane(peak_lanes, peak_rows, troughs, len(closes)),
    )
    found = zip(*(column.tolist() for column in columns), strict=True)
    return [
        Stretch(len(closes), *each) if is_finite else None
        for each, is_finite in zip(found, finite.tolist(), strict=True)
    ]


def _pieces(bars: int, holdings: Holdings, peaks: Floats) -> Pieces:
    """The bars of each lane cut at its states and after CHUNK bars; `peak` is not set yet."""
    lanes = np.arange(len(peaks))
    lane_of_state = lanes.repeat(holdings.counts)
    states = lane_of_state * bars + holdings.rows
    edges = np.concatenate((states, (lanes[:, None] * bars + np.arange(0, bars, CHUNK)).ravel()))
    edges.sort()
    edges = edges[np.append(True, edges[1:] != edges[:-1])]
    state = states.searchsorted(edges, "right") - 1
    lane = lane_of_state[state]
    return Pieces(
        lane=lane,
        row=edges - lane * bars,
        length=np.diff(edges, append=len(peaks) * bars),
        cash=holdings.cash[state],
        held=holdings.held[state],
        peak=np.empty(len(edges)),
        first=lane.searchsorted(lanes),
    )


def _extremes(closes: Floats, pieces: Pieces) -> tuple[Floats, Floats]:
    """The highest and the lowest equity of each piece."""
    top, bottom = np.empty(len(pieces.row)), np.empty(len(pieces.row))
    for begin, end in zip(pieces.first.tolist(), [*pieces.first[1:].tolist(), len(pieces.row)], strict=True):
        rows = pieces.row[begin:end]
        np.maximum.reduceat(closes, rows, out=top[begin:end])
        np.minimum.reduceat(closes, rows, out=bottom[begin:end])
    at_top, at_bottom = top * pieces.held + pieces.cash, bottom * pieces.held + pieces.cash
    return np.maximum(at_top, at_bottom), np.minimum(at_top, at_bottom)


def _climb(pieces: Pieces, peaks: Floats, highest: Floats) -> None:
    """Sets the highest mark before each piece."""
    place = np.arange(len(pieces.lane)) - pieces.first[pieces.lane]
    climbed = np.full((len(peaks), place.max() + 2), -np.inf)
    climbed[:, 0] = peaks
    climbed[pieces.lane, place + 1] = highest
    np.maximum.accumulate(climbed, axis=1, out=climbed)
    pieces.peak[:] = climbed[pieces.lane, place]


def _marked(closes: Floats, pieces: Pieces, some: Rows) -> tuple[Rows, Floats, Floats]:
    """Rows, marks and highest marks so far of some pieces: a column each; the last row of a short one is said again."""
    row = pieces.row[some]
    rows = np.minimum(row + np.arange(CHUNK)[:, None], row + pieces.length[some] - 1)
    marks = closes[rows]
    marks *= pieces.held[some]
    marks += pieces.cash[some]
    peaks = marks.copy()
    np.maximum(peaks[0], pieces.peak[some], out=peaks[0])
    np.maximum.accumulate(peaks, axis=0, out=peaks)
    return rows, marks, peaks


def _mark_rising(closes: Floats, pieces: Pieces, rising: Rows, drawdowns: Floats) -> tuple[Rows, Rows]:
    """Lanes and rows of the marks that reach the peak so far, in order; sets the `drawdowns` of the rising pieces."""
    lanes, reached = [], []
    for start in range(0, len(rising), _AT_ONCE):
        some = rising[start : start + _AT_ONCE]
        rows, marks, peaks = _marked(closes, pieces, some)
        piece, place = np.nonzero((marks == peaks).T)
        lanes.append(pieces.lane[some][piece])
        reached.append(rows[place, piece])
        marks /= peaks
        marks -= 1.0
        drawdowns[some] = marks.min(axis=0)
    return np.concatenate((*lanes, np.empty(0, np.intp))), np.concatenate((*reached, np.empty(0, np.intp)))


def _troughs(closes: Floats, pieces: Pieces, drawdowns: Floats, deepest: Floats) -> Rows:
    """The first row of the deepest drawdown of each lane."""
    hits = np.flatnonzero(drawdowns == deepest[pieces.lane])
    some = hits[pieces.lane[hits].searchsorted(np.arange(len(deepest)))]
    rows, marks, peaks = _marked(closes, pieces, some)
    marks /= peaks
    marks -= 1.0
    troughs: Rows = rows[marks.argmin(axis=0), np.arange(len(deepest))]
    return troughs


def _peaks_by_lane(lanes: Rows, rows: Rows, troughs: Rows, bars: int) -> tuple[Rows, Rows, Rows, Rows]:
    """Of each lane: the first and the last of its peak rows, the widest gap between two, and the first from the trough on."""
    numbers = np.arange(len(troughs))
    begin, end = lanes.searchsorted(numbers), lanes.searchsorted(numbers, "right")
    some = begin < end
    first, last, recovery = (np.full(len(troughs), NO_ROW) for _ in range(3))
    widest = np.zeros(len(troughs), np.intp)
    if some.any():
        first[some], last[some] = rows[begin[some]], rows[end[some] - 1]
        gaps = np.diff(rows, prepend=0)
        gaps[begin[some]] = 0
        widest[some] = np.maximum.reduceat(gaps, begin[some])
        later = (lanes * bars + rows).searchsorted(numbers * bars + troughs)
        recovers = later < end
        recovery[recovers] = rows[later[recovers]]
    return first, last, widest, recovery
