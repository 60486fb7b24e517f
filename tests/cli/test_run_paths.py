"""Every shipped config and every form of the design, both ways: the trees differ in run.json alone (rule B2)."""

import pytest

from tests.run_command import ROOT, files_of, run
from tests.run_configs import CROSS, FULL, SWEEP, write_config

CONFIGS = sorted(path for path in (ROOT / "configs").rglob("*.yaml") if "containers:" in path.read_text())
FORMS = {"cross": CROSS, "full": FULL, "sweep": SWEEP}


def trees(config, folder):
    """What each path leaves, run.json aside."""
    for path in ("auto", "event"):
        outcome = run(config, "--output", folder / path, "--path", path, "--workers", "1", "--quiet")
        assert outcome.exit_code in (0, 1), outcome.stderr
    return [files_of(folder / path, without=["run.json"]) for path in ("auto", "event")]


@pytest.mark.slow
@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_b2_a_shipped_config_comes_to_the_same_both_ways(tmp_path, config):
    in_columns, by_event = trees(config, tmp_path)
    assert in_columns == by_event


@pytest.mark.parametrize("name", FORMS)
def test_b2_a_form_of_the_design_comes_to_the_same_both_ways(tmp_path, name):
    in_columns, by_event = trees(write_config(tmp_path, FORMS[name]), tmp_path)
    assert in_columns == by_event
