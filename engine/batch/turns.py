"""When column strategies turn: asked for a stretch of bars at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from engine.strategies.crossover import Crossover, turns_together

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from engine.strategies.columns import Columns, Turns


class SelfContained(Protocol):
    """A strategy that tells its turns over any stretch of its columns from the row before it on."""

    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""

    def turns(self, columns: Columns, before: int = 0) -> Turns:
        """The rows at which the target changes, and the targets from there on; `before` is that before the first row."""


class TurnFinder(Protocol):
    """Tells when a strategy turns."""

    def between(self, first: int, until: int, before: int) -> Turns:
        """The turns of the rows from `first` to before `until`; `before` is the target before `first`."""


class SlicedTurns:
    """A strategy that needs no more than the row before to tell whether it turns: nothing is kept of it."""

    __slots__ = ("_columns", "strategy")

    def __init__(self, strategy: SelfContained, columns: Columns) -> None:
        self.strategy = strategy
        self._columns = columns

    def between(self, first: int, until: int, before: int) -> Turns:
        """The turns of these rows."""
        start = max(first - 1, 0)
        rows, targets = self.strategy.turns(self.stretch(start, until), before)
        return rows + start, targets

    def stretch(self, start: int, until: int) -> Columns:
        """The columns of some rows."""
        return {name: column[start:until] for name, column in self._columns.items()}


class FoundTurns:
    """Turns of a whole column, found beforehand: a user's function sees all of it at once."""

    __slots__ = ("_rows", "_targets")

    def __init__(self, rows: npt.NDArray[np.int32], targets: npt.NDArray[np.int8]) -> None:
        self._rows = rows
        self._targets = targets

    def between(self, first: int, until: int, before: int) -> Turns:  # noqa: ARG002 - the targets are known
        """The turns of these rows."""
        start, end = self._rows.searchsorted((first, until))
        return self._rows[start:end].astype("intp"), self._targets[start:end]


def find_together(finders: Sequence[TurnFinder], first: int, until: int, before: Sequence[int]) -> list[Turns]:
    """`between` of each of the finders over the same rows; `before` are the targets of each before `first`."""
    crossing = [
        (n, each)
        for n, each in enumerate(finders)
        if isinstance(each, SlicedTurns) and isinstance(each.strategy, Crossover)
    ]
    found: list[Turns | None] = [None] * len(finders)
    start = max(first - 1, 0)
    if crossing and until > start:
        strategies = [each.strategy for _, each in crossing if isinstance(each.strategy, Crossover)]
        columns = [each.stretch(start, until) for _, each in crossing]
        together = turns_together(strategies, columns, [before[n] for n, _ in crossing])
        for (n, _), (rows, targets) in zip(crossing, together, strict=True):
            found[n] = rows + start, targets
    return [
        each if each is not None else finder.between(first, until, target)
        for each, finder, target in zip(found, finders, before, strict=True)
    ]
