"""Equity at every bar of a stretch, from the fills in it (rules L5, B3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.batch.telling import attempt
from engine.metrics.stretches import Holdings, Stretch, stretches

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from engine.batch.entries import Floats
    from engine.batch.fills import Fills
    from engine.batch.portfolio import BatchPortfolio


def mark_lanes(closes: Floats, start: int, lanes: Sequence[BatchPortfolio], fills: Fills) -> None:
    """Adds to the curves of lanes the marks of the bars from `start` on, at these `closes`, with their fills in them.

    A lane whose equity does not stay finite has an error as its `flaw` then.
    """
    holdings = _holdings(start, lanes, fills)
    ends = holdings.counts.cumsum()
    found = stretches(closes, holdings, np.array([lane.curve.peak for lane in lanes]))
    begins = (ends - holdings.counts).tolist()
    for lane, stretch, begin, end in zip(lanes, found, begins, ends.tolist(), strict=True):
        states = Holdings(holdings.counts, holdings.rows[begin:end], holdings.cash[begin:end], holdings.held[begin:end])
        _add(lane, closes, start, states, stretch)


def _holdings(start: int, lanes: Sequence[BatchPortfolio], fills: Fills) -> Holdings:
    """What the lanes hold from each bar on: before their fills, and after each."""
    cash, held = np.array([lane.before for lane in lanes]).T
    return Holdings(
        fills.counts + 1,
        np.insert(fills.rows - start, fills.starts, 0),
        np.insert(fills.cash, fills.starts, cash),
        np.insert(fills.held, fills.starts, held),
    )


def _add(lane: BatchPortfolio, closes: Floats, start: int, states: Holdings, stretch: Stretch | None) -> None:
    rows = lane.account.day_rows
    rows = rows[slice(*rows.searchsorted((start, start + len(closes))))] - start
    if stretch is None:
        _mark_until_it_breaks(lane, closes, states, rows)
    else:
        lane.curve.add_stretch(stretch, _equity(closes, states, rows), rows.item(-1) if len(rows) else 0)
        if lane.watch is not None:
            attempt(lane, lane.watch, start, _equity(closes, states, np.arange(len(closes))).tolist())


def _equity(closes: Floats, states: Holdings, rows: npt.NDArray[np.intp]) -> Floats:
    state = states.rows.searchsorted(rows, "right") - 1
    return states.held[state] * closes[rows] + states.cash[state]


def _mark_until_it_breaks(
    lane: BatchPortfolio, closes: Floats, states: Holdings, day_rows: npt.NDArray[np.intp]
) -> None:
    """Marks bar by bar: the curve knows at which equity is no longer finite."""
    every = np.arange(len(closes))
    with np.errstate(over="ignore", invalid="ignore"):
        equity = _equity(closes, states, every)
    in_market = states.held[states.rows.searchsorted(every, "right") - 1] != 0.0
    before = lane.curve.bars
    try:
        lane.curve.mark_block(equity, in_market, day_rows)
    except OverflowError as error:
        lane.flaw = error
    if lane.watch is not None:
        attempt(lane, lane.watch, before, equity[: lane.curve.bars - before].tolist())
