"""Progress on stderr: a live line on a terminal, a plain line now and then elsewhere, or JSON lines."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from engine.orchestration.board import Standing


_NS_PER_SECOND = 1_000_000_000
_MIB = 1 << 20
_BAR, _PERCENT, _ROOM_FOR_A_BAR = 20, 6, 120
"""Cells of the bar, of the percentage behind it, and of a terminal that has room for both beside the words."""


class Look(NamedTuple):
    """How far a run is, at one moment. `left_s` is None while that is not known.

    Of its `containers` so many are running, done, failed and interrupted: all of them together.

    `memory_mib` is what this process holds, `expected_mib` what the run was estimated to need in its largest process.
    """

    phase: str
    step: int
    steps: int
    date: str
    events: int
    steps_per_s: float
    events_per_s: float
    containers: int
    running: int
    done: int
    failed: int
    interrupted: int
    open_trades: int
    memory_mib: float
    expected_mib: float
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

        console = Console(stderr=True)
        bar = (BarColumn(bar_width=_BAR),) if console.width >= _ROOM_FOR_A_BAR else ()
        self._width = console.width - _PERCENT - (_BAR + 1 if bar else 0)
        columns = (*bar, TaskProgressColumn(), TextColumn("{task.description}", markup=False))
        self._progress = Progress(*columns, console=console, auto_refresh=False)
        self._progress.start()
        self._task = self._progress.add_task("reading", total=None)

    def show(self, look: Look) -> None:
        """Redraws."""
        text = describe(look, self._width)
        self._progress.update(self._task, completed=look.step, total=look.steps, description=text, refresh=True)

    def close(self) -> None:
        """Leaves the last state on the screen."""
        self._progress.stop()


class Watcher:
    """Looks at a run when asked, and shows it when it is time; the last look is always shown.

    Until it is told to `follow` a run, that run is still reading its config and data.
    """

    def __init__(self, display: Display) -> None:
        self._display = display
        self._standing: Callable[[], Standing | None] = lambda: None
        self._expected_mib = 0.0
        self._began = self._shown = monotonic()

    def __enter__(self) -> Self:
        """Begins to watch."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Shows the last look."""
        self._show("ended")
        with suppress(OSError, ValueError):  # as above
            self._display.close()

    def follow(self, standing: Callable[[], Standing | None], expected_mib: float) -> None:
        """Asks `standing` from now on how far the run is, which should need no more than `expected_mib` MiB."""
        self._standing, self._expected_mib = standing, expected_mib
        self._began = self._shown = monotonic()

    def look(self) -> None:
        """Shows how far the run is, if the last time is long enough ago."""
        if monotonic() - self._shown >= self._display.every_s:
            self._shown = monotonic()
            self._show()

    def _show(self, phase: str = "") -> None:
        standing = self._standing()
        if standing is None:
            return
        look = self._look(standing, phase or ("simulating" if standing.containers.running else "writing"))
        try:
            self._display.show(look)
        except Exception:  # noqa: BLE001 - stderr is closed, or full: the run goes on without
            self._display = Silent()

    def _look(self, standing: Standing, phase: str) -> Look:
        spent = max(monotonic() - self._began, 1e-9)
        moment = datetime.fromtimestamp(standing.timestamp // _NS_PER_SECOND, UTC)
        return Look(
            phase=phase,
            step=standing.step,
            steps=standing.steps,
            date=moment.strftime("%Y-%m-%d %H:%M"),
            events=standing.events,
            steps_per_s=round(standing.step / spent, 1),
            events_per_s=round(standing.events / spent, 1),
            containers=standing.containers.total,
            running=standing.containers.running,
            done=standing.containers.completed,
            failed=standing.containers.failed,
            interrupted=standing.containers.interrupted,
            open_trades=standing.open_trades,
            memory_mib=_held_mib(),
            expected_mib=self._expected_mib,
            left_s=round(spent * (standing.steps - standing.step) / standing.step, 1) if standing.step else None,
        )


def _held_mib() -> float:
    import psutil  # noqa: PLC0415 - a run that nobody follows has no use for it

    return round(psutil.Process().memory_info().rss / _MIB, 1)


def progress_of(kind: str) -> Watcher:
    """A watcher of the asked kind: auto is rich on a terminal, plain elsewhere."""
    chosen = ("rich" if sys.stderr.isatty() else "plain") if kind == "auto" else kind
    displays: dict[str, type[Display]] = {"rich": LiveLine, "plain": Lines, "json": JsonLines, "none": Silent}
    return Watcher(displays[chosen]())


def describe(look: Look, width: int | None = None) -> str:
    """One line: date, step, speed, containers, open trades, memory, time left; and whether it only writes.

    Where that is wider than `width` cells, the least important of it goes.
    """
    ended = "".join(
        f", {count} {status}" for status, count in (("failed", look.failed), ("interrupted", look.interrupted)) if count
    )
    parts = {
        f"{'writing  ' if look.phase == 'writing' else ''}{look.date}": 8,
        f"step {look.step:,} of {look.steps:,}": 7,
        f"{look.steps_per_s:,.0f} steps/s": 1,
        f"{look.events_per_s:,.0f} events/s": 2,
        f"{look.containers} containers: {look.running} running, {look.done} done{ended}": 6,
        f"{look.open_trades} open trades": 3,
        f"{look.memory_mib:.0f} of {look.expected_mib:.0f} MiB": 4,
    }
    if look.left_s:
        parts[f"{look.left_s:.0f} s left"] = 5
    while width is not None and len("  ".join(parts)) > width and len(parts) > 1:
        parts.pop(min(parts, key=parts.__getitem__))
    return "  ".join(parts)
