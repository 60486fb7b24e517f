"""What is aimed at, beside what was measured in the same run."""

from __future__ import annotations

from engines import OWN
from tables import median, ratio

ALL = "admf, ALL"
COLUMN_MB = 8 / (1 << 20)
THOUSAND_COLUMNS = 6 + 40 + 25
"""Stamps, prices and volume, and the averages of the thousand portfolios."""


def targets_table(found, grown):
    """Lines of Markdown; `found` are the turns of engines by job, `grown` those of the growth table in its order."""
    yield "| aimed at | measured |"
    yield "|---|---|"
    for what, figure in _targets(found, grown):
        try:
            yield f"| {what} | {figure()} |"
        except (TypeError, KeyError):  # a text in the place of turns
            yield f"| {what} | not measured |"


def _targets(found, grown):
    def beside(job, peer, key, own=OWN):
        return f"{ratio(found[job][peer], found[job][own], key):.2f}"

    yield "1000x10k: 5 times vectorbt's portfolio-bars/s, better 10", lambda: beside("1000x10k", "vectorbt", "run_s")
    yield "1000x10k: a quarter of vectorbt's whole process", lambda: beside("1000x10k", "vectorbt", "process_s")
    yield "the same by CPU seconds", lambda: beside("1000x10k", "vectorbt", "cpu_s")
    yield "1000x10k: a sixth of vectorbt's memory, better a tenth", lambda: beside("1000x10k", "vectorbt", "peak_mb")
    yield "1000x100k: columns plus 60 MB", lambda: _beyond_columns(found["1000x100k"][OWN])
    yield "1x100k ALL: backtesting.py untraced, by simulation", lambda: beside("1x100k", "backtesting.py", "run_s", ALL)
    yield "the same by whole process", lambda: beside("1x100k", "backtesting.py", "process_s", ALL)
    yield "1x500k: 20 times backtesting.py by simulation", lambda: beside("1x500k", "backtesting.py", "run_s")
    yield "1x500k: 5 times backtesting.py by whole process", lambda: beside("1x500k", "backtesting.py", "process_s")
    for what, few, many in (("bars", 1, 2), ("portfolios", 3, 4), ("trades", 5, 6)):
        yield f"ten times the {what}: at most 10 times as long, within 10%", lambda a=few, b=many: _growth(grown, a, b)
    yield "10,000 x 10k in one process: below 500 MB", lambda: f"{median(grown[4], 'peak_mb'):.0f} MB"


def _beyond_columns(turns):
    columns = THOUSAND_COLUMNS * 100_000 * COLUMN_MB
    return f"columns ({columns:.0f} MB) plus {median(turns, 'peak_mb') - columns:.0f} MB"


def _growth(grown, few, many):
    trades = grown[many][0]["trades"] / grown[few][0]["trades"]
    run_s = median(grown[many], "run_s") / median(grown[few], "run_s")
    cpu_s = median(grown[many], "cpu_s") / median(grown[few], "cpu_s")
    return f"{run_s:.1f} times the simulation, {cpu_s:.1f} times the CPU of the whole process, {trades:.1f} times the trades"
