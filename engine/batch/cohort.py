"""Lanes over the same bars that are computed together: what is asked of numpy is asked for all of them at once (rule B1)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.batch.at_once import close_at_once, fill_at_once
from engine.batch.closed_trades import count_trades
from engine.batch.fills import NO_FILLS, followed, joined
from engine.batch.marks import mark_lanes
from engine.batch.telling import attempt, tell, tell_end
from engine.batch.turns import find_together
from engine.market.column_file import release_pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.batch.fills import Fills
    from engine.batch.portfolio import BatchPortfolio
    from engine.market.timeline import Clock
    from engine.strategies.columns import Turns

    Decided = tuple[BatchPortfolio, Turns]

CELLS = 1 << 20
"""Bars times lanes of a cohort, at most: beyond that its columns take more room than they save time."""
MOST_LANES = 64


def lanes_together(bars: int) -> int:
    """How many lanes over so many bars at a time make a cohort."""
    return max(1, min(MOST_LANES, CELLS // bars))


class Cohort:
    """Brings the books of its `lanes` up to the bar that the first of them is asked for.

    A lane that fails on the way keeps the error until its own turn comes; the others go on.
    """

    def __init__(self, clock: Clock) -> None:
        self.lanes: list[BatchPortfolio] = []
        self._clock = clock
        self._decided = self._reached = 0
        self._ended = False

    def bring_to(self, until: int) -> None:
        """All bars before `until`."""
        if until > self._reached:
            with self._all_answering():
                decided = self._decide(until - 1)
                lanes, fills = self._fill(decided)
                self._mark(until, lanes, fills)
                _count(lanes, fills)
                tell(until, decided, lanes, fills)

    def end(self) -> None:
        """All bars that are left; what is decided on the last close expires, what is open then is closed if wanted."""
        if not self._ended:
            self._ended = True
            with self._all_answering():
                self._end()

    @contextmanager
    def _all_answering(self) -> Iterator[None]:
        """What goes wrong in work for all of them, for lack of memory, say, is the flaw of each."""
        try:
            yield
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - the lanes raise it
            for lane in self.lanes:
                lane.flaw = lane.flaw or error

    def _end(self) -> None:
        last = len(self._clock) - 1
        decided = self._decide(last + 1)
        lanes, fills = self._fill([(lane, _before(last, turns)) for lane, turns in decided])
        for lane, (rows, directions) in decided:
            if len(rows) and rows.item(-1) == last:
                attempt(lane, lane.let_expire, directions.item(-1))
        self._mark(last + 1, lanes, fills)
        closed = _closed_out(lanes, fills)
        _count(lanes, closed)
        for lane in lanes:
            if lane.flaw is None:
                attempt(lane, lane.mark_end)
        tell(last + 1, decided, lanes, fills)
        tell_end(lanes, fills, closed)

    def _decide(self, until: int) -> list[Decided]:
        """The turns that each lane still under way makes at bars before `until`."""
        first, self._decided = self._decided, until
        going = [lane for lane in self.lanes if lane.status == "running" and lane.flaw is None]
        turns = find_together([lane.find_turns for lane in going], first, until, [lane.target for lane in going])
        decided = list(zip(going, turns, strict=True))
        for lane, each in decided:
            lane.turn(each)
        return decided

    def _fill(self, decided: Sequence[Decided]) -> tuple[list[BatchPortfolio], Fills]:
        """The fills of their turns, with the lanes in the order in which they stand there."""
        lanes: list[BatchPortfolio] = []
        some: list[Fills] = []
        in_turn = [(lane, turns) for lane, turns in decided if not lane.filling.is_plain]
        at_once = [(lane, turns) for lane, turns in decided if lane.filling.is_plain]
        if at_once:
            fills, tallies = fill_at_once([lane.filling for lane, _ in at_once], [turns for _, turns in at_once])
            filled = [tally is not None for tally in tallies]
            some.append(fills._replace(counts=fills.counts[filled]))
            for (lane, turns), tally in zip(at_once, tallies, strict=True):
                if tally is None:
                    in_turn.append((lane, turns))
                else:
                    lanes.append(lane)
                    lane.note(tally)
        for lane, turns in in_turn:
            done = attempt(lane, lane.filling.fill, *turns)
            if done is not None:
                lanes.append(lane)
                some.append(done[0])
                lane.note(done[1])
        return lanes, joined(some or [NO_FILLS])

    def _mark(self, until: int, lanes: Sequence[BatchPortfolio], fills: Fills) -> None:
        start, self._reached = self._reached, until
        if lanes and until > start:
            mark_lanes(self._clock.closes[0][start:until], start, lanes, fills)
        release_pages()  # other cohorts read other columns: no more than those of one count as memory at a time


def _before(row: int, turns: Turns) -> Turns:
    """The turns at bars before a row."""
    rows, directions = turns
    end = rows.searchsorted(row)
    return rows[:end], directions[:end]


def _closed_out(lanes: Sequence[BatchPortfolio], fills: Fills) -> Fills:
    """The fills with those that leave what is to be closed at the last close."""
    leaving = [(n, lane) for n, lane in enumerate(lanes) if lane.closes_out]
    for _, lane in leaving:
        lane.note_close_out()
    plain = [(n, lane.filling) for n, lane in leaving if lane.filling.is_plain]
    if plain:
        fills = followed(fills, [n for n, _ in plain], close_at_once([filling for _, filling in plain]))
    others = [(n, lane.filling) for n, lane in leaving if not lane.filling.is_plain]
    if others:
        fills = followed(fills, [n for n, _ in others], joined([filling.close_out() for _, filling in others]))
    return fills


def _count(lanes: Sequence[BatchPortfolio], fills: Fills) -> None:
    """Takes the fills of lanes into their books."""
    trades = count_trades([lane.book for lane in lanes], [lane.trade for lane in lanes], fills)
    for lane, trade in zip(lanes, trades, strict=True):
        lane.trade = trade
