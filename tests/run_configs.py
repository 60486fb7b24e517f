"""Configs and bars for the tests of `admf run`, written beside each other as a user would."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

CROSS = """
name: cross
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 300, bar_length: 1d}}
  - id: portfolio_1
    type: portfolio
    inputs: [data_x]
    cash: 1000000
    features:
      fast: {indicator: SMA, timeperiod: 10}
      slow: {indicator: SMA, timeperiod: 50}
    strategy: {name: crossover, fast: fast, slow: slow, direction: long}
    sizing: {name: fixed_quantity, quantity: 1}
"""

FROM_FILE = CROSS.replace("{name: synthetic, symbol: X, bars: 300, bar_length: 1d}", "{path: bars.csv, symbol: X}")

SWEEP = """
name: sweep
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 300, bar_length: 1d}}
  - id: "portfolio_{fast}_{slow}"
    type: portfolio
    inputs: [data_x]
    sweep:
      fast: {range: {from: 5, to: 9, step: 1}}
      slow: {range: {from: 7, to: 35, step: 7}}
      where: "fast < slow"
    features:
      fast: {indicator: SMA, timeperiod: "{fast}"}
      slow: {indicator: SMA, timeperiod: "{slow}"}
    strategy: {name: crossover, fast: fast, slow: slow, direction: long}
    sizing: {name: fixed_quantity, quantity: 1}
trace_settings:
  container_settings:
    "portfolio_*": {enabled: true, events_to_trace: [POSITION_OPEN, POSITION_CLOSE, FILL]}
    "*": {enabled: false}
"""

FULL = """
name: full
environment: development
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 300, bar_length: 1d}}
  - id: features_core
    type: feature
    inputs: [data_x]
    features:
      fast: {indicator: SMA, timeperiod: 10}
      slow: {indicator: SMA, timeperiod: 50}
      rsi: {indicator: RSI, timeperiod: 14}
  - id: strategy_momentum
    type: strategy
    inputs: [features_core]
    strategy: {name: crossover, fast: fast, slow: slow, direction: both}
  - id: execution_1
    type: execution
    commission: {name: per_share, amount: 0.005, minimum: 1.0}
    slippage: {name: basis_points, bps: 1}
  - id: portfolio_1
    type: portfolio
    inputs: [strategy_momentum]
    execution: execution_1
    sizing: {name: percent_of_equity, percent: 50}
    event_tracing: {mode: minimal, events_to_trace: [POSITION_OPEN, POSITION_CLOSE, FILL]}
  - id: portfolio_2
    type: portfolio
    inputs: [strategy_momentum]
    execution: execution_1
    sizing: {name: fixed_notional, notional: 10000}
    event_tracing: {mode: full, events_to_trace: ALL, storage_backend: disk}
  - id: signal_analyzer
    type: analysis
    inputs: [data_x, features_core, strategy_momentum, portfolio_1, portfolio_2]
    event_tracing: {mode: full, storage_config: {compression: true, max_file_size_mb: 100}}
trace_settings:
  default: {enabled: false}
development:
  trace_settings:
    overrides:
      - {pattern: "strategy_*", events_to_trace: [SIGNAL], retention_policy: sliding_window, max_events: 5}
production:
  trace_settings:
    container_settings:
      "*": {enabled: false}
"""

FAILING = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 300, bar_length: 1d}}
  - {id: holds, type: portfolio, inputs: [data_x], strategy: {name: buy_and_hold}, event_tracing: {mode: full}}
  - id: raises
    type: portfolio
    inputs: [data_x]
    strategy: {name: strategies_of_a_user.Raises, at: 60}
    event_tracing: {mode: full}
  - {id: returns_nan, type: portfolio, inputs: [data_x], strategy: {name: strategies_of_a_user.nothing_known}}
  - {id: babbles, type: portfolio, inputs: [data_x], strategy: {name: strategies_of_a_user.Babbles}}
"""

STRATEGIES = """
import numpy as np


class Raises:
    def __init__(self, at):
        self.left = at

    def on_bar(self, bar, features, position):
        self.left -= 1
        if self.left < 0:
            raise ValueError("the market is closed\\nand the rest of it \\x1b[31m")
        return "long"


class Babbles:
    def on_bar(self, bar, features, position):
        return "sideways"


def nothing_known(columns):
    return np.full(len(columns["close"]), np.nan)
"""


def write_bars(path, n=300, seed=5):
    """Daily bars of a seeded walk, as a CSV file that needs no further keys."""
    draw = np.random.default_rng(seed)
    close = np.round(100.0 * np.exp(np.cumsum(draw.normal(0.0, 0.02, n))), 4)
    open_ = np.concatenate(([100.0], close[:-1]))
    lines = ["timestamp,open,high,low,close,volume"]
    for number, (first, last) in enumerate(zip(open_.tolist(), close.tolist(), strict=True)):
        day = date(2020, 1, 1) + timedelta(number)
        lines.append(f"{day},{first},{max(first, last)},{min(first, last)},{last},{1000 + number}")
    path.write_text("\n".join(lines) + "\n")


def write_config(folder, text=CROSS, name="config.yaml"):
    """A config in a folder with bars and strategies beside it; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "bars.csv").exists():
        write_bars(folder / "bars.csv")
    (folder / "strategies_of_a_user.py").write_text(STRATEGIES)
    (folder / name).write_text(text)
    return folder / name
