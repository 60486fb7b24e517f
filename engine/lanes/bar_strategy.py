"""A user's class that decides bar by bar, for a portfolio on the kernel (rules L5, M6, N6).

The kernel is entered only at bars where an order could be met or a rule looks at the mark, and where something is decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from sys import getrecursionlimit
from typing import TYPE_CHECKING, Any

from engine.blame import returned_by
from engine.containers.decisions import check_sides
from engine.kernel.lane import state
from engine.kernel.lane.positions import NO_TRADE, entry_price
from engine.lanes.journal_events import Decided
from engine.strategies.decision import SIGNS, BadDecisionError, PositionView, as_decision
from engine.strategies.names import Readable
from engine.users_calls import ALARM, UsersCalls, handler_of

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Sequence

    from engine.events import Event
    from engine.kernel.lane.state import Lane
    from engine.lanes.configure import LaneConfigurator
    from engine.lanes.events import SharedStream
    from engine.market.timeline import Clock
    from engine.strategies.decision import Decision
    from engine.strategies.user import UserStrategy

FLAT = PositionView()


@dataclass(frozen=True, slots=True)
class FeedInputs:
    """What a strategy sees of a feed: its `bars`, and of each stream of features the (symbol, name) that it takes from there."""

    bars: SharedStream
    features: list[tuple[SharedStream, Container[tuple[str, str]]]]

    def features_of(self, symbol: str, start: int, end: int) -> Iterable[Readable[float] | None]:
        """The features at each of these rows; None where one of them is null."""
        columns: dict[str, list[float | None]] = {}
        for stream, taken in self.features:
            stretch = stream.stretch(start, end)
            for name, column in stretch.columns.values[-1].items():
                if (symbol, name) in taken:
                    columns[name] = column[stretch.start : stretch.end]
        if not columns:
            return (Readable() for _ in range(start, end))
        named = map(Readable, map(zip, repeat(tuple(columns)), zip(*columns.values(), strict=True)))
        if any(None in column for column in columns.values()):
            return (None if None in known.values() else known for known in named)
        return named


Seen = tuple[int, int, "Event", "Readable[float]"]
"""What is seen of a bar: the number of its feed, its row there, the BAR, and the features by name."""


class BarStrategy:
    """Calls a user's class at the bars of one lane, and has the lane act on what it decides.

    It is not called at bars at which a feature is null. `cause(number, row)`: the id of the event behind a decision at the row of a feed.
    `decided` are the decisions since `forget`, in order, if the lane keeps a journal; `elsewhere` is the first symbol without data on which
    something was decided; `row` is where it was asked last.
    """

    def __init__(
        self,
        own: UserStrategy,
        name: str,
        clock: Clock,
        inputs: Sequence[FeedInputs],
        cause: Callable[[int, int], str],
    ) -> None:
        self._own = own
        self._name = name
        self._clock = clock
        self._inputs = inputs
        self._cause = cause
        self.decided: list[Decided] = []
        self.elsewhere: str | None = None

    def make(self) -> None:
        """Makes the user's object."""
        self._calls = UsersCalls(self._own.path)
        self._strategy: Any = self._calls(self._own.make)

    def join(
        self,
        lane: Lane,
        configurator: LaneConfigurator,
        make_room: Callable[[], None],
        failure: Callable[[], Exception],
    ) -> None:
        """Decides for a lane from now on. `make_room` empties its journal, `failure` says why it cannot go on."""
        self._lane, self._configurator = lane, configurator
        self._make_room, self._failure = make_room, failure
        feeds = range(len(self._clock.feeds))
        self._holdings = [lane.symbols[number].holding for number in feeds]
        self._positions = [lane.books.symbols[number].position for number in feeds]
        self._views = [FLAT for _ in feeds]
        self._is_recorded = lane.journal.is_kept
        self._is_counted = self._is_recorded or lane.open_events.is_kept
        self._is_begun = False
        self._pending: list[tuple[int, Decision, int, int]] = []
        self._intents: dict[int, int] = {}
        self.row = 0

    def forget(self) -> None:
        """Counts decisions anew: the events of those before have been shown."""
        self.decided.clear()
        self._lane.change = 0

    def run(self, first: int, end: int) -> None:
        """Does the bars from `first`, the next, up to `end`. The last that is marked is the one at which anything is raised."""
        seen, index = self._seen(first, end), first
        try:
            while index < end:
                step = self._configurator.first_to_step(self._lane, end)
                index = self._ask(seen, first, index, step)
                if index < end and not self._is_begun:
                    self._begin(index)
                    self._look_at_positions()
                    self._ask(seen, first, index, index + 1)
                if self._is_begun:
                    self._end()
                    index += 1
            self._configurator.advance(self._lane, end)
        except BaseException:
            self._stop()
            raise

    def _seen(self, first: int, end: int) -> list[list[Seen]]:
        """What is seen at each of these moments of the clock: bars at which a feature is null are left out."""
        feeds = zip(self._clock.feeds, self._inputs, strict=True)
        if len(self._inputs) == 1:
            (feed, inputs), rows = next(feeds), range(first, end)
            found = zip(rows, inputs.bars.events(first, end), inputs.features_of(feed.symbol, first, end), strict=True)
            return [[] if known is None else [(0, row, bar, known)] for row, bar, known in found]
        steps = self._clock.steps[first:end]
        seen: list[list[Seen]] = [[] for _ in steps]
        for number, (feed, inputs) in enumerate(feeds):
            start, beyond = (int(feed.steps.searchsorted(step)) for step in (steps[0], steps[-1] + 1))
            places = steps.searchsorted(feed.steps[start:beyond]).tolist()
            bars, features = inputs.bars.events(start, beyond), inputs.features_of(feed.symbol, start, beyond)
            for place, row, bar, known in zip(places, range(start, beyond), bars, features, strict=True):
                if known is not None:
                    seen[place].append((number, row, bar, known))
        return seen

    def _ask(self, seen: Sequence[Sequence[Seen]], first: int, start: int, until: int) -> int:
        """Asks the strategy at the bars from `start` to before `until`, or to the first at which it decides something: that is returned."""
        calls, views, pending = self._calls, self._views, self._pending
        ask, on_bar, limit, alarm = calls.run, self._strategy.on_bar, calls.limit, calls.alarm
        row = start
        try:
            for row in range(start, until):
                for number, feed_row, bar, known in seen[row - first]:
                    try:
                        returned = ask(on_bar, bar, known, views[number])
                    finally:
                        if getrecursionlimit() < limit or handler_of(ALARM) is not alarm:
                            calls.put_right()
                    if returned is not None:
                        self._note(row, number, feed_row, returned)
                if pending or self._is_begun:
                    self._act(row)
                    return row
        except BadDecisionError as error:
            raise returned_by(error, on_bar) from None
        finally:
            self.row = row
        return until

    def _note(self, row: int, number: int, feed_row: int, returned: object) -> None:
        """Notes what was decided at the row of a feed. What changes nothing is only counted, if no event of it is wanted."""
        decision = as_decision(returned)
        if decision is None:
            return
        on = number if decision.symbol is None else self._clock.numbers.get(decision.symbol, state.NONE)
        if on != state.NONE:
            target = SIGNS[decision.direction]
            is_new = target != self._intents.get(on, self._holdings[on].intent)
            if not (is_new or decision.names_orders or self._pending or self._is_counted):
                self._lane.ordinals.signal += 1
                return
            if target and decision.exits is not None and (is_new or decision.order is not None):
                check_sides(decision, target, self._clock.closes[on].item(row), self._name)
            if is_new or decision.names_orders:
                self._intents[on] = target
        self._pending.append((on, decision, number, feed_row))

    def _act(self, row: int) -> None:
        """Has the lane act on what was decided at a bar, once the strategy was asked about all symbols."""
        if not self._is_begun:
            self._begin(row)
        for on, decision, number, feed_row in self._pending:
            named = state.NONE
            if on == state.NONE:
                self.elsewhere = self.elsewhere or decision.symbol
            elif decision.names_orders:
                named = self._configurator.name_order(self._lane, decision)
            if self._is_recorded:
                self.decided.append(Decided(decision, self._cause(number, feed_row), self._name))
            self._check(self._configurator.take_decision(self._lane, on, SIGNS[decision.direction], named))
        self._pending.clear()
        self._intents.clear()

    def _begin(self, row: int) -> None:
        status = self._configurator.begin_bar(self._lane, row)
        if status == state.JOURNAL_FULL:
            self._make_room()
            status = self._configurator.begin_bar(self._lane, row)
        self._check(status)
        self._is_begun = True

    def _end(self) -> None:
        self._is_begun = False
        self._check(self._configurator.end_bar(self._lane))

    def _check(self, status: int) -> None:
        if status != state.RUNNING:
            raise self._failure()

    def _look_at_positions(self) -> None:
        """Notes what is held now."""
        for number, position in enumerate(self._positions):
            held = position.trade != NO_TRADE
            self._views[number] = PositionView(position.held, entry_price(position)) if held else FLAT

    def _stop(self) -> None:
        """Goes as far as the bar at which something was raised, which the orders had met and which was marked before."""
        if self._lane.status == state.RUNNING and not self._is_begun:
            self._begin(self.row)
        if self._lane.status == state.RUNNING:
            self._lane.books.row = self.row + 1
            self._lane.ordinals.signal += len(self._pending)
