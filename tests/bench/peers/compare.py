"""admf beside vectorbt, backtesting.py, numba and numpy on the same work: `python tests/bench/peers/compare.py`.

Makes an environment of its own for each peer below `--folder` (needs network once), writes the bars there, runs every engine
on every workload side by side, turn after turn, checks each answer, and prints docs/performance.md's tables as Markdown.
Figures are medians; a ratio is the median of the ratios within one turn.
"""

import argparse
import json
import platform
import shutil
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path

from work import bars, exact_answer, pairs_of, write

HERE = Path(__file__).parent
PEERS = {
    "vectorbt": ("vectorbt_grid.py", ["vectorbt==1.2.0"]),
    "backtesting.py": ("backtesting_py.py", ["backtesting==0.6.6"]),
    "numba": ("numba_loop.py", ["numba==0.68.1"]),
    "numpy": ("numpy_columns.py", ["numpy>=2"]),
}
WORKLOADS = [(1, 100_000), (1, 500_000), (100, 10_000), (1000, 10_000), (1000, 100_000)]
BEYOND = {("vectorbt", 1000, 100_000), ("backtesting.py", 1000, 10_000), ("backtesting.py", 1000, 100_000)}
"""What would take minutes, or more memory than most machines have."""
CONFIG = """
containers:
  - {{id: data_x, type: data, source: {{path: {csv}, symbol: X}}}}
  - id: "portfolio_{{fast}}_{{slow}}"
    type: portfolio
    inputs: [data_x]
    cash: 1000000
    sweep: {{fast: {fast}, slow: {slow}}}
    features:
      fast: {{indicator: SMA, timeperiod: "{{fast}}"}}
      slow: {{indicator: SMA, timeperiod: "{{slow}}"}}
    strategy: {{name: crossover, fast: fast, slow: slow, direction: long}}
    sizing: {{name: fixed_quantity, quantity: 1}}
    {tracing}
"""
OWN = "admf, minimal"
TRACING = {"minimal": "event_tracing: {mode: minimal}", "ALL": "event_tracing: {mode: full}"}


def say(line):
    sys.stderr.write(f"{line}\n")


def environment(folder, name):
    """The interpreter of an environment that has the peer; made the first time."""
    python = folder / "environments" / name / "bin" / "python"
    if not python.exists():
        say(f"making the environment of {name}")
        venv.create(folder / "environments" / name, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS[name][1]], check=True)
    return python


def timed(command):
    """What a process printed as JSON, with the seconds it took in all."""
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1]) | {"process_s": time.perf_counter() - began}


def admf(folder, pairs, count, mode):
    """One run of `admf run` in one process, as a user would start it."""
    fast, slow = (sorted({pair[k] for pair in pairs}) for k in (0, 1))
    config = folder / "config.yaml"
    csv = folder / f"{count}.csv"
    config.write_text(CONFIG.format(csv=csv.resolve(), fast=fast, slow=slow, tracing=TRACING[mode]))
    results = folder / "results"
    shutil.rmtree(results, ignore_errors=True)
    run = ["-m", "cli", "run", config, "--output", results, "--workers", "1", "--json", "--quiet"]
    said = timed([sys.executable, *run])
    with (results / "root_container" / "metrics.json").open() as file:
        profit = json.load(file)["metrics"]["total_pnl"]
    figures = {"run_s": said["sim_s"], "peak_mb": said["peak_rss_mb"], "trades": said["trades"], "profit": profit}
    return figures | {"process_s": said["process_s"]}


LOOSE = {"backtesting.py": 0.02}
"""Shares by which a profit may differ: backtesting.py closes what is open at the last bar's open, not at its close."""


def check(name, figures, exact):
    """The answer is right, but for ties that averages in floating point decide differently."""
    trades, profit = exact
    allowed = 0.1 + abs(profit) * LOOSE.get(name, 0.001)
    if abs(figures["trades"] - trades) > 1 + trades // 1000 or abs(figures["profit"] - profit) > allowed:
        raise SystemExit(f"{name} made {figures['trades']} trades for {figures['profit']:.4f}: expected {exact}")


def one_turn(folder, portfolios, count, exact):
    """The figures of every engine on one workload, side by side."""
    npz, figures = write(folder, count), {}
    for mode in TRACING:
        if mode == "minimal" or portfolios == 1:
            figures[f"admf, {mode}"] = admf(folder, pairs_of(portfolios), count, mode)
    for name, (script, _) in PEERS.items():
        if (name, portfolios, count) not in BEYOND:
            figures[name] = timed([environment(folder, name), HERE / script, npz, str(portfolios)])
    for name, each in figures.items():
        check(name, each, exact)
    return figures


def table(portfolios, count, turns):
    """One workload as Markdown."""
    yield f"### {portfolios:,} x {count:,}"
    yield ""
    yield "| engine | simulation s | portfolio-bars/s | admf faster by | whole process s | admf faster by | peak MB | of admf |"
    yield "|---|---|---|---|---|---|---|---|"
    for name in turns[0]:

        def median(key, name=name):
            return statistics.median(turn[name][key] for turn in turns)

        def ratio(key, name=name):
            return statistics.median(turn[name][key] / turn[OWN][key] for turn in turns)

        run_s = median("run_s")
        yield (
            f"| {name} | {run_s:.3f} | {portfolios * count / run_s / 1e6:.2f}M | {ratio('run_s'):.2f} | "
            f"{median('process_s'):.2f} | {ratio('process_s'):.2f} | {median('peak_mb'):.0f} | {ratio('peak_mb'):.2f} |"
        )
    yield ""


HASTY = [(fast, slow) for fast in range(2, 6) for slow in range(6, 31)]
"""A hundred portfolios that trade many times as often."""


def growth(folder, turns):
    """How admf's time and memory grow with bars, portfolios and trades, as Markdown."""
    yield "| portfolios | bars | trades | simulation s | ns per portfolio-bar | whole process s | peak MB |"
    yield "|---|---|---|---|---|---|---|"
    grids = [(pairs_of(100), 10_000), (pairs_of(100), 100_000), (HASTY, 100_000), (pairs_of(100), 1_000_000)]
    for pairs, count in (*grids, (pairs_of(1000), 10_000), (pairs_of(1000), 100_000)):
        write(folder, count)
        runs = [admf(folder, pairs, count, "minimal") for _ in range(turns)]
        run_s, process_s, peak = (
            statistics.median(run[key] for run in runs) for key in ("run_s", "process_s", "peak_mb")
        )
        yield (
            f"| {len(pairs):,} | {count:,} | {runs[0]['trades']:,} | {run_s:.3f} | "
            f"{run_s / len(pairs) / count * 1e9:.0f} | {process_s:.2f} | {peak:.0f} |"
        )
    yield ""


def main():
    """Reads the options and prints the tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--folder", type=Path, default=Path(".bench"), help="for data, environments and results")
    options.add_argument("--turns", type=int, default=3)
    options.add_argument("--only", type=int, nargs=2, action="append", metavar=("PORTFOLIOS", "BARS"))
    asked = options.parse_args()
    asked.folder.mkdir(exist_ok=True)
    show([f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {asked.turns} turns", ""])
    for portfolios, count in map(tuple, asked.only or WORKLOADS):
        say(f"{portfolios} x {count}")
        exact = exact_answer(bars(count), pairs_of(portfolios))
        turns = [one_turn(asked.folder, portfolios, count, exact) for _ in range(asked.turns)]
        show(table(portfolios, count, turns))
    show(["### Growth", "", *growth(asked.folder, asked.turns)])


def show(lines):
    """Prints lines of Markdown as they come."""
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
