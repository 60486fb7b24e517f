"""Each engine as a process of its own: environments, commands, and what a process took."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

from work import GRIDS, write

HERE = Path(__file__).parent
PEERS = {
    "vectorbt": ("vectorbt_grid.py", ["vectorbt==1.2.0", "TA-Lib"]),
    "backtesting.py": ("backtesting_py.py", ["backtesting==0.6.6", "TA-Lib"]),
    "numba": ("numba_loop.py", ["numba==0.68.1"]),
    "numpy": ("numpy_columns.py", ["numpy>=2"]),
}
BOUNDS = ("numba", "numpy")
"""No engines, but this one strategy by hand."""

OWN = "admf, minimal"
TRACING = {OWN: "{mode: minimal}", "admf, ALL": "{mode: full}"}

CONFIG = """
containers:
  - {{id: data_x, type: data, source: {{path: {csv}, symbol: X}}}}
  - id: "portfolio_{{first}}{second}"
    type: portfolio
    inputs: [data_x]
    cash: 1000000
    sweep: {{{sweep}}}
    {rules}
    event_tracing: {tracing}
"""
RULES = {
    "crossover": """features:
      fast: {indicator: SMA, timeperiod: "{first}"}
      slow: {indicator: SMA, timeperiod: "{second}"}
    strategy: {name: crossover, fast: fast, slow: slow, direction: long}
    sizing: {name: fixed_quantity, quantity: 1}""",
    "rsi": """features:
      rsi: {indicator: RSI, timeperiod: "{first}"}
    strategy: {name: rsi_reversion, rsi: rsi, low: "{second}", direction: long}
    sizing: {name: fixed_quantity, quantity: 1}""",
    "hold": """strategy: {name: buy_and_hold}
    sizing: {name: fixed_quantity, quantity: "{first}"}""",
}


class NotRunError(RuntimeError):
    """An engine that gave no figures, and why."""


def engine_names(grid):
    """The engines that can do a grid, admf's two ways first."""
    bounds = BOUNDS if GRIDS[grid].strategy == "crossover" else ()
    return [*TRACING, *(name for name in PEERS if name not in BOUNDS or name in bounds)]


def measure(name, folder, grid, count, patience_s):
    """What an engine took for a grid over so many bars: simulation, process and CPU in seconds, peak MB, trades, profit.

    Raises:
        NotRunError: if there is no such engine here, if it fails, or if it takes longer than `patience_s`.
    """
    npz = write(folder, count)
    if name in TRACING:
        return _admf(folder, grid, count, name, patience_s)
    return _timed([_environment(folder, name), HERE / PEERS[name][0], npz, grid], patience_s)


def _environment(folder, name):
    """The interpreter of an environment that has the peer; made the first time."""
    place = folder / "environments" / name
    python, complete = place / "bin" / "python", place / "complete"
    if not complete.exists():
        sys.stderr.write(f"making the environment of {name}\n")
        venv.create(place, with_pip=True, clear=True)
        install = [python, "-m", "pip", "install", "-q", *PEERS[name][1]]
        done = subprocess.run(install, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotRunError(f"cannot be installed: {_last_line(done.stderr)}")
        complete.touch()
    return python


def _timed(command, patience_s):
    """What a process printed as JSON, with the wall and CPU seconds that it and its children took."""
    # Peers come with their byte code; without this admf would be compiled anew in every process.
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=patience_s, env=variables)
    except subprocess.TimeoutExpired:
        raise NotRunError(f"took more than {patience_s} s") from None
    except subprocess.CalledProcessError as error:
        raise NotRunError(f"failed: {_last_line(error.stderr)}") from None
    process_s, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout.splitlines()[-1]) | {"process_s": process_s, "cpu_s": cpu_s}


def _last_line(text):
    lines = text.strip().splitlines()
    return lines[-1] if lines else "without a word"


def _admf(folder, grid, count, name, patience_s):
    """One run of `admf run` in one process, as a user would start it."""
    config, results = folder / "config.yaml", folder / "results"
    config.write_text(_config(folder, grid, count, name))
    shutil.rmtree(results, ignore_errors=True)
    run = ["-m", "cli", "run", config, "--output", results, "--workers", "1", "--json", "--quiet"]
    said = _timed([sys.executable, *run], patience_s)
    with (results / "root_container" / "metrics.json").open() as file:
        profit = json.load(file)["metrics"]["total_pnl"]
    written = sum(1 for _ in results.glob("portfolio_*/metrics.json"))
    if written != len(GRIDS[grid].sets):
        raise NotRunError(f"wrote {written} metrics.json")
    shutil.rmtree(results)
    figures = {"run_s": said["sim_s"], "peak_mb": said["peak_rss_mb"], "trades": said["trades"], "profit": profit}
    return figures | {"process_s": said["process_s"], "cpu_s": said["cpu_s"]}


def _config(folder, grid, count, name):
    strategy, values = GRIDS[grid]
    swept = zip(("first", "second"), values, strict=False)
    return CONFIG.format(
        csv=(folder / f"{count}.csv").resolve(),
        sweep=", ".join(f"{parameter}: {list(each)}" for parameter, each in swept),
        second="_{second}" if len(values) > 1 else "",
        rules=RULES[strategy],
        tracing=TRACING[name],
    )
