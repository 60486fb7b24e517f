"""SIGKILL, and what a dead run leaves to the next one (promises 1 and 22)."""

import os
import signal
import time

import numpy as np
import pytest

from tests.fault.long_runs import LONG, check_tree, hanging, started
from tests.run_command import files_of, read_json, run
from tests.run_configs import write_config
from tracing.reading.reader import TraceReader

TRIALS = 10


@pytest.mark.slow
def test_1_a_run_killed_at_any_instant_leaves_whole_files_and_is_done_again(tmp_path):
    seed = int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}")  # noqa: T201 - so that a failure can be repeated
    draw = np.random.default_rng(seed)
    config = write_config(tmp_path, LONG.format(bars=60_000))
    began = time.monotonic()
    with started(config, tmp_path / "whole", "--quiet") as process:
        assert process.wait() == 0
    lasted = time.monotonic() - began
    whole = files_of(tmp_path / "whole", without=["run.json"])
    events = list(TraceReader(tmp_path / "whole" / "traced"))
    ends = set()
    for trial in range(TRIALS):
        tree = tmp_path / f"out_{trial}"
        with started(config, tree, "--quiet") as process:
            time.sleep(draw.uniform(0.0, lasted))
        ends.add(process.returncode)
        check_tree(tree, torn=True)
        left = list(TraceReader(tree / "traced"))
        assert left == events[: len(left)]
        again = run(config, "--output", tree, "--quiet", "--overwrite")
        assert again.exit_code == 0
        assert files_of(tree, without=["run.json"]) == whole
    assert -signal.SIGKILL in ends


def test_22_a_second_run_into_the_folder_is_refused_and_told_by_whom(tmp_path):
    with hanging(tmp_path) as first:
        for options in ((), ("--overwrite",)):
            outcome = run(tmp_path / "hanging.yaml", "--output", tmp_path / "out", *options)
            assert outcome.exit_code == 2
            assert outcome.stderr == f"{tmp_path}/out is in use by another run, process {first.pid}\n"
            assert read_json(tmp_path / "out" / "run.json")["status"] == "running"


def test_22_a_dead_holder_never_blocks(tmp_path):
    with hanging(tmp_path):
        pass
    config = write_config(tmp_path)
    assert run(config, "--output", tmp_path / "out").exit_code == 2
    assert run(config, "--output", tmp_path / "out", "--overwrite", "--quiet").exit_code == 0
    assert not (tmp_path / "out" / "hangs").exists()
