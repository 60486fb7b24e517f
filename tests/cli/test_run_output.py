"""The output folder: made, refused, replaced; nothing in it is touched that no run wrote (rules S8, S10; promise 5)."""

import os
import shlex

import pytest

from tests.run_command import files_of, read_json, run, run_process
from tests.run_configs import FROM_FILE, write_config

SYNTHETIC = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 60}}
  - id: portfolio_1
    type: portfolio
    inputs: [data_x]
    strategy: {name: buy_and_hold}
    event_tracing: {mode: full}
"""
ELSEWHERE = SYNTHETIC.replace("mode: full", "mode: full, storage_path: ./results/deep/down/")


@pytest.fixture
def config(tmp_path):
    return write_config(tmp_path, SYNTHETIC)


@pytest.fixture
def tree(tmp_path, config):
    assert run(config, "--output", tmp_path / "out", "--quiet").exit_code == 0
    return tmp_path / "out"


def again(config, tree, *options):
    return run(config, "--output", tree, "--quiet", "--overwrite", *options)


def test_the_output_folder_is_made_with_those_above_it(tmp_path, config):
    assert run(config, "-o", tmp_path / "a" / "b", "--quiet").exit_code == 0
    assert read_json(tmp_path / "a" / "b" / "run.json")["status"] == "completed"


def test_results_are_the_default(tmp_path, config, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(config, "--quiet").exit_code == 0
    assert (tmp_path / "results" / "run.json").exists()


def test_dotfiles_do_not_count(tmp_path, config):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".gitkeep").touch()
    assert run(config, "--output", tmp_path / "out", "--quiet").exit_code == 0
    assert again(config, tmp_path / "out").exit_code == 0
    assert (tmp_path / "out" / ".gitkeep").exists()


def test_s10_a_folder_with_a_run_is_refused_with_the_very_command_that_mends_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_config(tmp_path, SYNTHETIC, "my config.yaml")
    arguments = ["my config.yaml", "--output", "out of it", "--progress", "none"]
    assert run(*arguments).exit_code == 0
    before = files_of(tmp_path / "out of it")
    refused = run_process(*arguments, cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    holds, mend = refused.stderr.splitlines()
    assert holds == "out of it holds the results of a run"
    command = shlex.split(mend.partition(": ")[2])
    assert command == ["admf", "run", *arguments, "--overwrite"]
    assert files_of(tmp_path / "out of it") == before
    assert run(*command[2:]).exit_code == 0


def test_s10_overwrite_deletes_only_what_run_json_lists(tmp_path, config, tree):
    foreign = ["notes.txt", "portfolio_1/notes.txt", "portfolio_1/events.csv", "mine/metrics.json"]
    for name in foreign:
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text(name)
    other = write_config(tmp_path, SYNTHETIC.replace("portfolio_1", "portfolio_2"), "other.yaml")
    assert again(other, tree).exit_code == 0
    files = files_of(tree)
    assert {name: files[name].decode() for name in foreign} == {name: name for name in foreign}
    assert "portfolio_1/metrics.json" not in files
    assert "portfolio_2/metrics.json" in files
    assert "portfolio_2" in read_json(tree / "run.json")["folders"]


def test_s10_the_empty_folders_of_the_old_run_go_too(tmp_path, tree):
    other = write_config(tmp_path, SYNTHETIC.replace("portfolio_1", "portfolio_2"), "other.yaml")
    assert again(other, tree).exit_code == 0
    assert not (tree / "portfolio_1").exists()


def test_s10_overwriting_gives_the_same_tree(config, tree):
    before = files_of(tree, without=["run.json"])
    assert again(config, tree).exit_code == 0
    assert files_of(tree, without=["run.json"]) == before


def test_s10_events_in_a_folder_of_their_own_are_replaced_too(tmp_path):
    config = write_config(tmp_path, ELSEWHERE)
    tree = tmp_path / "out"
    assert run(config, "--output", tree, "--quiet").exit_code == 0
    before = files_of(tree, without=["run.json"])
    assert "deep/down/events.jsonl.gz" in before
    assert again(config, tree).exit_code == 0
    assert files_of(tree, without=["run.json"]) == before
    assert again(write_config(tmp_path, SYNTHETIC), tree).exit_code == 0
    assert not (tree / "deep").exists()


def test_what_a_killed_run_left_half_written_goes_with_it(config, tree):
    left = [tree / ".run.json.4711", tree / "portfolio_1" / ".metrics.json.4711"]
    for path in left:
        path.touch()
    assert again(config, tree).exit_code == 0
    assert not any(path.exists() for path in left)


@pytest.mark.parametrize("overwrite", [(), ("--overwrite",)])
def test_a_folder_of_other_things_is_refused(tmp_path, config, overwrite):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work")
    outcome = run(config, "--output", tmp_path / "out", *overwrite)
    assert outcome.exit_code == 2
    assert outcome.stderr == f"{tmp_path}/out holds thesis.txt and is not the results of a run\n"
    assert files_of(tmp_path / "out") == {"thesis.txt": b"years of work"}


@pytest.mark.parametrize("record", [b"", b"{", b"[]", b'{"folders": 3}', b'{"name": "x"}'])
def test_a_damaged_record_is_no_licence_to_delete(config, tree, record):
    (tree / "run.json").write_bytes(record)
    before = files_of(tree)
    outcome = again(config, tree)
    assert outcome.exit_code == 2
    assert outcome.stderr == f"{tree}/run.json is damaged: remove the folder by hand\n"
    assert files_of(tree) == before


def test_a_record_that_lists_folders_elsewhere_deletes_nothing_there(tmp_path, config, tree):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "metrics.json").write_text("mine")
    (tree / "link").symlink_to(outside)
    (tree / "metrics.json").write_text("mine too")
    (tree / "run.json").write_text(f'{{"folders": ["../outside", "{outside}", "link", ".", "", "portfolio_1"]}}')
    outcome = again(config, tree)
    assert outcome.exit_code == 2  # the folders it does not list hold results
    (tree / "run.json").write_text(
        f'{{"folders": ["../outside", "{outside}", "link", ".", "", "portfolio_1", "data_x", "execution_default", '
        '"root_container"]}'
    )
    assert again(config, tree).exit_code == 0
    assert (outside / "metrics.json").read_text() == "mine"
    assert (tree / "metrics.json").read_text() == "mine too"


def test_s8_a_symbolic_link_in_the_way_is_refused_before_anything_is_deleted(tmp_path, config, tree):
    (tree / "portfolio_1").rename(tmp_path / "moved")
    (tree / "portfolio_1").symlink_to(tmp_path / "moved")
    before = files_of(tree)
    outcome = again(config, tree)
    assert outcome.exit_code == 2
    assert outcome.stderr == f"{tree}/portfolio_1 is a symbolic link, or lies behind one\n"
    assert files_of(tree) == before


def test_s8_neither_may_a_folder_above_be_one(tmp_path, tree):
    (tmp_path / "aside").mkdir()
    (tree / "deep").symlink_to(tmp_path / "aside")
    outcome = again(write_config(tmp_path, ELSEWHERE), tree)
    assert outcome.exit_code == 2
    assert "deep/down is a symbolic link, or lies behind one" in outcome.stderr
    assert not any((tmp_path / "aside").iterdir())


@pytest.mark.parametrize("foreign", ["metrics.json", "events.jsonl.gz", "events.0001.jsonl.gz", "trades.jsonl.gz"])
def test_results_that_the_record_does_not_list_are_not_written_over(tmp_path, tree, foreign):
    (tree / "portfolio_2").mkdir()
    (tree / "portfolio_2" / foreign).write_text("from elsewhere")
    before = files_of(tree)
    outcome = again(write_config(tmp_path, SYNTHETIC.replace("portfolio_1", "portfolio_2")), tree)
    assert outcome.exit_code == 2
    assert outcome.stderr == f"{tree}/portfolio_2/{foreign} is in the way: no run wrote it here\n"
    assert files_of(tree) == before


def test_a_file_where_a_folder_is_needed_is_refused(tmp_path, tree):
    (tree / "portfolio_2").write_text("a file")
    before = files_of(tree)
    outcome = again(write_config(tmp_path, SYNTHETIC.replace("portfolio_1", "portfolio_2")), tree)
    assert outcome.exit_code == 2
    assert outcome.stderr == f"{tree}/portfolio_2 is in the way: it is not a folder\n"
    assert files_of(tree) == before


@pytest.mark.parametrize("name", ["config.yaml", "config.yaml/out", "dangling"])
def test_5_an_output_that_is_no_folder_is_refused(tmp_path, config, name):
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    outcome = run(config, "--output", tmp_path / name)
    assert outcome.exit_code == 2
    assert outcome.stderr == f"{tmp_path / name.removesuffix('/out')} is not a folder\n"


def test_5_a_folder_that_cannot_be_made_is_the_machine_s_fault(config):
    outcome = run(config, "--output", "/proc/nowhere/out")
    assert outcome.exit_code == 3
    assert outcome.stderr == "/proc/nowhere: No such file or directory\n"


def test_5_a_folder_that_cannot_be_written_to_is_the_machine_s_fault(tmp_path, config, monkeypatch):
    ask = os.access
    out = tmp_path / "out"
    monkeypatch.setattr(os, "access", lambda path, mode: path != out and ask(path, mode))
    outcome = run(config, "--output", tmp_path / "out")
    assert outcome.exit_code == 3
    assert outcome.stderr == f"{tmp_path}/out: the output folder cannot be written to\n"
    assert list((tmp_path / "out").iterdir()) == []


def test_an_output_beside_data_that_cannot_be_used_is_never_made(tmp_path):
    outcome = run(write_config(tmp_path, FROM_FILE.replace("bars.csv", "barz.csv")), "--output", tmp_path / "out")
    assert outcome.exit_code == 2
    assert not (tmp_path / "out").exists()
