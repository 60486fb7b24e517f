"""What fills make of a lane's trades (rules E2, T1): closed ones go into its book, the open one stays at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.trading.positions import Trade, open_trade

if TYPE_CHECKING:
    from typing import TypeVar

    import numpy.typing as npt

    from engine.batch.entries import Floats
    from engine.batch.fills import Fills
    from engine.metrics.trade_book import TradeBook

    Number = TypeVar("Number", np.float64, np.intp)


def count_trades(book: TradeBook, open_before: Trade | None, fills: Fills) -> Trade | None:
    """Adds fills, and the trades that they close, to the book; returns the trade left open, if any.

    `open_before` is the trade that the first of them closes, None if they begin from flat.
    """
    quantities = np.abs(fills.signed)
    notional = quantities * fills.prices
    book.add_fills(notional, fills.costs)
    first = 0 if open_before is None else 1
    exits = notional[1 - first :: 2]
    count = len(exits)
    entered = _from_open(None if open_before is None else open_before.entry_notional, notional[first::2])[:count]
    is_long = fills.signed[1 - first :: 2] < 0.0
    gross = np.where(is_long, 1.0, -1.0) * (exits - entered)
    net = gross - _commissions(open_before, fills)
    opened = _from_open(None if open_before is None else open_before.opened_bar, fills.rows[first::2])[:count]
    book.add_closes(is_long, net, gross, fills.rows[1 - first :: 2] - opened)
    return _left_open(open_before, fills)


def _from_open(carried: float | None, entries: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """A column of entries, behind that of the trade which was open before."""
    return entries if carried is None else np.concatenate((np.array([carried], entries.dtype), entries))


def _commissions(open_before: Trade | None, fills: Fills) -> Floats | float:
    """What each closed trade paid: its entry's commission, then its exit's."""
    if fills.costs is None:
        return 0.0
    first = 0 if open_before is None else 1
    commission = fills.costs[0]
    exits = commission[1 - first :: 2]
    return (
        _from_open(None if open_before is None else open_before.commission, commission[first::2])[: len(exits)] + exits
    )


def _left_open(open_before: Trade | None, fills: Fills) -> Trade | None:
    if not len(fills.rows):
        return open_before
    if not fills.held.item(-1):
        return None
    signed = fills.signed.item(-1)
    trade = open_trade("", signed, fills.rows.item(-1), 0)
    trade.add(signed, fills.prices.item(-1), 0.0 if fills.costs is None else fills.costs[0].item(-1))
    return trade
