"""The fills of many lanes at once, where every entry asks for the same units and nothing is charged (rules B1, B3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.batch.fills import Fills, Tally
from engine.trading.accounts import ROUNDING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from engine.batch.entries import Floats
    from engine.batch.fills import Filling, Rows
    from engine.strategies.columns import Targets, Turns

    Booleans = npt.NDArray[np.bool_]


class Legs(NamedTuple):
    """The orders of turns, in order, one lane after the other: arrays of shape (n_orders,), `counts` of shape (n_lanes,).

    `lane`, the `row` of the bar it is decided on, whether it is `entering`, signed units, and whether it `reverses`: it enters
    by the turn that leaves.
    """

    counts: Rows
    lane: Rows
    row: Rows
    entering: Booleans
    signed: Floats
    reverses: Booleans


class State(NamedTuple):
    """What the lanes have before: arrays of shape (n_lanes,)."""

    cash: Floats
    held: Floats
    intent: Rows
    units: Floats
    minimum: Floats


def fill_at_once(fillings: Sequence[Filling], turns: Sequence[Turns]) -> tuple[Fills, list[Tally | None]]:
    """The fills of each lane's turns, each at the bar after it, and what became of the turns.

    A lane of which an order would be refused has no fills and None: what follows depends on that one, so it goes in turn.
    """
    state = _state(fillings)
    with np.errstate(over="ignore", invalid="ignore"):
        legs = _legs(state, turns)
        prices = _prices(fillings, legs)
        place = np.arange(len(legs.lane)) - (legs.counts.cumsum() - legs.counts)[legs.lane]
        cash = _cash(state, legs, place, prices)
        taken = _taken(fillings[0].bars.close, state, legs, cash[legs.lane, place])
    refused = np.bincount(legs.lane[~taken], minlength=len(fillings)) > 0
    going = ~refused[legs.lane]
    nothing = np.zeros(np.count_nonzero(going))
    held = np.where(legs.entering, legs.signed, 0.0)
    fills = Fills(
        counts=np.where(refused, 0, legs.counts),
        rows=legs.row[going] + 1,
        signed=legs.signed[going],
        prices=prices[going],
        commissions=nothing,
        slippages=nothing,
        cash=cash[legs.lane, place + 1][going],
        held=held[going],
    )
    _move_on(fillings, turns, fills, refused)
    return fills, _tallies(legs, refused)


def close_at_once(fillings: Sequence[Filling]) -> Fills:
    """The fill of each lane that leaves what it holds at the last close."""
    bars, positions = fillings[0].bars, [filling.position for filling in fillings]
    nothing = np.zeros(len(positions))
    price = bars.close.item(-1)
    signed = -np.array([position.held for position in positions])
    with np.errstate(over="ignore"):
        cash = np.array([position.cash for position in positions]) + -(signed * price)
    for position, left in zip(positions, cash.tolist(), strict=True):
        position.cash, position.held = left, 0.0
    return Fills(
        counts=np.ones(len(positions), np.intp),
        rows=np.full(len(positions), len(bars) - 1),
        signed=signed,
        prices=np.full(len(positions), price),
        commissions=nothing,
        slippages=nothing,
        cash=cash,
        held=nothing,
    )


def _state(fillings: Sequence[Filling]) -> State:
    rows = [
        (
            filling.position.cash,
            filling.position.held,
            filling.position.intent,
            filling.entries.same_units or 0.0,
            filling.entries.minimum_notional,
        )
        for filling in fillings
    ]
    cash, held, intent, units, minimum = np.array(rows, np.float64).T
    return State(cash, held, intent.astype(np.intp), units, minimum)


def _legs(state: State, turns: Sequence[Turns]) -> Legs:
    """A turn leaves what was wanted before, then enters what is wanted now."""
    counts = np.array([len(rows) for rows, _ in turns])
    rows = np.concatenate([rows for rows, _ in turns])
    wanted: Targets = np.concatenate([directions for _, directions in turns])
    lane = np.arange(len(turns)).repeat(counts)
    first = (counts.cumsum() - counts)[counts > 0]
    before = np.empty_like(wanted)
    before[1:] = wanted[:-1]
    before[first] = state.intent[counts > 0]
    legs = np.stack((before != 0, wanted != 0), axis=1)
    order = np.flatnonzero(legs)
    turn, entering = order >> 1, (order & 1).astype(np.bool_)
    lane, reverses = lane[turn], np.zeros(len(turn), np.bool_)
    np.equal(turn[1:], turn[:-1], out=reverses[1:])
    orders = np.bincount(lane, minlength=len(turns))
    signed = wanted[turn] * state.units[lane]
    exits = np.flatnonzero(~entering)
    signed[exits] = -signed[exits - 1]
    carried = exits[exits == (orders.cumsum() - orders)[lane[exits]]]
    signed[carried] = -state.held[lane[carried]]
    return Legs(orders, lane, rows[turn], entering, signed, reverses)


def _prices(fillings: Sequence[Filling], legs: Legs) -> Floats:
    """The price of the bar after each order's."""
    bars = fillings[0].bars
    at_open = np.array([filling.terms.fill_at == "next_open" for filling in fillings])
    if at_open.all():
        return bars.open[legs.row + 1]
    return np.where(at_open[legs.lane], bars.open[legs.row + 1], bars.close[legs.row + 1])


def _cash(state: State, legs: Legs, place: Rows, prices: Floats) -> Floats:
    """Cash of each lane before its first order and after each: shape (n_lanes, most orders + 1), padded with the last."""
    cash = np.zeros((len(state.cash), legs.counts.max(initial=0) + 1))
    cash[:, 0] = state.cash
    cash[legs.lane, place + 1] = -(legs.signed * prices)
    return np.add.accumulate(cash, axis=1, out=cash)


def _taken(closes: Floats, state: State, legs: Legs, cash: Floats) -> Booleans:
    """Whether each order is accepted, as `Entries.accepts` says it; `cash` before each."""
    close = closes[legs.row]
    equity = cash.copy()
    reversing = np.flatnonzero(legs.reverses)  # the position that the order turns round is still held
    equity[reversing] = cash[reversing - 1] - legs.signed[reversing - 1] * close[reversing]
    units = state.units[legs.lane]
    taken = units * close <= equity * (1.0 + ROUNDING)
    taken &= np.isfinite(units) & (units > 0.0) & ~(units * close < state.minimum[legs.lane])
    return taken | ~legs.entering


def _move_on(fillings: Sequence[Filling], turns: Sequence[Turns], fills: Fills, refused: Booleans) -> None:
    """Leaves the lanes as they are after their last fill."""
    ends = fills.counts.cumsum() - 1
    last = zip(fills.cash[ends].tolist(), fills.held[ends].tolist(), strict=True) if len(fills.rows) else ()
    for filling, (_, directions), count, is_refused, (cash, held) in zip(
        fillings, turns, fills.counts.tolist(), refused.tolist(), last, strict=False
    ):
        if count:
            filling.position.cash, filling.position.held = cash, held
        if len(directions) and not is_refused:
            filling.position.intent = directions.item(-1)


def _tallies(legs: Legs, refused: Booleans) -> list[Tally | None]:
    entries = np.bincount(legs.lane[legs.entering], minlength=len(refused))
    reverses = np.bincount(legs.lane[legs.reverses], minlength=len(refused))
    counted = zip(entries.tolist(), (legs.counts - entries).tolist(), reverses.tolist(), strict=True)
    return [None if fails else Tally(*each) for each, fails in zip(counted, refused.tolist(), strict=True)]
