"""Progress on stderr: a live line on a terminal, a plain line now and then elsewhere, or JSON lines."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, Protocol

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from engine.orchestration.board import Standing


_NS_PER_SECOND = 1_000_000_000
_MIB = 1 << 20


class Look(NamedTuple):
    """How far a run is, at one moment. `left_s` is None while nobody can tell."""

    step: int
    steps: int
    date: str
    events: int
    steps_per_s: float
    events_per_s: float
    running: int
    done: int
    failed: int
    memory_mib: float
    left_s: float | None


class Display(Protocol):
    """Shows looks."""

    every_s: float

    def show(self, look: Look) -> None:
        """Shows one."""

    def close(self) -> None:
        """Leaves the screen in order."""


class Silent:
    """Shows nothing."""

    every_s = float("inf")

    def show(self, look: Look) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class Lines:
    """A plain line every few seconds."""

    every_s = 3.0

    def show(self, look: Look) -> None:
        """Writes the line."""
        sys.stderr.write(f"{describe(look)}\n")
        sys.stderr.flush()

    def close(self) -> None:
        """Nothing to put in order."""


class JsonLines:
    """One JSON object a line, once a second."""

    every_s = 1.0

    def show(self, look: Look) -> None:
        """Writes the object."""
        sys.stderr.write(f"{json.dumps(look._asdict())}\n")
        sys.stderr.flush()

    def close(self) -> None:
        """Nothing to put in order."""


class LiveLine:
    """A bar and a line that change in place."""

    every_s = 0.1

    def __init__(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - only where a terminal shows it
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn  # noqa: PLC0415

        columns = (BarColumn(bar_width=20), TaskProgressColumn(), TextColumn("{task.description}", markup=False))
        self._progress = Progress(*columns, console=Console(stderr=True), auto_refresh=False)
        self._progress.start()
        self._task = self._progress.add_task("starting", total=None)

    def show(self, look: Look) -> None:
        """Redraws."""
        text = describe(look)
        self._progress.update(self._task, completed=look.step, total=look.steps, description=text, refresh=True)

    def close(self) -> None:
        """Leaves the last state on the screen."""
        self._progress.stop()


class Watcher:
    """Looks at a run when asked, and shows it when it is time; the last look is always shown."""

    def __init__(self, display: Display, standing: Callable[[], Standing | None]) -> None:
        self._display = display
        self._standing = standing
        self._process = psutil.Process()
        self._began = self._shown = monotonic()

    def __enter__(self) -> Self:
        """Begins to watch."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Shows the last look."""
        self._show()
        self._display.close()

    def look(self) -> None:
        """Shows how far the run is, if the last time is long enough ago."""
        if monotonic() - self._shown >= self._display.every_s:
            self._shown = monotonic()
            self._show()

    def _show(self) -> None:
        standing = self._standing()
        if standing is not None:
            self._display.show(self._look(standing))

    def _look(self, standing: Standing) -> Look:
        step, steps, timestamp, events, running, done, failed = standing
        spent = max(monotonic() - self._began, 1e-9)
        moment = datetime.fromtimestamp(timestamp // _NS_PER_SECOND, UTC)
        return Look(
            step=step,
            steps=steps,
            date=moment.strftime("%Y-%m-%d %H:%M"),
            events=events,
            steps_per_s=round(step / spent, 1),
            events_per_s=round(events / spent, 1),
            running=running,
            done=done,
            failed=failed,
            memory_mib=round(self._process.memory_info().rss / _MIB, 1),
            left_s=round(spent * (steps - step) / step, 1) if step else None,
        )


def progress_of(kind: str, standing: Callable[[], Standing | None]) -> Watcher:
    """A watcher of the asked kind, which asks `standing` how far the run is: auto is rich on a terminal, plain elsewhere."""
    chosen = ("rich" if sys.stderr.isatty() else "plain") if kind == "auto" else kind
    displays: dict[str, type[Display]] = {"rich": LiveLine, "plain": Lines, "json": JsonLines, "none": Silent}
    return Watcher(displays[chosen](), standing)


def describe(look: Look) -> str:
    """One line: date, steps, speed, containers, memory, time left."""
    left = f", {look.left_s:.0f} s left" if look.left_s else ""
    failed = f", {look.failed} failed" if look.failed else ""
    return (
        f"{look.date}  step {look.step:,} of {look.steps:,}  {look.steps_per_s:,.0f} steps/s  "
        f"{look.events_per_s:,.0f} events/s  {look.running} running, {look.done} done{failed}  "
        f"{look.memory_mib:.0f} MiB{left}"
    )
