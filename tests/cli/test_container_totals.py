"""How many containers run, are done, failed: one count, wherever and whenever it is said (rule L10)."""

import json
import signal
import subprocess
import threading
from functools import partial

import pytest

from engine.orchestration.board import ContainerCounts, Progress, make_board
from engine.orchestration.shards import Shard
from tests.cli.inspect_command import inspect
from tests.lanes import write_lanes
from tests.run_command import COMMAND, ROOT, changed, read_json, results_of, run
from tests.run_configs import write_config

STATUSES = ("running", "completed", "failed", "interrupted")

MANY = """
name: many
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: BARS}}
  - {id: broker, type: execution, commission: {name: percent, percent: 0.1}}
  - {id: feats, type: feature, inputs: [data_x], features: {quick: {indicator: SMA, timeperiod: 4}}}
  - id: "p_{fast}_{slow}"
    type: portfolio
    inputs: [feats]
    sweep: {fast: {range: {from: 5, to: 19, step: 1}}, slow: {range: {from: 50, to: 145, step: 5}}}
    features: {slow: {indicator: SMA, timeperiod: "{slow}"}}
    strategy: {name: crossover, fast: quick, slow: slow}
    exit: {stop_loss: {percent: 2}}
"""


def looks_of(stderr):
    """The looks of a run with --progress json, in order."""
    return [json.loads(line) for line in stderr.splitlines() if line.startswith("{")]


def check(tree, shown, looks):
    """All that a run said of its containers is the same, and is what their files say."""
    statuses = [result["status"] for id_, result in results_of(tree).items() if id_ != "root_container"]
    counts = {"total": len(statuses), **{status: statuses.count(status) for status in STATUSES}}
    totals = read_json(tree / "root_container" / "metrics.json")["metrics"]
    assert counts == shown["containers"] == read_json(tree / "run.json")["containers"]
    assert counts == {"total": totals["containers"], **{status: totals[status] for status in STATUSES}}
    for look in looks:
        assert look["running"] + look["done"] + look["failed"] + look["interrupted"] == look["containers"]
        assert look["containers"] == counts["total"]
    last = looks[-1]
    assert (last["running"], last["done"], last["failed"], last["interrupted"]) == tuple(counts.values())[1:]
    done = [look["done"] for look in looks]
    assert done == sorted(done)
    return counts


@pytest.fixture
def eager(monkeypatch):
    """Every look is shown, and every shard writes down how far it is."""
    monkeypatch.setattr("cli.render.progress.JsonLines.every_s", 0.0)
    monkeypatch.setattr("engine.orchestration.crew._LOOK_S", 0.0)


@pytest.mark.parametrize("sizes", [None, [1], [2, 1]])
def test_failures_in_shards_and_shared_containers_are_counted_once(tmp_path, monkeypatch, eager, sizes):
    def parcels(plan, workers, _batch):
        lanes = [planned.lane for planned in plan.of_type("portfolio")]
        if sizes is None:
            return []
        places = range(0, len(lanes), sizes[0])
        return [Shard(n, tuple(lanes[place : place + sizes[0]])) for n, place in enumerate(places)]

    monkeypatch.setattr("engine.orchestration.run.parcel", parcels)
    config = write_lanes(tmp_path, ["hears", "fails", "holds", "is_struck", "crosses", "fails_at_once"])
    outcome = run(config, "-o", tmp_path / "out", "--workers", 1, "--progress", "json", "--json")
    looks = looks_of(outcome.stderr)
    counts = check(tmp_path / "out", json.loads(outcome.stdout), looks)
    assert (counts["failed"], counts["completed"] + counts["failed"]) == (4, counts["total"])
    assert len(looks) > 5
    headline = inspect(tmp_path / "out").stdout.splitlines()[0]
    assert f", {counts['total']} containers" in headline


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_303_containers_are_303_whoever_simulates_them(tmp_path, eager, workers):
    config = write_config(tmp_path, MANY.replace("BARS", "400"))
    options = (
        "--workers",
        workers,
        "--progress",
        "json",
        "--json",
        "--path",
        "event",
    )  # the kernel does all at the last step
    outcome = run(config, "-o", tmp_path / "out", *options)
    looks = looks_of(outcome.stderr)
    assert check(tmp_path / "out", json.loads(outcome.stdout), looks)["total"] == 303
    assert any(0 < look["done"] < 303 for look in looks)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_run_says_how_many_were_interrupted(tmp_path, workers):
    config = write_config(tmp_path, MANY.replace("BARS", "6000"))
    command = [*COMMAND, config, "-o", tmp_path / "out", "--workers", str(workers), "--progress", "json", "--json"]
    command += ["--path", "python"]  # the compiled kernel would be done before the signal comes
    with subprocess.Popen([*map(str, command)], cwd=ROOT, env=changed({}), stdout=-1, stderr=-1, text=True) as process:
        said = []
        for line in process.stderr:
            said.append(line)
            if '"phase": "simulating"' in line and '"step": 0' not in line:
                break
        threading.Timer(0.2, partial(process.send_signal, signal.SIGINT)).start()
        said += process.stderr
        shown = json.loads(process.stdout.read())
    counts = check(tmp_path / "out", shown, looks_of("".join(said)))
    assert shown["status"] == "interrupted"
    assert counts["interrupted"] > 0
    assert counts["running"] == 0


def test_a_shard_that_begins_again_is_not_counted_twice(tmp_path):
    board = make_board(tmp_path / "board", 2)
    board._rows[1] = (5, 10, 3, 1, 0, 2)
    board._rows[2] = (4, 8, 1, 0, 0, 1)
    assert board.progress() == (9, 18, 4, 1, 0, 3)
    assert board.progress().counts(9) == ContainerCounts(9, 4, 4, 1, 0)
    board.end(0, Progress(9, 12, 4, 1, 0, 0))
    assert board.progress() == (13, 20, 5, 1, 0, 1)
    board.clear(1)
    assert board.progress() == (9, 12, 4, 1, 0, 0)
    board.end(1, Progress(9, 5, 2, 0, 1, 0))
    board.end(1, Progress(3, 5, 0, 1, 0, 0))
    assert board.progress() == (18, 22, 6, 2, 1, 0)
    assert board.progress().counts(9).running == 0
