"""The agenda: what is to happen, in the one order of a run (rule L2).

Every piece of work stands under (step, phase, lane, rank, counter). A step is an index into the timeline, the sorted
union of all bar timestamps. Work that was arranged for a step before it began comes in the rank of its owner, the order
of declaration; what is posted during the step follows it, first-in first-out. Nothing else decides an order: no id(), no
hash, no clock.
"""

from __future__ import annotations

from bisect import insort
from enum import IntEnum
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    Action = Callable[[Any], None]

BULK = 1 << 14
"""Events made at a time in bulk, at most: thousands of lanes would fill the memory otherwise."""
POSTED = 1 << 40
LAST = 1 << 60
"""Ranks that no container has: of what is posted during a step, and of what is to come after that."""


class Phase(IntEnum):
    """The phases of a step, in order (rule L1)."""

    START = -1
    MATCH = 0
    BAR = 1
    FEATURES = 2
    MARK = 3
    DECIDE = 4
    ORDER = 5
    END = 6


class Owner(Protocol):
    """Whose work it is: the work of a closed owner is dropped."""

    @property
    def lane(self) -> int:
        """Whose portfolio's work it is, for the order within a phase."""

    @property
    def rank(self) -> int:
        """The place of its container in the order of declaration."""

    @property
    def closed(self) -> bool:
        """Whether its work is to be dropped."""

    def fail(self, error: BaseException) -> None:
        """Takes the error that its work raised."""


class OutOfOrderError(RuntimeError):
    """Work was asked for at a place that has already passed."""


class Standing(NamedTuple):
    """Work that is done at every step, in its place among the rest."""

    phase: int
    lane: int
    rank: int
    counter: int
    owner: Owner
    action: Callable[[int], None]
    producer: Any


class Agenda:
    """A heap of work over a timeline of `timestamps` (ns UTC, one a step), beside work that stands at every step.

    `step`, `phase` and `lane` say where the run stands, `now` is the step's timestamp. Steps at which nothing is arranged cost
    nothing where no work stands; where some does, `in_bulk(producers, steps)` may do a whole stretch of them at once. It
    says whether it did. Setting `stopped` ends the run with the step it is in. Where there is a `guard`, it does the work in the
    agenda's stead: `guard(lane, action, argument)`.
    """

    def __init__(
        self, timestamps: npt.NDArray[np.int64], in_bulk: Callable[[list[Any], int], bool] | None = None
    ) -> None:
        self.timestamps = timestamps
        self._in_bulk = in_bulk
        self.guard: Callable[[int, Action, object], None] | None = None
        self.step = 0
        self.now: int = timestamps.item(0)
        self.phase: int = Phase.START
        self.lane = 0
        self._begun = False
        self._stopped = False
        self._leaving = False  # whether `_drain` is to end with the step under way
        self._entries: list[tuple[int, int, int, int, int, Owner, Action, Any]] = []
        self._standing: list[Standing] = []
        self._next_step = 0
        self._counter = 0

    @property
    def stopped(self) -> bool:
        """Whether the run is to end with the step it is in."""
        return self._stopped

    @stopped.setter
    def stopped(self, stopped: bool) -> None:
        self._stopped = self._leaving = stopped

    @property
    def begun(self) -> int:
        """The steps that have begun."""
        return self.step + 1 if self._begun else 0

    @property
    def interrupted(self) -> bool:
        """Whether it was stopped while there was work left."""
        return self.stopped and bool(self._entries)

    def post(self, phase: int, owner: Owner, action: Action, argument: object = None, rank: int = POSTED) -> None:
        """Puts work into the current step, at the current phase or a later one.

        With rank LAST it comes after all other work of that phase and lane, whenever that is posted.

        Raises:
            OutOfOrderError: if the phase has passed.
        """
        if phase < self.phase:
            raise OutOfOrderError(f"{Phase(phase).name} of step {self.step} has passed: it is {Phase(self.phase).name}")
        self._put((self.step, phase, owner.lane, rank), owner, action, argument)

    def wake(self, step: int, phase: int, owner: Owner, action: Action, argument: object = None) -> None:
        """Arranges work for a later step, or for a later phase of this one.

        Raises:
            OutOfOrderError: if that place has passed.
        """
        if step < self.step or (step == self.step and phase < self.phase):
            raise OutOfOrderError(f"step {step} is asked for, but the run stands at step {self.step}")
        self._put((step, phase, owner.lane, owner.rank), owner, action, argument)

    def next_at(self, phase: int) -> int:
        """The first step whose `phase` has not begun yet."""
        return self.step if phase > self.phase else self.step + 1

    def stand(
        self, phase: int, owner: Owner, action: Callable[[int], None], producer: object = None
    ) -> Callable[[], None]:
        """Has `action(step)` done at every step from `next_at(phase)` on; returns what ends that with the step under way.

        With a `producer` its work may also be done in bulk.
        """
        self._counter += 1
        standing = Standing(phase, owner.lane, owner.rank, self._counter, owner, action, producer)
        if self._begun:
            self._standing = [*self._standing]  # the step under way goes by the list as it was
        insort(self._standing, standing)
        if self._begun:
            self._leaving = True
            if self.next_at(phase) == self.step:
                self._put((self.step, phase, owner.lane, owner.rank), owner, action, self.step)

        def end() -> None:
            self._standing = [work for work in self._standing if work is not standing]

        return end

    def run(self, until: int) -> None:
        """Does all work of the steps before `until`; once `stopped`, only what is left of the current step."""
        while self._next_step < until and not self._stopped:
            self._begun = True
            if self._standing:
                self._next_step = self._run_standing(self._next_step, until)
            else:
                self._run_sleeping(until)

    def _run_sleeping(self, until: int) -> None:
        """Goes from one arranged step to the next, until somebody's work stands at every step."""
        self._leaving = False
        if self._stopped:  # asked for by a signal just now
            return
        self._drain((until,))
        self._next_step = self.step + 1 if self._standing else until

    def _run_standing(self, step: int, until: int) -> int:
        """Does the work of a step, or of all steps up to the next at which more is due before the last standing work."""
        standing = self._standing
        self._enter(step)
        if self._entries and self._entries[0] < (step, *standing[0][:3]):
            self._drain((step, *standing[0][:3]))
            if self._stopped or self._standing is not standing:
                self._run_step(step, standing)
                return step + 1
        quiet = until
        if self._entries:
            due = self._entries[0]
            quiet = min(due[0] + (due[1:4] > standing[-1][:3]), until)
        if quiet > step and self._in_bulk is not None:
            producers = [work.producer for work in standing if not work.owner.closed]
            if all(producers):
                quiet = min(quiet, step + max(1, BULK // max(1, len(producers))))
                self._enter(quiet - 1)
                if self._in_bulk(producers, quiet - step):
                    self._drain((quiet,))
                    return quiet
        self._run_step(step, standing)
        return step + 1

    def _run_step(self, step: int, standing: list[Standing]) -> None:
        entries = self._entries
        self._enter(step)
        for phase, lane, rank, _, owner, action, _ in standing:
            if entries and entries[0][0] <= step:
                self._drain((step, phase, lane, rank))
            if not owner.closed:
                self.phase, self.lane = phase, lane
                try:
                    if self.guard is None:
                        action(step)
                    else:
                        self.guard(lane, action, step)
                except BaseException as error:  # noqa: BLE001 - a lane's failure must not touch the others
                    owner.fail(error)
        if entries and entries[0][0] <= step:
            self._drain((step + 1,))

    def _drain(self, end: tuple[int, ...]) -> None:
        """Does all work that stands before `end`."""
        entries = self._entries
        while entries and entries[0] < end:
            if self._leaving and entries[0][0] > self.step:
                return
            step, self.phase, self.lane, _, _, owner, action, argument = heappop(entries)
            if step != self.step:
                self._enter(step)
            if owner.closed:
                continue
            try:
                if self.guard is None:
                    action(argument)
                else:
                    self.guard(self.lane, action, argument)
            except BaseException as error:  # noqa: BLE001 - as above
                owner.fail(error)

    def _enter(self, step: int) -> None:
        self.step = step
        self.now = self.timestamps.item(step)

    def _put(self, place: tuple[int, int, int, int], owner: Owner, action: Action, argument: object) -> None:
        self._counter += 1
        heappush(self._entries, (*place, self._counter, owner, action, argument))
