"""What tracing takes of the memory, measured: `python -m tests.bench.memory_table` prints the table of docs/memory.md.

Every figure is a difference between the peaks of whole `admf run` processes, so that nothing is left out of it. With `--config`
and the number of a row it prints the config of that row.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

CONFIG = """\
name: memory
containers:
  - {{id: data_x, type: data, source: {{name: synthetic, symbol: X, bars: {bars}, bar_length: {length}, volatility: 0.6}}}}
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


class Case(NamedTuple):
    """A run: so many portfolios over bars of a length, which trace in some way and are computed by a path."""

    tracing: str
    portfolios: int
    bars: int
    length: str
    path: str

    @property
    def config(self) -> str:
        """The text of its config."""
        return CONFIG.format(
            tracing=TRACING[self.tracing], portfolios=self.portfolios, bars=self.bars, length=self.length
        )


class Row(NamedTuple):
    """A line of the table: what `case` takes beyond the same run of `beside` portfolios without tracing, shared out.

    The specification allows each container `specified`; all together may add `most_mb`.
    """

    tracing: str
    specified: str
    case: Case
    beside: int
    most_mb: float

    @property
    def added_mb(self) -> float:
        """MB (1,000,000 bytes) that are added: by each container, or by all of a thousand beside one."""
        without = self.case._replace(tracing="none", portfolios=self.beside)
        return (peak_mb(self.case) - peak_mb(without)) / self.beside

    @property
    def cells(self) -> list[str]:
        """The row but for what was measured."""
        case = self.case
        run = f"{case.portfolios:,} x {case.bars:,} bars of {case.length}, `--path {case.path}`"
        adds = "all, beside one" if case.portfolios > self.beside else "each container"
        return [self.tracing, run, adds, self.specified, f"{self.most_mb:g} MB"]


def _rows() -> list[Row]:
    hours, days = (150, "1h"), (5000, "1d")
    many = [
        ("no tracing", "0 MB", Case("none", 1000, *hours, "auto"), 20.0),
        ("minimal", "1,000 to 2,000 MB", Case("minimal", 1000, *hours, "auto"), 20.0),
        ("no tracing", "0 MB", Case("none", 1000, *hours, "event"), 20.0),
        ("minimal", "1,000 to 2,000 MB", Case("minimal", 1000, *hours, "event"), 20.0),
        ("streaming to disk", "10,000 to 20,000 MB", Case("to disk", 1000, *hours, "auto"), 80.0),
        ("no tracing", "0 MB", Case("none", 1000, *days, "auto"), 80.0),
        ("minimal", "1,000 to 2,000 MB", Case("minimal", 1000, *days, "auto"), 80.0),
        ("minimal", "250 to 500 MB", Case("minimal", 250, *days, "event"), 40.0),
        ("streaming to disk", "2,500 to 5,000 MB", Case("to disk", 250, *days, "auto"), 120.0),
    ]
    rows = [Row(title, specified, case, 1, most_mb) for title, specified, case, most_mb in many]
    for bars in ((450, "1h"), days):
        for length, specified, most_mb in ((100, "1 to 5 MB", 0.1), (1000, "10 to 50 MB", 1.0)):
            window = Case(f"window of {length}", FEW, *bars, "event")
            rows.append(Row(f"sliding window of {length:,} events", specified, window, FEW, most_mb))
    for bars, most_mb in ((3333, "1h"), 10.0), (days, 15.0):
        rows.append(
            Row("all events in memory", "100 MB and more", Case("all in memory", 1, *bars, "event"), 1, most_mb)
        )
        rows.append(Row("streaming to disk", "10 to 20 MB", Case("to disk", 1, *bars, "auto"), 1, 3.0))
    return rows


FEW = 50
"""What one container takes is too little to be seen: so many are measured together, and their sum is shared out."""
ROWS = _rows()


@cache
def peak_mb(case: Case) -> float:
    """The peak of a run in one process, in MB: the least of three, of a thousand portfolios of one."""
    return min(_peak_mb(case) for _ in range(1 if case.portfolios > FEW else 3))


def _peak_mb(case: Case) -> float:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "memory.yaml"
        config.write_text(case.config)
        options = ["--output", str(Path(folder) / "out"), "--json", "--quiet", "--workers", "1", "--path", case.path]
        command = [sys.executable, "-m", "cli", "run", str(config), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    shown = json.loads(done.stdout)
    assert shown["trades"] >= 2 * case.portfolios
    return float(shown["peak_rss_mb"]) * (1 << 20) / 1e6


HEADINGS = ["row", "tracing", "run", "counted of", "the specification allows", "may add", "adds"]


def main() -> None:
    """Prints the table, or the config of a row."""
    if "--config" in sys.argv:
        sys.stdout.write(ROWS[int(sys.argv[-1]) - 1].case.config)
        return
    sys.stdout.write(f"| {' | '.join(HEADINGS)} |\n|{'---|' * len(HEADINGS)}\n")
    for number, row in enumerate(ROWS, 1):
        sys.stdout.write(f"| {number} | {' | '.join(row.cells)} | {row.added_mb:.2f} MB |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
