"""admf beside vectorbt, backtesting.py, numba and numpy on the same work: `python tests/bench/peers/compare.py`.

Makes an environment of its own for each peer below `--folder` (needs network once), writes the bars there, runs every engine
on every job side by side, turn after turn, checks each answer, and prints tables in Markdown; `--write docs/performance.md`
puts them into that file, too. Figures are medians; a ratio is the median of the ratios within one turn. When `--minutes` are
over no job begins any more, be it of the first turn: its table stays as it was. An engine that is missing, fails or takes longer than `--patience`
seconds is said to.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from answers import difference, exact_answer
from engines import OWN, NotRunError, engine_names, measure
from tables import growth_table, job_table, machine, replace_sections
from targets import targets_table
from work import GRIDS, bars


@dataclass(frozen=True)
class Job:
    """Work for all engines: a grid over so many bars. `without` says of some engines why they are spared it."""

    grid: str
    bars: int
    without: dict[str, str] = field(default_factory=dict)


MANY = "not run: some three events for each portfolio and bar would be ten gigabytes on the disk"
SLOW = "not run: it would take minutes"
JOBS = {
    "1000x10k": Job("thousand", 10_000, {"backtesting.py": SLOW}),
    "1x100k": Job("one", 100_000),
    "1x500k": Job("one", 500_000),
    "100x10k": Job("hundred", 10_000),
    "1000x100k": Job("thousand", 100_000, {"admf, ALL": MANY, "backtesting.py": SLOW}),
    "fast": Job("fast", 10_000),
    "slow": Job("slow", 10_000),
    "rsi": Job("rsi", 10_000),
    "hold": Job("hold", 10_000),
}
ONCE = {"1000x10k", "1x500k", "100x10k", "fast", "slow", "rsi", "hold"}
"""Jobs that take long with ALL: it is measured in the first turn only."""
ORDER = ["1000x10k", "1x100k", "1x500k", "100x10k", "1000x100k", "growth", "fast", "slow", "rsi", "hold"]
"""What is measured first is measured if there is little time."""
GROWTH = [
    ("", "hundred", 10_000),
    ("bars x 10", "hundred", 100_000),
    ("bars x 100", "hundred", 1_000_000),
    ("portfolios x 10", "thousand", 10_000),
    ("portfolios x 100", "ten thousand", 10_000),
    ("", "slow", 100_000),
    ("trades x 10", "fast", 100_000),
]


class Comparison:
    """The figures of a comparison as they come: `found` by job and engine, `grown` by place in GROWTH."""

    def __init__(self, folder, patience_s):
        self._folder = folder
        self._patience_s = patience_s
        self._answers = {}
        self.found = {}
        self.grown = {}

    def take_turn(self, name):
        """Runs every engine on a job, or admf on every row of the growth table, once."""
        if name == "growth":
            for place, (_, grid, count) in enumerate(GROWTH):
                self._add(self.grown, place, OWN, grid, count)
            return
        job, found = JOBS[name], self.found.setdefault(name, {})
        for engine in engine_names(job.grid):
            if engine in job.without:
                found[engine] = job.without[engine]
            elif not (engine == "admf, ALL" and engine in found and name in ONCE):
                self._add(found, engine, engine, job.grid, job.bars)

    def _add(self, found, key, engine, grid, count):
        """One measurement, unless an earlier one came to nothing."""
        if isinstance(found.get(key), str):
            return
        say(f"{engine}: {len(GRIDS[grid].sets):,} x {count:,} ({grid})")
        try:
            figures = measure(engine, self._folder, grid, count, self._patience_s)
            wrong = difference(engine, figures, self._answer(grid, count))
        except NotRunError as error:
            found[key] = f"not run: {error}"
            return
        if wrong:
            found[key] = f"wrong: {wrong}"
            return
        found.setdefault(key, []).append(figures)

    def _answer(self, grid, count):
        if (grid, count) not in self._answers:
            self._answers[grid, count] = exact_answer(bars(count), GRIDS[grid])
        return self._answers[grid, count]

    def sections(self, header, *, whole):
        """What was measured, as lines of Markdown by the name of their section; of a `whole` comparison what is aimed at, too."""
        sections = {
            name: [header, "", *self._answer_line(name), "", *job_table(JOBS[name], found)]
            for name, found in self.found.items()
        }
        if self.grown:
            rows = [(*GROWTH[place], turns) for place, turns in self.grown.items()]
            sections["growth"] = [header, "", *growth_table(rows)]
        if whole:
            grown = [self.grown.get(place) for place in range(len(GROWTH))]
            sections["targets"] = [header, "", *targets_table(self.found, grown)]
        return sections

    def _answer_line(self, name):
        job = JOBS[name]
        if (job.grid, job.bars) in self._answers:
            trades, profit = self._answers[job.grid, job.bars]
            yield f"The exact answer: {trades:,} trades, {profit:.4f}."


def main():
    """Reads the options, measures, prints and writes."""
    asked = _options().parse_args()
    asked.folder.mkdir(exist_ok=True)
    began, comparison = time.monotonic(), Comparison(asked.folder, asked.patience)
    names = asked.only or ORDER
    warm_up(asked.folder, names, asked.patience)
    for turn in range(asked.turns):
        for name in names:
            if time.monotonic() - began < 60 * asked.minutes:
                comparison.take_turn(name)
        sections = comparison.sections(f"{machine()}.", whole=not asked.only)
        if asked.write:
            asked.write.write_text(replace_sections(asked.write.read_text(), sections))
        say(f"turn {turn + 1} done after {(time.monotonic() - began) / 60:.1f} minutes")
    for name, lines in sections.items():
        sys.stdout.write("\n".join([f"### {name}", "", *lines, "", ""]))


def _options():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--folder", type=Path, default=Path(".bench"), help="for data, environments and results")
    options.add_argument("--turns", type=int, default=3)
    options.add_argument("--minutes", type=float, default=15, help="no job begins after that")
    options.add_argument("--patience", type=float, default=180, help="seconds for one process")
    options.add_argument("--only", action="append", choices=[*JOBS, "growth"], help="a part; may be said several times")
    options.add_argument("--write", type=Path, help="a Markdown file with a marked place for each table")
    return options


def warm_up(folder, names, patience_s):
    """Runs each engine once, so that byte code and compiled functions are in their caches."""
    engines = [OWN] if names == ["growth"] else engine_names("one")
    for engine in engines:
        say(f"warming up {engine}")
        try:
            measure(engine, folder, "one", 10_000, patience_s)
        except NotRunError as error:
            say(f"{engine}: {error}")


def say(line):
    """A line on stderr: how far it is."""
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    main()
