"""Features of a run, each with each: whatever is combined completes, adds up, and does not depend on how it is computed.

Every two values of different features meet in one of the configs. A hundred of them run in CI, the default suite takes a part.
"""

import json
import shutil

import pytest
from typer.testing import CliRunner

from cli.app import app
from engine.orchestration.shards import Shard
from tests.pairwise import CODE, FEATURES, MODULE, ON_KERNEL, config, covering
from tests.run_command import files_of, read_json, results_of, run, run_process

KERNEL = {name: {value: FEATURES[name][value] for value in ON_KERNEL.get(name, FEATURES[name])} for name in FEATURES}
ALL = [*covering(FEATURES, seed=1), *covering(KERNEL, seed=2)]
SOME = ALL[::16]
CENT = 1e-9


def name_of(choice):
    return ", ".join(value for value in choice.values())


def one_lane_a_shard(plan, workers, _batch):
    return [Shard(number, (planned.lane,)) for number, planned in enumerate(plan.of_type("portfolio"))]


def written(folder, choice):
    (folder / f"{MODULE}.py").write_text(CODE)
    path = folder / "pairwise.yaml"
    path.write_text(config(choice))
    return path


def ran(path, out, *options):
    """What a run in this process says in the end, and its files but for run.json."""
    outcome = run(path, "--output", out, "--progress", "none", "--json", "--workers", 1, *options)
    assert outcome.exit_code == 0, outcome.stderr
    assert all(line.startswith("warning: ") for line in outcome.stderr.splitlines())
    return json.loads(outcome.stdout), files_of(out, without=["run.json"])


@pytest.mark.parametrize("choice", SOME, ids=name_of)
def test_features_combine(tmp_path, monkeypatch, choice):
    check(tmp_path, monkeypatch, choice)


@pytest.mark.slow
@pytest.mark.parametrize("choice", [choice for choice in ALL if choice not in SOME], ids=name_of)
def test_every_two_features_combine(tmp_path, monkeypatch, choice):
    path, files = check(tmp_path, monkeypatch, choice)
    done = run_process(path, "--output", tmp_path / "two", "--workers", 2, "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert files_of(tmp_path / "two", without=["run.json"]) == files


def check(tmp_path, monkeypatch, choice):
    path = written(tmp_path, choice)
    printed, files = ran(path, tmp_path / "auto")
    by_event, others = ran(path, tmp_path / "event", "--path", "event")
    assert others == files
    with monkeypatch.context() as patch:
        patch.setattr("engine.orchestration.run.parcel", one_lane_a_shard)
        in_shards, others = ran(path, tmp_path / "shards")
    assert others == files
    for key in ("status", "plan_hash", "containers", "bars", "trades"):
        assert printed[key] == by_event[key] == in_shards[key], key
    assert printed["events"] == in_shards["events"]  # on the kernel, those that are only counted are not published
    results = results_of(tmp_path / "auto")
    assert {result["status"] for result in results.values()} == {"completed"}
    check_counts(printed, results, read_json(tmp_path / "auto" / "run.json"))
    for result in results.values():
        check_sums(result)
        if result["type"] == "portfolio":
            check_conserved(result["metrics"])
    replayed = CliRunner().invoke(app, ["replay", str(tmp_path / "auto"), "--json"])
    verdicts = {verdict["container_id"]: verdict for verdict in json.loads(replayed.stdout)}
    whole = [id_ for id_, result in results.items() if is_whole(result)]
    assert {id_: verdicts[id_]["outcome"] for id_ in whole} == dict.fromkeys(whole, "replayed"), replayed.stdout
    assert replayed.exit_code == 0
    for name in ("event", "shards"):
        shutil.rmtree(tmp_path / name)
    return path, files


def is_whole(result):
    """Whether a portfolio streams all it sees from the first step."""
    settings = result["trace_settings"]
    traces_all = settings["enabled"] and settings["events_to_trace"] == "ALL" and settings["storage_backend"] == "disk"
    return result["type"] == "portfolio" and traces_all and not settings["dynamic_rules"]


def check_counts(printed, results, record):
    """run.json, the closing object and the root say the same of the containers and the trades (L10)."""
    portfolios = [result["metrics"] for result in results.values() if result["type"] == "portfolio"]
    root = results["root_container"]["metrics"]
    assert record["status"] == "completed"
    assert root["containers"] == root["completed"] == printed["containers"]["total"] == len(results) - 1
    assert (root["portfolios"], printed["containers"]["failed"]) == (len(portfolios), 0)
    assert root["total_trades"] == printed["trades"] == sum(each["total_trades"] for each in portfolios)
    assert root["fills"] == sum(each["fills"] for each in portfolios)


def check_sums(result):
    """K5."""
    counts = result["tracing"]
    assert counts["seen"] == counts["filtered"] + counts["kept"] + counts["refused"]
    in_memory = result["memory_usage"]["events_in_memory"]
    assert counts["kept"] == counts["pruned"] + counts["evicted"] + in_memory
    assert counts["peak_in_memory"] >= in_memory


def check_conserved(metrics):
    """X9: what the portfolio gained is what its trades did; borrowing costs beside them."""
    gained = metrics["final_equity"] - metrics["initial_equity"]
    explained = metrics["total_pnl"] + metrics["unrealised_pnl"]
    assert gained == pytest.approx(explained, abs=1e-9 * (metrics["initial_equity"] * (1 + metrics["turnover"])))


def test_every_two_values_meet():
    """The array is what it says: without it, features might never be combined."""
    met = {
        ((a, choice[a]), (b, choice[b]))
        for choice in covering(FEATURES, seed=1)
        for a in choice
        for b in choice
        if a != b
    }
    wanted = {((a, x), (b, y)) for a in FEATURES for b in FEATURES if a != b for x in FEATURES[a] for y in FEATURES[b]}
    assert met == wanted
    assert covering(FEATURES, seed=1) == covering(FEATURES, seed=1)
