"""A writer killed at a random instant leaves whole members and at most one torn one (S1, promise 1)."""

import os
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.run_command import ROOT
from tracing.reading.reader import TraceReader

TRIALS = 8
WRITER = """
import sys
from pathlib import Path
from engine.events import Bar
from tracing.storage.disk import DiskStorage
from tracing.tracer import EventTracer
tracer = EventTracer("t", DiskStorage(Path(sys.argv[1]), member_bytes=2000), retention_policy="none")
print("ready", flush=True)
n = 0
while True:
    tracer.observe(Bar(n, "d", f"d:BAR:{n}", None, None, "X", 1.0, 2.0, 0.5, 1.5, 10.0))
    n += 1
"""


@pytest.mark.slow
def test_1_a_writer_killed_at_any_instant_leaves_a_prefix_without_gaps(tmp_path):
    seed = int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}")  # noqa: T201 - so that a failure can be repeated
    draw = np.random.default_rng(seed)
    for trial in range(TRIALS):
        folder = tmp_path / str(trial)
        command = [sys.executable, "-c", WRITER, str(folder)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            time.sleep(0.05 + draw.uniform(0.0, 0.2))
            process.kill()
        reader = TraceReader(folder)
        assert [event["seq"] for event in reader] == list(range(reader.count))
        assert reader.count > 0
        assert reader.damage is None or "ends inside a gzip member" in reader.damage.reason
