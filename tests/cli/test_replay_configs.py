"""T6 on every config that ships: with everything traced, every portfolio is replayed to the byte."""

import json

import pytest
from typer.testing import CliRunner

from cli.app import app
from tests.run_command import ROOT, run

CONFIGS = sorted((ROOT / "configs").rglob("*.yaml"))
EVERYTHING = "trace_settings.container_settings.*.mode=full"


@pytest.mark.slow
@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_t6_every_shipped_config_is_replayed(config, tmp_path):
    outcome = run(config, "--output", tmp_path / "results", "--quiet", "--set", EVERYTHING)
    assert outcome.exit_code == 0, outcome.stderr
    again = CliRunner().invoke(app, ["replay", str(tmp_path / "results"), "--json"])
    assert again.exit_code == 0, again.stderr
    verdicts = json.loads(again.stdout)
    assert any(verdict["outcome"] == "replayed" for verdict in verdicts) or config.stem == "dynamic"
    for verdict in verdicts:
        assert verdict["outcome"] == "replayed" or verdict["reason"]
