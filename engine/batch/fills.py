"""The fills of a stretch of bars, as columns: what market orders on a column strategy's turns come to (rules B1, B3).

Every number is made by the operations of the event path in their order, one element after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.trading.deals import Deal, MonthlyNotional
from engine.trading.orders import execute

if TYPE_CHECKING:
    import numpy.typing as npt

    from engine.batch.entries import Entries, Floats
    from engine.market.bars import Bars
    from engine.trading.costs import Terms

    Rows = npt.NDArray[np.intp]
    _Booked = tuple[int, float, float, float, float, float, float, int]


@dataclass(slots=True)
class Position:
    """What a lane holds between two stretches: `cash`, signed units `held`, and the direction it wants."""

    cash: float
    held: float = 0.0
    intent: int = 0


class Decisions(NamedTuple):
    """Turns of a strategy whose orders are filled at the next bar: arrays of one shape (n_turns,).

    `rows` of the bars they were decided on, `directions` wanted, and the prices before slippage at which the bars after
    those fill.
    """

    rows: Rows
    directions: npt.NDArray[np.int8]
    references: Floats


class Fills(NamedTuple):
    """Fills in order: arrays of one shape (n_fills,).

    `signed` units, positive for a buy; `cash` and units `held` after each. Entries and exits alternate: a trade has two
    fills. `costs` are commission and slippage in quote currency, None where nothing is charged. `turns` says of each fill
    at which turn it was decided, `refused` lists the turns whose entry was refused.
    """

    rows: Rows
    signed: Floats
    prices: Floats
    costs: tuple[Floats, Floats] | None
    cash: Floats
    held: Floats
    turns: Rows
    refused: list[int]


class Filling:
    """Fills the orders of one lane over `bars`: all at once where sizes are the same and nothing is charged, else in turn."""

    __slots__ = ("_bars", "_charges", "_entries", "_terms", "_traded", "position")

    def __init__(self, cash: float, bars: Bars, entries: Entries, terms: Terms) -> None:
        self.position = Position(cash)
        self._bars = bars
        self._entries = entries
        self._terms = terms
        self._charges = bool(terms.commissions or terms.slippages)
        self._traded: MonthlyNotional | None = None

    def fill(self, rows: Rows, directions: npt.NDArray[np.int8]) -> Fills:
        """The fills of turns decided on these rows, each at the bar after it."""
        prices = self._bars.open if self._terms.fill_at == "next_open" else self._bars.close
        decisions = Decisions(rows, directions, prices[rows + 1])
        units = self._entries.same_units
        if units is not None and not self._charges:
            found = self._at_once(decisions, units)
            if found is not None:
                return found
        return self._in_turn(decisions)

    def close_out(self) -> Fills:
        """The fill that leaves what is held at the last close."""
        last = len(self._bars) - 1
        return self._as_columns([self._book(-self.position.held, self._bars.close.item(last), last, 0)], [])

    def is_refused(self, row: int, target: int) -> bool:
        """Whether an entry decided on the close of a row would be refused."""
        return self._size(row, target) is None

    def _at_once(self, decisions: Decisions, units: float) -> Fills | None:
        """All fills with numpy; None if an order would be refused, for then later ones depend on it."""
        position = self.position
        turns = _legs(position, decisions.directions)
        first = 1 if position.held else 0
        entries = decisions.directions[turns[first::2]].astype(np.float64) * units
        signed = _alternating(position.held, entries, len(turns))
        prices = decisions.references[turns]
        cash, held = np.empty(len(turns) + 1), np.zeros(len(turns) + 1)
        cash[0], held[0] = position.cash, position.held
        np.negative(signed * prices, out=cash[1:])
        np.add.accumulate(cash, out=cash)
        held[first + 1 :: 2] = entries
        if not self._are_affordable(decisions, turns, (cash, held), entries, units):
            return None
        position.cash, position.held = cash.item(-1), held.item(-1)
        if len(decisions.directions):
            position.intent = decisions.directions.item(-1)
        return Fills(decisions.rows[turns] + 1, signed, prices, None, cash[1:], held[1:], turns, [])

    def _are_affordable(
        self, decisions: Decisions, turns: Rows, states: tuple[Floats, Floats], entries: Floats, units: float
    ) -> bool:
        """Whether every entry is taken; `states` are cash and units held before each fill and after the last."""
        cash, held = states
        at = np.arange(1 if held[0] else 0, len(turns), 2)
        closes = self._bars.close[decisions.rows[turns[at]]]
        equity, turned_round = cash[at], np.zeros(len(at))
        reversing = np.flatnonzero(turns[at] == turns[at - 1]) if len(turns) > 1 else at[:0]
        if len(reversing):  # the position that the order turns round is still held
            before = at[reversing] - 1
            turned_round[reversing] = held[before]
            equity[reversing] = cash[before] + held[before] * closes[reversing]
        return self._entries.accepts_all(units, entries, turned_round, (closes, equity))

    def _in_turn(self, decisions: Decisions) -> Fills:
        """Each fill by the functions that the event path calls too."""
        position = self.position
        booked: list[_Booked] = []
        refused: list[int] = []
        columns = (column.tolist() for column in decisions)
        for turn, (row, target, reference) in enumerate(zip(*columns, strict=True)):
            if target == position.intent:  # only after a refusal: nothing is held, and flat is wanted
                continue
            units = self._size(row, target) if target else None
            if position.held:
                booked.append(self._book(-position.held, reference, row + 1, turn))
            if units is not None:
                booked.append(self._book(target * units, reference, row + 1, turn))
            elif target:
                refused.append(turn)
            position.intent = 0 if units is None else target
        return self._as_columns(booked, refused)

    def _size(self, row: int, target: int) -> float | None:
        """The units of an entry decided on the close of a row, None if it is refused."""
        cash, held, close = self.position.cash, self.position.held, self._bars.close.item(row)
        equity = cash + held * close if held else cash
        units = self._entries.units(self._bars, row, long=target > 0, cash=cash, equity=equity)
        return units if self._entries.accepts(target * units, held, close, equity) else None

    def _book(self, signed: float, reference: float, row: int, turn: int) -> _Booked:
        """Fills an order of `signed` units in the bar of a row, which ends or begins what is held."""
        position, bars = self.position, self._bars
        self._traded = traded = self._traded or MonthlyNotional()
        timestamp = bars.timestamps.item(row)
        deal = Deal(
            symbol=bars.symbol,
            side="buy" if signed > 0 else "sell",
            quantity=abs(signed),
            price=reference,
            high=bars.high.item(row),
            low=bars.low.item(row),
            volume=bars.volume.item(row),
            timestamp=timestamp,
            traded_in_month=traded.before(timestamp),
        )
        done = execute(deal, self._terms)
        traded.add(deal.quantity * done.price)
        position.cash = position.cash + (-(signed * done.price) - done.commission)
        position.held = 0.0 if position.held else signed
        return row, signed, done.price, done.commission, done.slippage, position.cash, position.held, turn

    def _as_columns(self, booked: list[_Booked], refused: list[int]) -> Fills:
        rows, signed, prices, commissions, slippages, cash, held, turns = (
            zip(*booked, strict=True) if booked else ((),) * 8
        )
        return Fills(
            np.array(rows, np.intp),
            np.array(signed, np.float64),
            np.array(prices, np.float64),
            (np.array(commissions, np.float64), np.array(slippages, np.float64)) if self._charges else None,
            np.array(cash, np.float64),
            np.array(held, np.float64),
            np.array(turns, np.intp),
            refused,
        )


def _legs(position: Position, wanted: npt.NDArray[np.int8]) -> Rows:
    """The turn of each fill: a turn leaves what was wanted before, then enters what is wanted now."""
    legs = np.empty((len(wanted), 2), np.bool_)
    np.not_equal(wanted, 0, out=legs[:, 1])
    legs[:1, 0] = position.intent != 0
    legs[1:, 0] = legs[:-1, 1]
    if len(wanted) and wanted.item(0) == position.intent:  # only after a refusal: nothing is held, and flat is wanted
        legs[0] = False
    return np.flatnonzero(legs) >> 1


def _alternating(held: float, entries: Floats, count: int) -> Floats:
    """Entries with the exits of what is held before them, of `count` fills in all."""
    first = 1 if held else 0
    signed = np.empty(count)
    signed[first::2] = entries
    exits = signed[1 - first :: 2]
    if first:
        exits[:1] = -held
    np.negative(entries[: len(exits) - first], out=exits[first:])
    return signed


def followed(fills: Fills, later: Fills) -> Fills:
    """The fills with one that comes after them."""
    costs = None
    if fills.costs is not None and later.costs is not None:
        costs = np.append(fills.costs[0], later.costs[0]), np.append(fills.costs[1], later.costs[1])
    return Fills(
        np.append(fills.rows, later.rows),
        np.append(fills.signed, later.signed),
        np.append(fills.prices, later.prices),
        costs,
        np.append(fills.cash, later.cash),
        np.append(fills.held, later.held),
        np.append(fills.turns, later.turns),
        fills.refused,
    )
