"""Several strategies in one portfolio: what each wants, and what that comes to once all have spoken (phase DECIDE)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.agenda import LAST, Phase
from engine.strategies.combine import Opinion
from engine.strategies.decision import NAMES, SIGNS, Decision

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.containers.outlet import Outlet
    from engine.strategies.combine import Combine


class Combination:
    """The latest opinion of each strategy on each symbol; `decide(feed_number, decision, cause, strategy)` gets the outcome.

    `voices` are the ids of the strategies in the order of the inputs with their weights. A strategy that has not spoken yet
    wants to be flat. The orders are those that the last one to want the outcome named.
    """

    def __init__(
        self,
        outlet: Outlet,
        rule: Combine,
        voices: Mapping[str, float],
        feeds: int,
        decide: Callable[[int, Decision, str, str], None],
    ) -> None:
        self._outlet = outlet
        self._rule = rule
        self._decide = decide
        self._opinions = [{id_: Opinion(weight, 0, 1.0) for id_, weight in voices.items()} for _ in range(feeds)]
        self._latest: list[tuple[int, float]] = [(0, 1.0)] * feeds
        self._pending: dict[int, list[tuple[Decision, str]]] = {}

    def take(self, feed_number: int, voice: str, decision: Decision, cause: str) -> None:
        """Notes what a strategy wants; the portfolio decides after the last of this step."""
        opinions = self._opinions[feed_number]
        opinions[voice] = opinions[voice]._replace(sign=SIGNS[decision.direction], strength=decision.strength)
        if feed_number not in self._pending:
            self._outlet.agenda.post(Phase.DECIDE, self._outlet, self._combine, feed_number, rank=LAST)
        self._pending.setdefault(feed_number, []).append((decision, cause))

    def _combine(self, feed_number: int) -> None:
        heard, opinions = self._pending.pop(feed_number), self._opinions[feed_number]
        outcome = self._rule.combined(list(opinions.values()))
        direction = NAMES[outcome[0]]
        last = next(
            (decision for decision, _ in reversed(heard) if decision.direction == direction), Decision(direction)
        )
        if outcome == self._latest[feed_number] and not last.names_orders:
            return
        self._latest[feed_number] = outcome
        said = ", ".join(f"{id_} {NAMES[opinion.sign]}" for id_, opinion in opinions.items())
        decision = replace(last, strength=outcome[1], reason=said)
        self._decide(feed_number, decision, heard[-1][1], self._rule.name)
