"""Runs that last long enough to be disturbed, in processes of their own."""

from __future__ import annotations

import subprocess
import time
from contextlib import contextmanager

from tests.run_command import COMMAND, changed, read_json
from tracing.reading.reader import TraceReader

LONG = """
name: long
containers:
  - {{id: data_x, type: data, source: {{name: synthetic, symbol: X, bars: {bars}, bar_length: 1m}}}}
  - id: traced
    type: portfolio
    inputs: [data_x]
    features:
      fast: {{indicator: SMA, timeperiod: 5}}
      slow: {{indicator: SMA, timeperiod: 20}}
    strategy: {{name: crossover, fast: fast, slow: slow, direction: both}}
    event_tracing: {{mode: full}}
  - {{id: holds, type: portfolio, inputs: [data_x], strategy: {{name: buy_and_hold}}}}
results: {{trades: true}}
"""
HANGING = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 400}}
  - {id: hangs, type: portfolio, inputs: [data_x], strategy: {name: hanging.Hangs}, event_tracing: {mode: full}}
"""
HANGS = """
import time
from pathlib import Path

class Hangs:
    bars = 0

    def on_bar(self, bar, features, position):
        self.bars += 1
        if self.bars == 300:
            (Path(__file__).parent / "hanging").touch()
            time.sleep(60)
"""


@contextmanager
def started(config, tree, *options):
    """`admf run` under way, with pipes for stdout and stderr; killed if it still is at the end."""
    command = [*COMMAND, str(config), "--output", str(tree), *options]
    with subprocess.Popen(
        command, env=changed({}), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def hanging(folder):
    """A run into `folder`/out whose strategy does not return; it does hang when this is entered."""
    (folder / "hanging.py").write_text(HANGS)
    (folder / "hanging.yaml").write_text(HANGING)
    with started(folder / "hanging.yaml", folder / "out", "--progress", "none") as process:
        deadline = time.monotonic() + 30.0
        while not (folder / "hanging").exists():
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield process


def check_tree(tree, *, torn=False):
    """Every metrics.json that is there is whole, every events file a gap-free prefix; `torn`: its tail may be torn.

    Returns the results by id.
    """
    results = {path.parent.name: read_json(path) for path in tree.glob("*/metrics.json")}
    for folder in (path for path in tree.glob("*") if path.is_dir()):
        for stem in ("events", "trades"):
            reader = TraceReader(folder, stem)
            assert [event["seq"] for event in reader] == list(range(reader.count))
            assert reader.damage is None or (torn and "ends inside a gzip member" in reader.damage.reason)
            if stem == "events" and folder.name in results:
                written = results[folder.name]["tracing"]["written"]
                unfinished = results[folder.name]["status"] == "running"  # a snapshot: more may have been written since
                assert reader.count >= written if unfinished else reader.count == written
    return results
