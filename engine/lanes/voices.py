"""Several column strategies in one portfolio: what they decide together, known before the lane runs (rule L1, DECIDE)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from engine.containers.combination import Combination
from engine.lanes.journal_events import Decided
from engine.strategies.decision import SIGNS, TARGETS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engine.agenda import Action
    from engine.containers.outlet import Outlet
    from engine.market.timeline import Clock
    from engine.strategies.combine import Combine
    from engine.strategies.decision import Decision
    from engine.strategies.targets import Changes


@dataclass(frozen=True, slots=True)
class Voice:
    """A column strategy that a portfolio follows: its container, its name, and its changes of target over its own clock.

    `cause(place)` is the id of the event behind a change, by its place: a SIGNAL of a strategy container.
    """

    container: str
    strategy: str
    clock: Clock
    changes: Changes
    cause: Callable[[int], str]


class Said(NamedTuple):
    """What a strategy wants of a symbol of the portfolio."""

    step: int
    symbol: int
    voice: Voice
    decision: Decision
    cause: str


@dataclass(frozen=True, slots=True)
class LaneDecisions:
    """What a portfolio decides, in order: rows of its clock, its symbols, and what is decided; see `LaneConfigurator.lane`."""

    rows: list[int]
    symbols: list[int]
    decided: list[Decided]

    @property
    def targets(self) -> list[int]:
        """The directions wanted."""
        return [SIGNS[each.decision.direction] for each in self.decided]

    @property
    def decisions(self) -> list[Decision]:
        """The decisions alone."""
        return [each.decision for each in self.decided]


def decisions_of(
    clock: Clock, voices: Sequence[Voice], rule: Combine | None, opinions: Sequence[str] = ()
) -> LaneDecisions:
    """What a portfolio over `clock` decides that follows `voices`, which are in the order in which they are heard at a step.

    With a rule one decision is made of what all want, once all have spoken; `opinions` are their containers in the order of the inputs.
    """
    made = LaneDecisions([], [], [])
    combination = _Combined(rule, opinions, len(clock.feeds)) if rule is not None else None
    for step, said in groupby(_all_said(clock, voices), key=lambda each: each.step):
        row = clock.index_at(step)
        for symbol, decided in _plain(said) if combination is None else combination.of_step(said):
            made.rows.append(row)
            made.symbols.append(symbol)
            made.decided.append(decided)
    return made


def _all_said(clock: Clock, voices: Sequence[Voice]) -> list[Said]:
    said = []
    for voice in voices:
        found, numbers = voice.changes, [clock.numbers[feed.symbol] for feed in voice.clock.feeds]
        columns = (found.steps.tolist(), found.feeds.tolist(), found.directions.tolist())
        said += [
            Said(step, numbers[feed], voice, TARGETS[direction], voice.cause(place))
            for place, (step, feed, direction) in enumerate(zip(*columns, strict=True))
        ]
    return sorted(said, key=lambda each: each.step)


def _plain(said: Iterator[Said]) -> Iterator[tuple[int, Decided]]:
    return ((each.symbol, Decided(each.decision, each.cause, each.voice.strategy)) for each in said)


class _Combined:
    """The combination of the event path, on an agenda that has one step."""

    def __init__(self, rule: Combine, opinions: Sequence[str], symbols: int) -> None:
        self.agenda = self
        self._due: list[tuple[Action, Any]] = []
        self._made: list[tuple[int, Decided]] = []
        weights = {id_: rule.weights.get(id_, 1.0) for id_ in opinions}
        self._combination = Combination(cast("Outlet", self), rule, weights, symbols, self._decide)

    def post(self, phase: int, owner: object, action: Action, argument: Any, rank: int) -> None:  # noqa: ANN401, ARG002
        """Keeps work for the end of the step, as an agenda does."""
        self._due.append((action, argument))

    def of_step(self, said: Iterator[Said]) -> list[tuple[int, Decided]]:
        """What is decided at a step."""
        self._due, self._made = [], []
        for each in said:
            self._combination.take(each.symbol, each.voice.container, each.decision, each.cause)
        for action, argument in self._due:
            action(argument)
        return self._made

    def _decide(self, symbol: int, decision: Decision, cause: str, strategy: str) -> None:
        self._made.append((symbol, Decided(decision, cause, strategy)))
