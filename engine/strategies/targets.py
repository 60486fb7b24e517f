"""Column strategies: a target direction per bar becomes the few bars at which it changes (rules Y1, L5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from engine.market.timeline import Clock
    from engine.strategies.builtin import Columns


class ColumnStrategy(Protocol):
    """A function of whole columns to a target per bar, as an object."""

    def targets(self, columns: Columns) -> npt.ArrayLike:
        """Target direction per bar, +1, 0 or -1, shape (n_bars,)."""


class BadTargetsError(ValueError):
    """A column strategy returned something that is not one target per bar."""


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """The changes of target over all feeds of a clock, in order: arrays of one shape (n_changes,)."""

    steps: npt.NDArray[np.int64]
    feeds: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    directions: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.steps)


def changes(strategy: ColumnStrategy, clock: Clock, columns: Callable[[int], Columns]) -> Changes:
    """Asks the strategy for its targets on every feed, and keeps where they differ from the bar before (0 at first).

    Raises:
        BadTargetsError: if the targets have the wrong shape or other values than +1, 0, -1.
    """
    parts = [_changes(number, strategy, clock, columns(number)) for number in range(len(clock.feeds))]
    steps, feeds = np.concatenate([p.steps for p in parts]), np.concatenate([p.feeds for p in parts])
    rows, directions = np.concatenate([p.rows for p in parts]), np.concatenate([p.directions for p in parts])
    order = np.lexsort((feeds, steps))
    return Changes(steps[order], feeds[order], rows[order], directions[order])


def _changes(number: int, strategy: ColumnStrategy, clock: Clock, columns: Columns) -> Changes:
    feed = clock.feeds[number]
    targets = checked_targets(strategy.targets(columns), len(feed.steps))
    rows = np.flatnonzero(np.diff(targets, prepend=np.int8(0)))
    return Changes(feed.steps[rows], np.full(len(rows), number), rows, targets[rows])


def checked_targets(returned: npt.ArrayLike, n_bars: int) -> npt.NDArray[np.int8]:
    """The targets as int8, shape (n_bars,).

    Raises:
        BadTargetsError: naming the first bar that is wrong.
    """
    targets = np.asarray(returned)
    if targets.shape != (n_bars,):
        raise BadTargetsError(f"the strategy returned shape {targets.shape}: expected one target per bar, ({n_bars},)")
    if targets.dtype.kind not in "biuf":
        raise BadTargetsError(f"the strategy returned {targets.dtype} values: expected +1, 0 or -1")
    wrong = np.flatnonzero((targets != 0) & (targets != 1) & (targets != -1))
    if len(wrong):
        raise BadTargetsError(f"the strategy returned {targets[wrong[0]]} at bar {wrong[0]}: expected +1, 0 or -1")
    return targets.astype(np.int8)
