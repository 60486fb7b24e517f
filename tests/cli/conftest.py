"""Runs that several tests look at, made once a session."""

from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import Result

from tests.run_command import ROOT, run
from tests.run_configs import CROSS, FAILING, FROM_FILE, FULL, SWEEP, write_config


class Finished(NamedTuple):
    """A run that has been: what the command gave, and the tree it wrote."""

    outcome: Result
    tree: Path


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """Runs an example by name, the first time it is asked for."""
    home = tmp_path_factory.mktemp("examples")
    own = {name: write_config(home, text, f"{name}.yaml") for name, text in EXAMPLES.items()}
    configs = {name: ROOT / "configs" / f"{name}.yaml" for name in ("quickstart", "smoke")} | own
    done = {}

    def get(name):
        if name not in done:
            tree = home / f"results_{name}"
            done[name] = Finished(run(configs[name], "--output", tree, "--progress", "none", columns=80), tree)
        return done[name]

    return get


EXAMPLES = {"cross": FROM_FILE, "generated": CROSS, "sweep": SWEEP, "full": FULL, "failing": FAILING}
