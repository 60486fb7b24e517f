"""Do users' strategies over columns look ahead? They are asked again and again, with other futures after one bar and another.

Asking takes a fraction of a run of the portfolio, so it is done after every bar where the data is short, and first after those at which
targets change, and those before them, where it is long.
"""

from __future__ import annotations

import sys
import warnings
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.blame import Interruption
from engine.events import Signal
from engine.features.columns import FeatureStore
from engine.market.column_file import ColumnFile
from engine.market.planted import FUTURES
from engine.market.timeline import Clock, Feed, union
from engine.strategies.decision import TARGETS
from engine.strategies.targets import wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from engine.market.bars import Bars
    from engine.market.planted import Future, Planted
    from engine.orchestration.plan import Plan
    from engine.strategies.columns import Columns, Targets

    Moments = npt.NDArray[np.int64]

BUDGET = 12_000_000
"""Bars over which the strategies of a portfolio are asked in all, unless they are so many that `LEAST` cuts take more."""

LEAST = 20

NOT_REPEATABLE: Literal["not_repeatable"] = "not_repeatable"


@dataclass(frozen=True, slots=True)
class Suspect:
    """A target that depends on what comes after `cut`, as signals with all data and with this future."""

    cut: int
    future: Future
    whole: Signal
    part: Signal


def targets_ahead(
    plan: Plan, planted: Mapping[str, Planted], portfolio: str, usable: Moments
) -> tuple[Suspect | Literal["not_repeatable"] | None, int]:
    """The first target found that looks ahead, if any does, and after how many bars all answered to each future.

    Strategies that are built in are not asked: that they are causal is tested once for all. One that raises is left to the run.
    """
    own = plan.own_code
    hosts = [
        _Host(plan, id_, planted) for id_ in (portfolio, *plan.behind[portfolio]) if id_ in own and own[id_].is_column
    ]
    asked = 0
    with _quiet():
        whole = [host.targets() for host in hosts]
        again = [host.targets() for host in hosts]
        if any(not _same(one, other) for one, other in zip(whole, again, strict=True)):
            return NOT_REPEATABLE, 0
        asking = [(host, known) for host, known in zip(hosts, whole, strict=True) if known is not None]
        for cut in _cuts(asking, usable):
            answers = [(host, known, future, host.targets(cut, future)) for host, known in asking for future in FUTURES]
            for host, known, future, part in answers:
                if part is not None and (found := host.first_difference(known, part, cut, future)):
                    return found, asked
            asked += all(part is not None for _, _, _, part in answers)
    return None, asked


@contextmanager
def _quiet() -> Iterator[None]:
    """Users' code is asked thousands of times: what it prints then, and what numpy warns of in noise, is of no use."""
    with redirect_stdout(StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class _Host:
    """A container that has a user's strategy over columns."""

    def __init__(self, plan: Plan, id_: str, planted: Mapping[str, Planted]) -> None:
        self._id = id_
        self._own = plan.own_code[id_]
        self._features = plan.readable_features(id_)
        self._planted = {data: planted[data] for data in plan.data_of[id_]}
        self.stamps = [each.bars.timestamps for each in self._planted.values()]
        self._timeline = union(self.stamps)
        self.rows = sum(map(len, self.stamps))

    def targets(self, cut: int | None = None, future: Future = "none") -> list[Targets] | None:
        """The targets on each feed, with a future after `cut` if there is one; None if the user's code raises."""
        given = {id_: each.bars if cut is None else each.at(cut, future) for id_, each in self._planted.items()}
        clock = Clock([Feed(id_, bars.symbol, bars, self._steps(bars)) for id_, bars in given.items()])
        store = FeatureStore(_InMemory(), sys.maxsize)

        def columns(number: int) -> Columns:
            return store.columns(clock.feeds[number].bars, self._features)

        try:
            return wanted(self._own.make(), clock, columns)
        except Interruption:
            raise
        except BaseException:  # noqa: BLE001 - the run of the portfolio says what it raises, and where
            return None

    def _steps(self, bars: Bars) -> npt.NDArray[np.int64]:
        return (
            np.arange(len(bars)) if len(bars) == len(self._timeline) else self._timeline.searchsorted(bars.timestamps)
        )

    def first_difference(
        self, whole: Sequence[Targets], part: Sequence[Targets], cut: int, future: Future
    ) -> Suspect | None:
        """The first target up to `cut` that is another with this future after it."""
        for number, stamps in enumerate(self.stamps):
            count = int(stamps.searchsorted(cut, "right"))
            one, other = whole[number][:count], part[number][:count]
            if not np.array_equal(one, other):
                row = int(np.flatnonzero(one != other)[0])
                return Suspect(cut, future, self._signal(number, row, one), self._signal(number, row, other))
        return None

    def _signal(self, number: int, row: int, targets: Targets) -> Signal:
        """What a target says, as the SIGNAL that it would be if it were new."""
        decision = TARGETS[targets.item(row)]
        symbol = list(self._planted.values())[number].bars.symbol
        moment, name = self.stamps[number].item(row), self._own.path
        return Signal(moment, self._id, "", None, None, symbol, decision.direction, 1.0, name, decision.reason)


class _InMemory(ColumnFile):
    """Columns that nobody maps: thousands of files would be made for nothing."""

    def put(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The column itself, read-only."""
        values.flags.writeable = False
        return values


def _same(one: list[Targets] | None, other: list[Targets] | None) -> bool:
    return one is other or all(map(np.array_equal, one or [], other or []))


def _cuts(asking: Sequence[tuple[_Host, list[Targets]]], usable: Moments) -> list[int]:
    """Timestamps of last bars: where targets change, then one bar before, then others, as many as the budget allows."""
    if not asking:
        return []
    left = max(BUDGET // (len(FUTURES) * sum(host.rows for host, _ in asking)), LEAST)
    changes = [
        stamps[np.flatnonzero(np.diff(targets, prepend=np.int8(0)))]
        for host, known in asking
        for stamps, targets in zip(host.stamps, known, strict=True)
    ]
    changed = np.unique(np.concatenate(changes))
    before = usable[np.maximum(usable.searchsorted(changed) - 1, 0)]
    cuts: list[int] = []
    for moments in (np.intersect1d(usable, changed), before, usable):
        cuts += spread(np.setdiff1d(moments, cuts), left - len(cuts))
    return cuts


def spread(moments: Moments, count: int) -> list[int]:
    """`count` of them at even distances, all if there are fewer."""
    if len(moments) <= count:
        return [int(moment) for moment in moments]
    places = (np.arange(count) * 2 + 1) * len(moments) // (2 * count)
    return [int(moment) for moment in moments[places]]
