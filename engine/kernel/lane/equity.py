"""Equity marked to market, bar by bar, and what is kept of it (rules T2, M4).

Durations count bars: the mark before the first step is at bar 0, that of the first step at bar 1, the final mark at the
bar of the last step.
"""

from math import isfinite

from engine.kernel.language import F64, I64, divide, struct

NO_BAR = -1
NEVER = 9007199254740992


@struct
class EquityCurve:
    """The running figures of the marks.

    `peak`: the highest mark; `lowest_since_peak`: the lowest after it, itself if there is none. `max_drawdown`: the lowest
    equity / peak - 1 so far, first at `trough_bar`, recovered at `recovered_bar` or NO_BAR. `longest_spell`: the most bars from a
    peak to the last mark below it that have ended. `bars` marked, `bars_in_market` of them with a position. `daily`: the last mark
    of each of the first `days` days; `day_rows`: the row of the last bar of each of `days_known` days; `next_day_row`: that of the day
    under way, or NEVER. `is_finite`: false once a mark was not, which is then in no figure.
    """

    initial: float
    last: float
    peak: float
    lowest_since_peak: float
    max_drawdown: float
    peak_bar: int
    trough_bar: int
    recovered_bar: int
    longest_spell: int
    bars: int
    bars_in_market: int
    days: int
    last_day_bar: int
    days_known: int
    next_day_row: int
    is_finite: bool
    day_rows: I64
    daily: F64


def start_curve(curve: EquityCurve, initial: float) -> None:
    """Begins with the mark before the first step: cash, above zero."""
    curve.initial = initial
    curve.last = initial
    curve.peak = initial
    curve.lowest_since_peak = initial
    curve.trough_bar = NO_BAR
    curve.recovered_bar = NO_BAR
    curve.next_day_row = curve.day_rows[0] if curve.days_known > 0 else NEVER
    curve.is_finite = True


def mark(curve: EquityCurve, row: int, equity: float, is_in_market: bool) -> None:
    """Adds the mark of the bar at `row`."""
    bar = curve.bars + 1
    place_mark(curve, equity, bar)
    if not curve.is_finite:
        return
    curve.bars = bar
    if is_in_market:
        curve.bars_in_market += 1
    if row == curve.next_day_row:
        curve.daily[curve.days] = equity
        curve.days += 1
        curve.last_day_bar = bar
        curve.next_day_row = curve.day_rows[curve.days] if curve.days < curve.days_known else NEVER


def final_mark(curve: EquityCurve, equity: float) -> None:
    """Adds the mark after the last step (L1, END): it replaces the value of the last day and is no step of its own."""
    place_mark(curve, equity, curve.bars)
    if curve.is_finite and curve.days > 0 and curve.last_day_bar == curve.bars:
        curve.daily[curve.days - 1] = equity


def place_mark(curve: EquityCurve, equity: float, bar: int) -> None:
    """Takes a mark into the figures, without counting a bar.

    With one peak, the lower mark is the deeper drawdown: only a new low is divided.
    """
    if not isfinite(equity):
        curve.is_finite = False
        return
    if equity < curve.peak:
        if equity < curve.lowest_since_peak:
            curve.lowest_since_peak = equity
            drawdown = divide(equity, curve.peak) - 1.0
            if drawdown < curve.max_drawdown:
                curve.max_drawdown = drawdown
                curve.trough_bar = bar
                curve.recovered_bar = NO_BAR
    else:
        if curve.bars > curve.peak_bar:
            curve.longest_spell = max(curve.longest_spell, curve.bars - curve.peak_bar)
            if curve.trough_bar > curve.recovered_bar:
                curve.recovered_bar = bar
        curve.peak = equity
        curve.lowest_since_peak = equity
        curve.peak_bar = bar
    curve.last = equity
