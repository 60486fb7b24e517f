"""Plain numpy, a portfolio at a time: crosses found over whole columns, no equity, no files. What columns can do at best."""

import numpy as np
from work import compare


def run(columns, _strategy, pairs):
    close, open_ = columns["close"], columns["open"]
    sums = np.concatenate(([0.0], np.cumsum(close)))
    trades, profit = 0, 0.0
    for fast, slow in pairs:
        tail = sums[slow:]
        gap = (tail - sums[slow - fast : len(sums) - fast]) / fast - (tail - sums[: len(sums) - slow]) / slow
        enter = np.flatnonzero((gap[:-1] <= 0) & (gap[1:] > 0)) + slow + 1
        leave = np.flatnonzero((gap[:-1] >= 0) & (gap[1:] < 0)) + slow + 1
        enter, leave = enter[enter < len(close)], leave[leave < len(close)]
        if not len(enter):
            continue
        leave = leave[leave > enter[0]]
        closed = min(len(enter), len(leave))
        profit += open_[leave[:closed]].sum() - open_[enter[:closed]].sum()
        trades += len(enter)
        if len(enter) > closed:
            profit += close[-1] - open_[enter[closed]]
    return trades, profit, {}


compare(run)
