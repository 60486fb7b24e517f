"""The rows at which column strategies change their target, a stretch of bars at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from engine.strategies.columns import Columns, Turns


class SelfContained(Protocol):
    """A strategy that tells its changes over any stretch of its columns from the row before it on."""

    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""

    def turns(self, columns: Columns, before: int = 0) -> Turns:
        """The rows at which the target changes, and the targets from there on; `before` is that before the first row."""


class TargetChanges(Protocol):
    """Tells when a strategy changes its target."""

    def between(self, first: int, until: int, before: int) -> Turns:
        """The changes at the rows from `first` to before `until`; `before` is the target before `first`."""


class StretchChanges:
    """A strategy that needs no more than the row before to tell whether its target changes: nothing is kept of it."""

    __slots__ = ("_columns", "_strategy")

    def __init__(self, strategy: SelfContained, columns: Columns) -> None:
        self._strategy = strategy
        self._columns = columns

    def between(self, first: int, until: int, before: int) -> Turns:
        """The changes at these rows."""
        start = max(first - 1, 0)
        rows, targets = self._strategy.turns(
            {name: column[start:until] for name, column in self._columns.items()}, before
        )
        return rows + start, targets


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
        self._found = self._found or KnownChanges(np.empty(0, np.int64), np.empty(0, np.int8))

    def between(self, first: int, until: int, before: int) -> Turns:
        """The changes at these rows."""
        return self.ask().between(first, until, before)


class KnownChanges:
    """Changes over a whole column: a user's function sees all of it at once."""

    __slots__ = ("_rows", "_targets")

    def __init__(self, rows: npt.NDArray[np.signedinteger], targets: npt.NDArray[np.int8]) -> None:
        self._rows = rows
        self._targets = targets

    def between(self, first: int, until: int, before: int) -> Turns:  # noqa: ARG002 - the targets are known
        """The changes at these rows."""
        start, end = self._rows.searchsorted((first, until))
        return self._rows[start:end].astype("intp"), self._targets[start:end]
