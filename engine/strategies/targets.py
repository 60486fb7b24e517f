"""Column strategies: a target direction per bar becomes the few bars at which it changes (rules Y1, L5).

A strategy is asked symbol by symbol, or, if it has `market_targets`, once for all symbols together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

import numpy as np

from engine.blame import ReturnedError, message_of, returned_by
from engine.strategies.combinator import Combination, Combinator
from engine.strategies.names import Readable

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from engine.market.timeline import Clock
    from engine.strategies.columns import Columns, Markets, Targets

    ColumnsOf = Callable[[int], Columns]


class ColumnStrategy(Protocol):
    """A function of whole columns to a target per bar, as an object."""

    def targets(self, columns: Columns) -> npt.ArrayLike:
        """Target direction per bar, +1, 0 or -1, shape (n_bars,)."""


@runtime_checkable
class MarketStrategy(Protocol):
    """A function of the columns of all symbols to the targets of each."""

    def market_targets(self, markets: Markets) -> Mapping[str, npt.ArrayLike]:
        """Target direction per moment, shape (n_moments,), by symbol; a symbol that is left out stays flat."""


_KINDS = {"U": "text", "S": "bytes", "O": "object"}


class BadTargetsError(ReturnedError):
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


def changes(strategy: object, clock: Clock, columns: ColumnsOf) -> Changes:
    """Asks the strategy for its targets on every feed, and keeps where they differ from the bar before (0 at first).

    Raises:
        BadTargetsError: if the targets have the wrong shape or other values than +1, 0, -1.
    """
    parts = [_changes(number, clock, targets) for number, targets in enumerate(wanted(strategy, clock, columns))]
    steps, feeds = np.concatenate([p.steps for p in parts]), np.concatenate([p.feeds for p in parts])
    rows, directions = np.concatenate([p.rows for p in parts]), np.concatenate([p.directions for p in parts])
    order = np.lexsort((feeds, steps))
    return Changes(steps[order], feeds[order], rows[order], directions[order])


def wanted(strategy: object, clock: Clock, columns: ColumnsOf) -> list[Targets]:
    """The targets of a strategy on each feed of the clock, one per bar of the feed.

    Args:
        strategy: a ColumnStrategy, a MarketStrategy, or a combination of such.
        clock: whose feeds the strategy is to trade.
        columns: gives the columns of a feed by its number.

    Raises:
        BadTargetsError: as `changes`.
    """
    if isinstance(strategy, Combinator):
        strategy = Combination(strategy, strategy.parts())
    if isinstance(strategy, Combination):
        parts = [wanted(part, clock, columns) for part in strategy.parts]
        return [strategy.rule.combined(of_feed) for of_feed in zip(*parts, strict=True)]
    try:
        if isinstance(strategy, MarketStrategy):
            return _of_markets(strategy, clock, columns)
        own, said = cast("ColumnStrategy", strategy), _said(strategy)
        return [
            checked_targets(own.targets(_with_timestamp(number, clock, columns)), len(feed.steps), said)
            for number, feed in enumerate(clock.feeds)
        ]
    except BadTargetsError as error:
        raise returned_by(error, getattr(strategy, "function", None)) from None


def _with_timestamp(number: int, clock: Clock, columns: ColumnsOf) -> Columns:
    return Readable({"timestamp": clock.feeds[number].bars.timestamps, **columns(number)})


def _said(strategy: object) -> str:
    return str(getattr(strategy, "path", "the strategy"))


def _of_markets(strategy: MarketStrategy, clock: Clock, columns: ColumnsOf) -> list[Targets]:
    returned = strategy.market_targets(markets_of(clock, columns))
    symbols, said = [feed.symbol for feed in clock.feeds], _said(strategy)
    if not isinstance(returned, Mapping):
        raise BadTargetsError(f"{said} returned {type(returned).__name__}: expected targets by symbol, in a dict")
    strange = [name for name in returned if name not in symbols]
    if strange:
        raise BadTargetsError(f"{said} returned targets of {strange[0]!r}: expected of {', '.join(symbols)}")
    targets = []
    for feed in clock.feeds:
        if feed.symbol in returned:
            own = checked_targets(returned[feed.symbol], len(clock), said)
            targets.append(own[clock.steps.searchsorted(feed.steps)])
        else:
            targets.append(np.zeros(len(feed.steps), np.int8))
    return targets


def markets_of(clock: Clock, columns: ColumnsOf) -> Markets:
    """The columns of every feed at every step of the clock, by symbol, NaN where the feed has no bar; read-only."""
    moments = np.empty(len(clock), np.int64)
    for feed in clock.feeds:
        moments[clock.steps.searchsorted(feed.steps)] = feed.bars.timestamps
    moments.flags.writeable = False
    return {
        feed.symbol: Readable(
            {"timestamp": moments, **_spread(clock, clock.steps.searchsorted(feed.steps), columns(number))}
        )
        for number, feed in enumerate(clock.feeds)
    }


def _spread(clock: Clock, places: npt.NDArray[np.int64], columns: Columns) -> Columns:
    if len(places) == len(clock):
        return columns
    spread = {}
    for name, column in columns.items():
        spread[name] = np.full(len(clock), np.nan)
        spread[name][places] = column
        spread[name].flags.writeable = False
    return spread


def _changes(number: int, clock: Clock, targets: Targets) -> Changes:
    feed = clock.feeds[number]
    rows = np.flatnonzero(np.diff(targets, prepend=np.int8(0)))
    return Changes(feed.steps[rows], np.full(len(rows), number), rows, targets[rows])


def checked_targets(returned: npt.ArrayLike, n_bars: int, said: str = "the strategy") -> npt.NDArray[np.int8]:
    """The targets as int8, shape (n_bars,). `said` is who returned them.

    Raises:
        BadTargetsError: naming the first bar that is wrong.
    """
    try:
        targets = np.asarray(returned)
    except Exception as error:  # rows of several lengths, or a class of the user's own
        raise BadTargetsError(f"{said} returned {_named(returned)}: {message_of(error)}") from error
    if targets.shape != (n_bars,):
        got = f"shape {targets.shape}" if targets.shape else _named(returned)
        raise BadTargetsError(f"{said} returned {got}: expected one target per bar, ({n_bars},)")
    if targets.dtype.kind not in "biuf":
        raise BadTargetsError(
            f"{said} returned {_KINDS.get(targets.dtype.kind, targets.dtype)} values: expected +1, 0 or -1"
        )
    if isinstance(returned, np.ma.MaskedArray) and len(masked := np.flatnonzero(returned.mask)):
        raise BadTargetsError(f"{said} returned a masked value at bar {masked[0]}: expected +1, 0 or -1")
    wrong = np.flatnonzero((targets != 0) & (targets != 1) & (targets != -1))
    if len(wrong):
        raise BadTargetsError(f"{said} returned {targets[wrong[0]]} at bar {wrong[0]}: expected +1, 0 or -1")
    return targets.astype(np.int8)


def _named(returned: object) -> str:
    """A single thing, where a sequence was wanted: the value if it is short, else its type."""
    plain = returned is None or isinstance(returned, int | float | np.generic)
    return str(returned) if plain else f"one {type(returned).__name__}"
