"""What fills make of the trades of lanes (rules E2, T1): closed ones go into their books, the open ones stay at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.metrics.many_books import add_closes, add_fills
from engine.trading.positions import Trade, open_trade

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.batch.fills import Fills
    from engine.metrics.trade_book import TradeBook


def count_trades(books: Sequence[TradeBook], open_before: Sequence[Trade | None], fills: Fills) -> list[Trade | None]:
    """Adds fills, and the trades that they close, to the book of each lane; returns the trades left open.

    `open_before` are the trades that each lane's first fill closes, None where it begins from flat.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        notional = np.abs(fills.signed) * fills.prices
        add_fills([book.total for book in books], fills.counts, (notional, fills.commissions, fills.slippages))
        lanes, starts = fills.lanes, fills.starts
        exits = np.flatnonzero(fills.held == 0.0)
        lane, entries = lanes[exits], exits - 1
        entered, opened, paid = notional[entries], fills.rows[entries], fills.commissions[entries]
        carried = np.flatnonzero(exits == starts[lane])
        for place, number in zip(carried.tolist(), lane[carried].tolist(), strict=True):
            trade = open_before[number]
            if trade is not None:
                entered[place], opened[place], paid[place] = trade.entry_notional, trade.opened_bar, trade.commission
        is_long = fills.signed[exits] < 0.0
        left = notional[exits]
        gross = np.where(is_long, left - entered, entered - left)
        net = gross - (paid + fills.commissions[exits])
    counts = np.bincount(lane, minlength=len(books))
    add_closes(books, counts, is_long, (net, gross, fills.rows[exits] - opened))
    return _left_open(open_before, fills)


def _left_open(open_before: Sequence[Trade | None], fills: Fills) -> list[Trade | None]:
    ends = fills.counts.cumsum() - 1
    return [
        before if not count else _opened(fills, end) if fills.held.item(end) else None
        for before, count, end in zip(open_before, fills.counts.tolist(), ends.tolist(), strict=True)
    ]


def _opened(fills: Fills, entry: int) -> Trade:
    signed = fills.signed.item(entry)
    trade = open_trade("", signed, fills.rows.item(entry), 0)
    trade.add(signed, fills.prices.item(entry), fills.commissions.item(entry))
    return trade
