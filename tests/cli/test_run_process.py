"""What only a process of its own shows: what is imported, what happens when the reader of stdout leaves."""

import shlex
import subprocess
import sys

import pytest

from cli.exits import FAILED, UNREAD
from tests.run_command import COMMAND, ROOT, changed, read_json, run, run_process
from tests.run_configs import FAILING, write_config

HEAVY = {"numpy", "duckdb", "rich", "yaml", "talib", "msgspec", "pydantic", "distributed"}


@pytest.mark.parametrize(
    ("arguments", "said"), [(["--help"], "Start with: admf init"), (["run", "--help"], "Example: admf run")]
)
def test_help_imports_nothing_heavy(arguments, said):
    command = [sys.executable, "-X", "importtime", "-m", "cli", *arguments]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    packages = {line.rpartition("|")[2].strip().partition(".")[0] for line in outcome.stderr.splitlines()}
    assert "typer" in packages  # so that the figures have been read
    assert not packages & HEAVY
    assert said in outcome.stdout


@pytest.mark.parametrize("options", [(), ("--json",), ("--dry-run",)])
def test_26_a_reader_that_leaves_early_sees_no_traceback(tmp_path, options):
    config = write_config(tmp_path)
    command = [*COMMAND, str(config), "--output", str(tmp_path / "out"), "--progress", "none", *options]
    with subprocess.Popen(
        command, cwd=ROOT, env=changed({}), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == (UNREAD if options == ("--dry-run",) else 0)
    if not options:
        assert read_json(tmp_path / "out" / "run.json")["status"] == "completed"


def test_26_failures_are_told_although_nobody_reads_the_table(tmp_path):
    config = write_config(tmp_path, FAILING)
    command = [*COMMAND, str(config), "--output", str(tmp_path / "out"), "--progress", "none"]
    with subprocess.Popen(
        command, cwd=ROOT, env=changed({}), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read().count(b" failed: ") == 3
    assert process.returncode == FAILED


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("done")
    config = write_config(folder).rename(folder / "c.yaml")
    assert run(config, "--output", folder / "out", "--quiet").exit_code == 0
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        *("--help", "run --help", "--version", "schema", "list indicators", "explain {config}", "check {config}"),
        *("inspect {out}", "replay {out}", "diff {out} {out}"),
        *('query {out} "SELECT * FROM metrics"', "export {out} --format csv --output {out}/csv"),
    ],
)
def test_an_answer_whose_reader_has_left_ends_as_if_sigpipe_had_ended_it(done, arguments):
    command = [sys.executable, "-m", "cli", *shlex.split(arguments.format(config=done / "c.yaml", out=done / "out"))]
    with subprocess.Popen(
        command, cwd=ROOT, env=changed({}), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == UNREAD


def test_a_pipe_gets_whole_ids_all_columns_and_no_colour(tmp_path):
    outcome = run_process(write_config(tmp_path, FAILING), "--output", tmp_path / "out")
    assert "\x1b" not in outcome.stdout
    header = next(line for line in outcome.stdout.splitlines() if line.startswith("portfolio "))
    assert header.split()[-2:] == ["costs", "status"]


def test_what_an_encoding_cannot_say_is_escaped(tmp_path):
    text = FAILING.replace("holds", "größe")
    outcome = run_process(write_config(tmp_path, text), "--output", tmp_path / "out", PYTHONIOENCODING="ascii")
    assert outcome.returncode == 1
    assert r"gr\xf6\xdfe" in outcome.stdout
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_json_is_json_in_every_encoding(tmp_path, encoding):
    config = write_config(tmp_path, "name: größe\n" + FAILING)
    outcome = run_process(config, "--output", tmp_path / "ö", "--json", "--quiet", PYTHONIOENCODING=encoding)
    assert outcome.returncode == 1
    assert outcome.stdout.startswith('{"name":"gr')


def test_the_version_and_the_commands(tmp_path):
    command = [sys.executable, "-m", "cli", "--version"]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert outcome.stdout.startswith("admf ")
