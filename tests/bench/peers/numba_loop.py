"""A compiled loop over bars and portfolios: what a kernel made for this one strategy can do."""

import time

import numpy as np
from numba import njit
from work import compare


@njit
def trade(open_, close, fast, slow):
    n = len(close)
    total_fast = total_slow = 0.0
    before_fast = before_slow = 0.0
    held, entry, trades, profit, wanted = False, 0.0, 0, 0.0, False
    for i in range(n):
        if wanted != held:
            if wanted:
                entry = open_[i]
                trades += 1
            else:
                profit += open_[i] - entry
            held = wanted
        total_fast += close[i] - (close[i - fast] if i >= fast else 0.0)
        total_slow += close[i] - (close[i - slow] if i >= slow else 0.0)
        now_fast, now_slow = total_fast / fast, total_slow / slow
        if i >= slow:
            if before_fast <= before_slow and now_fast > now_slow:
                wanted = True
            elif before_fast >= before_slow and now_fast < now_slow:
                wanted = False
        before_fast, before_slow = now_fast, now_slow
    if held:
        profit += close[n - 1] - entry
    return trades, profit


def run(columns, _strategy, pairs):
    began = time.perf_counter()
    trade(columns["open"][:300], columns["close"][:300], 5, 10)
    warm_s, began = time.perf_counter() - began, time.perf_counter()
    found = [trade(columns["open"], columns["close"], fast, slow) for fast, slow in pairs]
    trades, profit = np.sum([each[0] for each in found]), np.sum([each[1] for each in found])
    return trades, profit, {"run_s": time.perf_counter() - began, "warm_s": warm_s}


compare(run)
