"""The rows at which column strategies change what they want, a stretch of bars at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from engine.lanes.journal_events import Decided
    from engine.lanes.voices import LaneDecisions
    from engine.market.timeline import Clock
    from engine.strategies.columns import Columns, Turns
    from engine.strategies.targets import Changes

    Integers = npt.NDArray[np.int64]


class Wanted(NamedTuple):
    """Changes in order: the rows of the lane's clock at which they come, the targets from there on, and the numbers of the symbols.

    Where there is one symbol none is said. `decided` are the decisions behind them, if they are more than targets of one strategy.
    """

    rows: Integers
    targets: Integers
    symbols: Integers | Sequence[int] = ()
    decided: Sequence[Decided] = ()


class SelfContained(Protocol):
    """A strategy that tells its changes over any stretch of its columns from the row before it on."""

    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""

    def turns(self, columns: Columns, before: int = 0) -> Turns:
        """The rows at which the target changes, and the targets from there on; `before` is that before the first row."""


class TargetChanges(Protocol):
    """Tells when a strategy changes its target."""

    def between(self, first: int, until: int, before: int) -> Wanted:
        """The changes at the rows from `first` to before `until`; `before` is the target before `first`, of one symbol."""


class StretchChanges:
    """A strategy that needs no more than the row before to tell whether its target changes: nothing is kept of it."""

    __slots__ = ("_columns", "_strategy")

    def __init__(self, strategy: SelfContained, columns: Columns) -> None:
        self._strategy = strategy
        self._columns = columns

    def between(self, first: int, until: int, before: int) -> Wanted:
        """The changes at these rows."""
        start = max(first - 1, 0)
        columns = {name: column[start:until] for name, column in self._columns.items()}
        rows, targets = self._strategy.turns(columns, before)
        return Wanted((rows + start).astype(np.int64), targets.astype(np.int64))


NO_CHANGES = Wanted(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64))


class NoChanges:
    """Those of a strategy that is not asked."""

    def between(self, first: int, until: int, before: int) -> Wanted:  # noqa: ARG002 - it is the same everywhere
        """None at all."""
        return NO_CHANGES


class LateChanges:
    """Changes that are asked for when they are first wanted: what a user's code raises then is raised in the turn of its lane."""

    __slots__ = ("_find", "_found")

    def __init__(self, find: Callable[[], TargetChanges]) -> None:
        self._find = find
        self._found: TargetChanges | None = None

    def ask(self) -> TargetChanges:
        """What is found, now or before."""
        if self._found is None:
            self._found = self._find()
        return self._found

    def forgo(self) -> None:
        """Asks no more: there are none."""
        self._found = self._found or NoChanges()

    def between(self, first: int, until: int, before: int) -> Wanted:
        """The changes at these rows."""
        return self.ask().between(first, until, before)


class KnownChanges:
    """Changes of targets that were found beforehand: a user's function sees all of a column at once."""

    __slots__ = ("_rows", "_symbols", "_targets")

    def __init__(self, clock: Clock, found: Changes) -> None:
        self._rows = clock.steps.searchsorted(found.steps).astype(np.int32)
        self._targets = found.directions
        self._symbols = found.feeds if len(clock.feeds) > 1 else None

    def between(self, first: int, until: int, before: int) -> Wanted:  # noqa: ARG002 - the targets are known
        """The changes at these rows."""
        at = slice(*self._rows.searchsorted((first, until)))
        symbols = () if self._symbols is None else self._symbols[at].astype(np.int64)
        return Wanted(self._rows[at].astype(np.int64), self._targets[at].astype(np.int64), symbols)


class ChangesOfPart:
    """Changes of a strategy that sees some of the symbols of a lane, at the rows of the lane's clock.

    `part` is the clock of the strategy, every step of which is one of `clock`.
    """

    __slots__ = ("_changes", "_numbers", "_rows")

    def __init__(self, changes: TargetChanges, part: Clock, clock: Clock) -> None:
        self._changes = changes
        self._rows = clock.steps.searchsorted(part.steps)
        self._numbers = np.array([clock.numbers[feed.symbol] for feed in part.feeds], np.int64)

    def between(self, first: int, until: int, before: int) -> Wanted:
        """The changes at these rows."""
        start, end = self._rows.searchsorted((first, until)).tolist()
        found = self._changes.between(start, end, before) if start < end else NO_CHANGES
        symbols = found.symbols if len(self._numbers) > 1 else np.zeros(len(found.rows), np.int64)
        return Wanted(self._rows[found.rows], found.targets, self._numbers[symbols])


class KnownDecisions:
    """What several strategies come to, found beforehand."""

    __slots__ = ("_made", "_rows")

    def __init__(self, made: LaneDecisions) -> None:
        self._made = made
        self._rows = np.array(made.rows, np.int64)

    def between(self, first: int, until: int, before: int) -> Wanted:  # noqa: ARG002 - the targets are known
        """The changes at these rows."""
        at = slice(*self._rows.searchsorted((first, until)).tolist())
        made = self._made
        targets, symbols = (np.array(each[at], np.int64) for each in (made.targets, made.symbols))
        return Wanted(self._rows[at], targets, symbols, made.decided[at])
