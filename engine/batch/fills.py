"""The fills of a stretch of bars, as columns: what market orders on a column strategy's turns come to (rules B1, B3).

Every number is made by the operations of the event path in their order, one element after the other. Here they are made for one
lane, fill by fill; `engine.batch.at_once` makes them for many lanes where nothing depends on the fill before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.trading.deals import Deal, MonthlyNotional
from engine.trading.orders import execute

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from engine.batch.entries import Entries, Floats
    from engine.market.bars import Bars
    from engine.strategies.columns import Targets
    from engine.trading.costs import Terms

    Rows = npt.NDArray[np.intp]


@dataclass(slots=True)
class Position:
    """What a lane holds between two stretches: `cash`, signed units `held`, and the direction it wants."""

    cash: float
    held: float = 0.0
    intent: int = 0


class Filled(NamedTuple):
    """One fill: a row of `Fills`."""

    row: int
    signed: float
    price: float
    commission: float
    slippage: float
    cash: float
    held: float


class Fills(NamedTuple):
    """Fills of some lanes in order, one lane after the other: `counts` of shape (n_lanes,), the rest (sum(counts),).

    `rows` of the bars, `signed` units, positive for a buy, `prices` after slippage, `commissions` and `slippages` in quote
    currency; `cash` and units `held` after each. Entries and exits of a lane alternate: a trade has two fills.
    """

    counts: Rows
    rows: Rows
    signed: Floats
    prices: Floats
    commissions: Floats
    slippages: Floats
    cash: Floats
    held: Floats

    @property
    def starts(self) -> Rows:
        """Where each lane's fills begin."""
        return self.counts.cumsum() - self.counts

    @property
    def lanes(self) -> Rows:
        """The lane of each fill."""
        return np.arange(len(self.counts)).repeat(self.counts)

    def each(self) -> Iterator[list[Filled]]:
        """The fills of each lane, one by one."""
        ends = self.counts.cumsum().tolist()
        for start, end in zip((0, *ends), ends, strict=False):
            columns = (column[start:end].tolist() for column in self[1:])
            yield list(map(Filled, *columns))


class Tally(NamedTuple):
    """What became of the turns of one lane: entries, exits, and exits whose turn entered again or had its entry refused.

    `refusals`: why turns were refused an entry, those that left something included.
    """

    entries: int
    exits: int
    reversed: int = 0
    left_refused: int = 0
    refusals: tuple[str, ...] = ()

    @property
    def refused(self) -> int:
        """Turns that were refused an entry."""
        return len(self.refusals)


class Filling:
    """Fills the orders of one lane over `bars`; `is_plain`: all its entries ask for the same units and nothing is charged."""

    __slots__ = ("_traded", "bars", "entries", "is_plain", "position", "terms")

    def __init__(self, cash: float, bars: Bars, entries: Entries, terms: Terms) -> None:
        self.position = Position(cash)
        self.bars = bars
        self.entries = entries
        self.terms = terms
        self.is_plain = entries.same_units is not None and not (terms.commissions or terms.slippages)
        self._traded: MonthlyNotional | None = None

    @property
    def references(self) -> Floats:
        """The prices before slippage at which each bar fills."""
        return self.bars.open if self.terms.fill_at == "next_open" else self.bars.close

    def fill(self, rows: Rows, directions: Targets) -> tuple[Fills, Tally]:
        """The fills of turns decided on these rows, each at the bar after it, by the functions that the event path calls."""
        position = self.position
        booked: list[Filled] = []
        refusals: list[str] = []
        entries = exits = reverses = left_refused = 0
        columns = (rows.tolist(), directions.tolist(), self.references[rows + 1].tolist())
        for row, target, reference in zip(*columns, strict=True):
            if target == position.intent:  # only after a refusal: nothing is held, and flat is wanted
                continue
            units = self._size(row, target) if target else None
            leaves = position.held != 0.0
            if target and units is None:
                refusals.append(self.refusal(row, target))
                left_refused += leaves
            if leaves:
                booked.append(self._book(-position.held, reference, row + 1))
            if units is not None:
                booked.append(self._book(target * units, reference, row + 1))
            entries += units is not None
            exits += leaves
            reverses += leaves and units is not None
            position.intent = 0 if units is None else target
        return as_columns(booked), Tally(entries, exits, reverses, left_refused, tuple(refusals))

    def close_out(self) -> Fills:
        """The fill that leaves what is held at the last close."""
        last = len(self.bars) - 1
        return as_columns([self._book(-self.position.held, self.bars.close.item(last), last)])

    def refusal(self, row: int, target: int) -> str:
        """Why an entry decided on the close of a row is refused; empty if it is not."""
        units, close, equity = self._asked(row, target)
        if self.entries.accepts(units, close, equity):
            return ""
        cash, long = self.position.cash, target > 0
        _, unknown = self.entries.sized(self.bars, row, long=long, cash=cash, equity=equity)
        return self.entries.refusal(target * units, close, equity, unknown)

    def _size(self, row: int, target: int) -> float | None:
        """The units of an entry decided on the close of a row, None if it is refused."""
        units, close, equity = self._asked(row, target)
        return units if self.entries.accepts(units, close, equity) else None

    def _asked(self, row: int, target: int) -> tuple[float, float, float]:
        """The units that an entry asks for, the close that it is decided on, and equity at that."""
        cash, held, close = self.position.cash, self.position.held, self.bars.close.item(row)
        equity = cash + held * close if held else cash
        return self.entries.units(self.bars, row, long=target > 0, cash=cash, equity=equity), close, equity

    def _book(self, signed: float, reference: float, row: int) -> Filled:
        """Fills an order of `signed` units in the bar of a row, which ends or begins what is held."""
        position, bars = self.position, self.bars
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
        done = execute(deal, self.terms)
        traded.add(deal.quantity * done.price)
        position.cash = position.cash + (-(signed * done.price) - done.commission)
        position.held = 0.0 if position.held else signed
        return Filled(row, signed, done.price, done.commission, done.slippage, position.cash, position.held)


def as_columns(booked: Sequence[Filled]) -> Fills:
    """The fills of one lane."""
    rows, *others = zip(*booked, strict=True) if booked else ((),) * 7
    return Fills(np.array([len(rows)]), np.array(rows, np.intp), *(np.array(each, np.float64) for each in others))


NO_FILLS = as_columns([])._replace(counts=np.zeros(0, np.intp))


def joined(some: Sequence[Fills]) -> Fills:
    """The fills of all these lanes, one after the other."""
    return some[0] if len(some) == 1 else Fills(*map(np.concatenate, zip(*some, strict=True)))


def followed(fills: Fills, lanes: Sequence[int], later: Fills) -> Fills:
    """The fills with one more of each of these lanes, which ascend, behind its others; `later` has those in that order."""
    places = fills.counts.cumsum()[lanes]
    counts = fills.counts.copy()
    counts[lanes] += 1
    columns = (np.insert(one, places, other) for one, other in zip(fills[1:], later[1:], strict=True))
    return Fills(counts, *columns)
