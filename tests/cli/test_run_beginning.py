"""The process that reads large files is started ahead where a config plainly names one; no result depends on it."""

import os

import pytest

from engine.market.reader_call import Reader
from tests.run_command import run

LARGE = 600_000
DATA = "containers: [{{id: data_x, type: data, source: {{path: {name}, symbol: X}}}}]"


@pytest.fixture
def started(monkeypatch):
    """The processes started by readers."""
    processes, start = [], Reader.start

    def noted(reader):
        processes.append(start(reader))
        return processes[-1]

    monkeypatch.setattr(Reader, "start", noted)
    return processes


@pytest.mark.parametrize("written", ["large.csv", "'large.csv'", '"large.csv"', "{folder}/large.csv"])
def test_a_config_that_names_a_large_file_is_seen_to(tmp_path, started, written):
    (tmp_path / "large.csv").write_text("x" * LARGE)
    config = tmp_path / "run.yaml"
    config.write_text(DATA.format(name=written.format(folder=tmp_path)) + "\nunknown: 1")
    assert run(config, "--output", tmp_path / "out").exit_code == 2
    assert len(started) == 1
    assert started[0].returncode is not None


@pytest.mark.parametrize("written", ["small.csv", "absent.csv", ".", "${NAME}", "'a\\0b'"])
def test_one_that_names_none_starts_no_process(tmp_path, started, written):
    (tmp_path / "small.csv").write_text("x")
    config = tmp_path / "run.yaml"
    config.write_text(DATA.format(name=written) + "\nunknown: 1")
    assert run(config, "--output", tmp_path / "out").exit_code == 2
    assert not started


def test_a_config_that_cannot_be_read_is_refused_as_ever(tmp_path, started):
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe path: x")
    assert run(tmp_path / "bytes.yaml", "--output", tmp_path / "out").exit_code == 2
    assert run(tmp_path / "absent.yaml", "--output", tmp_path / "out").exit_code == 2
    assert not started


def test_a_reading_process_that_cannot_be_started_ahead_is_told_when_it_is_needed(tmp_path, monkeypatch):
    (tmp_path / "large.csv").write_text("timestamp,close\n" + "x" * LARGE)
    config = tmp_path / "run.yaml"
    config.write_text(DATA.format(name="large.csv"))

    def no_more(_):
        raise OSError(11, os.strerror(11))

    monkeypatch.setattr(Reader, "start", no_more)
    outcome = run(config, "--output", tmp_path / "out")
    assert (outcome.exit_code, outcome.stderr) == (3, f"[Errno 11] {os.strerror(11)}\n")
