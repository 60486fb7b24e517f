"""Closed trades and fills of many portfolios of one symbol, added to their books by column (rules T1, B3).

What each portfolio gets is what adding one trade after the other gives, to the bit.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.metrics.accumulator import ClosedTrades, TradeStatistics
from engine.metrics.trade_book import TradeBook

if TYPE_CHECKING:
    from engine.events import PositionSide

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Closes = tuple[Floats, Floats, Rows]
"""Net profit, gross profit and bars held of trades, in order, one portfolio after the other."""

_NOWHERE = -1


def add_fills(totals: Sequence[TradeStatistics], counts: Rows, columns: tuple[Floats, Floats, Floats]) -> None:
    """Adds `counts` fills to each of `totals`: notional, commission and slippage, as `TradeStatistics.on_fill` adds them."""
    states = [(each.traded_notional, each.total_commission, each.total_slippage) for each in totals]
    sums = _ordered_sums(np.array(states), counts, columns)
    for total, count, figures in zip(totals, counts.tolist(), sums, strict=True):
        total.fills += count
        total.traded_notional, total.total_commission, total.total_slippage = figures


def add_closes(books: Sequence[TradeBook], counts: Rows, is_long: NDArray[np.bool_], closes: Closes) -> None:
    """Adds `counts` closed trades to each of `books`, and `is_long` says which of them were long.

    While all trades of a book are of one side, its sums are those of all: one object serves both.
    """
    book = np.arange(len(books)).repeat(counts)
    longs = np.bincount(book[is_long], minlength=len(books))
    split = np.array([_is_split(*each) for each in zip(books, longs.tolist(), counts.tolist(), strict=True)], np.bool_)
    of_sides: tuple[tuple[PositionSide, NDArray[np.bool_]], ...] = (("long", is_long), ("short", ~is_long))
    for side, of_side in of_sides if split.any() else ():
        some = np.flatnonzero(of_side & split[book])
        _add(
            [each.sides[side] for each in books],
            np.bincount(book[some], minlength=len(books)),
            (closes[0][some], closes[1][some], closes[2][some]),
        )
    _add([each.total for each in books], counts, closes)


def _is_split(book: TradeBook, longs: int, count: int) -> bool:
    """Whether the sides of a book are added to by themselves from now on; those that were the total become their own."""
    if not count:
        return False
    one_sided: PositionSide | None = "long" if longs == count else "short" if not longs else None
    if one_sided is not None and book.sides[one_sided].total_trades == book.total.total_trades:
        book.sides[one_sided] = book.total
        return False
    book.sides = {side: replace(each) if each is book.total else each for side, each in book.sides.items()}
    return True


def _add(statistics: Sequence[TradeStatistics], counts: Rows, closes: Closes) -> None:
    """Adds trades to those that have any, as `TradeStatistics.on_close` adds each.

    A trade that lost adds 0 to the profits, one that won to the losses: that changes no sum.
    """
    some = np.flatnonzero(counts)
    if not len(some):
        return
    chosen = [statistics[number] for number in some.tolist()]
    counts = counts[some]
    net, gross, bars_held = closes
    states = [(each.total_pnl, each.closed_gross_pnl, each.gross_profit, each.gross_loss) for each in chosen]
    sums = _ordered_sums(np.array(states), counts, (net, gross, np.maximum(net, 0.0), np.minimum(net, 0.0)))
    starts = counts.cumsum() - counts
    won, lost = net > 0, net < 0
    columns = (
        counts,
        np.add.reduceat(won, starts, dtype=np.intp),
        np.add.reduceat(lost, starts, dtype=np.intp),
        np.add.reduceat(bars_held, starts),
        np.maximum.reduceat(bars_held, starts),
        np.maximum.reduceat(net, starts),
        np.minimum.reduceat(net, starts),
        *_streaks(np.array([each.consecutive_wins for each in chosen]), counts, won),
        *_streaks(np.array([each.consecutive_losses for each in chosen]), counts, lost),
    )
    for each, totals, figures in zip(
        chosen, sums, zip(*(column.tolist() for column in columns), strict=True), strict=True
    ):
        each.total_pnl, each.closed_gross_pnl, each.gross_profit, each.gross_loss = totals
        each.add_counts(ClosedTrades(*figures))


def _ordered_sums(states: Floats, counts: Rows, columns: Sequence[Floats]) -> list[list[float]]:
    """For each portfolio its `states`, one for each column, with its values of that column added one after the other."""
    portfolio = np.arange(len(counts)).repeat(counts)
    place = np.arange(len(portfolio)) - (counts.cumsum() - counts).repeat(counts) + 1
    sums = np.zeros((len(counts), counts.max(initial=0) + 1))
    found = np.empty_like(states)
    for number, values in enumerate(columns):
        sums[:, 0] = states[:, number]
        sums[portfolio, place] = values
        found[:, number] = np.add.accumulate(sums, axis=1)[:, -1]
    return found.tolist()  # type: ignore[no-any-return]


def _streaks(running: Rows, counts: Rows, is_hit: NDArray[np.bool_]) -> tuple[Rows, Rows]:
    """Of each portfolio the longest run of hits, `running` ones before its first counted, and the run it is in at its end."""
    starts = counts.cumsum() - counts
    places = np.arange(len(is_hit))
    broken = np.where(is_hit, _NOWHERE, places)
    broken[starts] = np.maximum(broken[starts], starts - 1)
    run = places - np.maximum.accumulate(broken)
    misses = np.flatnonzero(~is_hit)
    first_miss = np.append(misses, len(is_hit))[misses.searchsorted(starts)]
    leading = np.minimum(first_miss - starts, counts)
    longest = np.maximum(np.maximum.reduceat(run, starts), leading + running)
    return longest, run[starts + counts - 1] + np.where(leading == counts, running, 0)
