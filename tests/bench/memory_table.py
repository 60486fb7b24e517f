"""What tracing takes of the memory, measured: `python -m tests.bench.memory_table` prints the table of docs/memory.md.

Every figure is a difference between the peaks of whole `admf run` processes, so that nothing is left out of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

CONFIG = """
name: memory
containers:
  - {{id: data_x, type: data, source: {{name: synthetic, symbol: X, bars: {bars}, bar_length: 1h, volatility: 0.6}}}}
  - id: "portfolio_{{n}}"
    type: portfolio
    inputs: [data_x]
    sweep: {{n: {{range: {{from: 1, to: {portfolios}, step: 1}}}}}}
    features: {{mean: {{indicator: SMA, timeperiod: 20}}}}
    strategy: {{name: crossover, fast: close, slow: mean, direction: both}}
    event_tracing: {tracing}
"""
TRACING = {
    "none": "{enabled: false}",
    "minimal": "{mode: minimal}",
    "window of 100": "{mode: sliding_window, max_events: 100, events_to_trace: ALL}",
    "window of 1000": "{mode: sliding_window, max_events: 1000, events_to_trace: ALL}",
    "all in memory": "{events_to_trace: ALL, retention_policy: all}",
    "to disk": "{mode: full}",
}
SHORT, LONG = 150, 450
"""Bars: of the runs with 1,000 portfolios, and where a window of 1,000 events must be full."""
FULL_EVENTS = 10_000


class Row(NamedTuple):
    """A line of the table: `portfolios` that trace in this way, computed by `path`, and the MB that all of them may add."""

    title: str
    specified: str
    tracing: str
    portfolios: int
    bars: int
    most_mb: float
    path: str = "event"


ROWS = (
    Row("no tracing: 1,000 portfolios beside one", "0 MB", "none", 1000, SHORT, 20.0, "auto"),
    Row("minimal: 1,000 portfolios beside one", "1,000 to 2,000 MB", "minimal", 1000, SHORT, 20.0, "auto"),
    Row("no tracing, event by event: 1,000 portfolios beside one", "0 MB", "none", 1000, SHORT, 20.0),
    Row("minimal, event by event: 1,000 portfolios beside one", "1,000 to 2,000 MB", "minimal", 1000, SHORT, 20.0),
    Row("sliding window of 100 events, one container", "1 to 5 MB", "window of 100", 1, LONG, 0.1),
    Row("sliding window of 1,000 events, one container", "10 to 50 MB", "window of 1000", 1, LONG, 1.0),
    Row("all of 10,000 events in memory, one container", "100 MB and more", "all in memory", 1, FULL_EVENTS // 3, 10.0),
    Row("streaming to disk, one container", "10 to 20 MB", "to disk", 1, FULL_EVENTS // 3, 2.0, "auto"),
    Row("streaming to disk: 1,000 portfolios beside one", "10,000 to 20,000 MB", "to disk", 1000, SHORT, 80.0, "auto"),
)
TOGETHER = 50
"""What one container takes is too little to be seen: so many are measured together."""


def added_mb(row: Row) -> float:
    """MB (1,000,000 bytes) that a row's tracing adds to a run without; of 1,000 portfolios, all that they add to one."""
    if row.portfolios > 1:
        return peak_mb(row.tracing, row.portfolios, row.bars, row.path) - peak_mb("none", 1, row.bars, row.path)
    together = TOGETHER if row.bars == LONG else 1
    traced, untraced = (peak_mb(kind, together, row.bars, row.path) for kind in (row.tracing, "none"))
    return (traced - untraced) / together


@cache
def peak_mb(tracing: str, portfolios: int, bars: int, path: str) -> float:
    """The peak of a run, in MB: the least of three, of many portfolios of one."""
    return min(_peak_mb(tracing, portfolios, bars, path) for _ in range(1 if portfolios > 1 else 3))


def _peak_mb(tracing: str, portfolios: int, bars: int, path: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "memory.yaml"
        config.write_text(CONFIG.format(tracing=TRACING[tracing], portfolios=portfolios, bars=bars))
        command = [
            sys.executable,
            "-m",
            "cli",
            "run",
            str(config),
            "--output",
            str(Path(folder) / "out"),
            "--json",
            "--quiet",
            "--workers",
            "1",
            "--path",
            path,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    shown = json.loads(done.stdout)
    assert shown["trades"] >= 2 * portfolios
    return float(shown["peak_rss_mb"]) * (1 << 20) / 1e6


def main() -> None:
    """Prints the table."""
    sys.stdout.write("| configuration | the specification allows | may add | adds |\n|---|---|---|---|\n")
    for row in ROWS:
        sys.stdout.write(f"| {row.title} | {row.specified} | {row.most_mb:g} MB | {added_mb(row):.2f} MB |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
