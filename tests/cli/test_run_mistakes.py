"""A newcomer's mistakes: one clear line each, exit code 2, nothing made (design 3 and 5)."""

import re

import pytest

from tests.run_command import files_of, run
from tests.run_configs import CROSS, FROM_FILE, write_config

IN_CONFIG = {
    "wrong path": ("bars.csv", "barz.csv", "barz.csv: there is no such file; did you mean 'bars.csv'?"),
    "wrong folder": (
        "bars.csv",
        "datas/bars.csv",
        "datas/bars.csv: there is no such file, nor a folder 'datas' for it",
    ),
    "home folder": ("bars.csv", "~/bars.csv", "~/bars.csv: there is no such file; for your home folder write ${HOME}"),
    "folder as data": ("bars.csv", ".", ".: this is not a file"),
    "misspelt indicator": (
        "SMA, timeperiod: 10",
        "SMMA, timeperiod: 10",
        "containers.1.features.fast.indicator: SMMA: no such indicator; did you mean 'SMA'?",
    ),
    "unknown feature": (
        "fast: fast",
        "fast: fats",
        "containers.1.strategy.fast: fats: no feature or column of this name arrives here; did you mean 'fast'?",
    ),
    "unknown key": ("cash:", "cahs:", "containers.1.cahs: unknown key; did you mean 'cash'?"),
    "unknown top-level key": ("name: cross", "nmae: cross", "nmae: unknown key; did you mean 'name'?"),
    "wrong type": ("1000000", "lots", "containers.1.cash: lots: expected a number greater than 0"),
    "out of range": ("1000000", "-5", "containers.1.cash: -5: expected a number greater than 0"),
    "wrong parameter": ("10}", "ten}", "containers.1.features.fast.timeperiod: ten: expected a whole number"),
    "unknown input": (
        "[data_x]",
        "[data_y]",
        "containers.1.inputs.0: data_y: no container has this id; did you mean 'data_x'?",
    ),
    "misspelt strategy": (
        "crossover",
        "crosover",
        "containers.1.strategy.name: crosover: no such strategy; did you mean 'crossover'?",
    ),
    "misspelt sizing": (
        "fixed_quantity",
        "fixed_quantty",
        "containers.1.sizing.name: fixed_quantty: no such sizing; did you mean 'fixed_quantity'?",
    ),
    "misspelt direction": ("direction: long", "direction: lnog", "containers.1.strategy.direction: lnog: expected"),
    "misspelt event": (
        "cash: 1000000",
        "event_tracing: [FILLS]",
        "containers.1.event_tracing.0: FILLS: expected an event type; did you mean 'FILL'?",
    ),
    "own strategy that is not there": (
        "{name: crossover, fast: fast, slow: slow, direction: long}",
        "{name: no_such_module.Strategy}",
        "no_such_module",
    ),
    "forgotten symbol": (", symbol: X", "", "containers.0.source.symbol: missing: expected text"),
    "list not closed": ("[data_x]", "[data_x", "YAML syntax: "),
    "tab": ("    cash", "\tcash", "YAML syntax: "),
}
IN_DATA = {
    "wrong column": (
        "symbol: X",
        "symbol: X, columns: {close: Last}",
        "bars.csv:1: columns.close: there is no column 'Last'; found 'timestamp', 'open'",
    ),
    "wrong date format": (
        "symbol: X",
        "symbol: X, timestamp_format: '%d.%m.%Y'",
        "bars.csv:2: timestamp '2020-01-01' cannot be read as '%d.%m.%Y'",
    ),
}


def refused(folder, config, *options):
    """The line with which a config is refused; nothing may have been made."""
    before = files_of(folder)
    outcome = run(config, "--output", folder / "out", *options)
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert not (folder / "out").exists()
    assert files_of(folder) == before
    assert outcome.stderr.count("\n") == 1
    return outcome.stderr.removesuffix("\n")


@pytest.mark.parametrize(("right", "wrong", "said"), IN_CONFIG.values(), ids=IN_CONFIG)
def test_a_mistake_in_the_config_is_one_line_with_its_place(tmp_path, right, wrong, said):
    assert right in FROM_FILE
    config = write_config(tmp_path, FROM_FILE.replace(right, wrong, 1))
    line = refused(tmp_path, config)
    place = re.match(rf"{re.escape(str(config))}:(\d+):(\d+): ", line)
    assert place
    assert said in line
    assert 1 <= int(place[1]) <= len(FROM_FILE.splitlines())


@pytest.mark.parametrize(("right", "wrong", "said"), IN_DATA.values(), ids=IN_DATA)
def test_a_mistake_about_the_data_names_the_data_file(tmp_path, right, wrong, said):
    line = refused(tmp_path, write_config(tmp_path, FROM_FILE.replace(right, wrong, 1)))
    assert line.startswith(said)


def test_all_mistakes_are_told_together(tmp_path):
    config = write_config(tmp_path, CROSS.replace("cash", "cahs").replace("crossover", "crosover"))
    outcome = run(config)
    assert outcome.exit_code == 2
    assert [line.rpartition("; ")[2] for line in outcome.stderr.splitlines()] == [
        "did you mean 'cash'?",
        "did you mean 'crossover'?",
    ]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("absent.yaml", None, "absent.yaml: No such file or directory"),
        ("empty.yaml", b"", "empty.yaml:1:1: containers: missing: expected a list of containers"),
        ("bars.csv", b"timestamp,open\n2020-01-01,1\n", "bars.csv:1:1: "),
        ("list.yaml", b"- a\n- b\n", "list.yaml:1:1: "),
        ("word.yaml", b"hello\n", "word.yaml:1:1: hello: expected a mapping at the top level"),
        ("picture.yaml", b"\x89PNG\r\n\x1a\n\x00\x00", "picture.yaml:1:1: "),
        ("latin.yaml", "name: größe".encode("latin-1"), "latin.yaml:1:9: "),
        ("twice.yaml", b"name: a\ncontainers: []\nname: b\n", "twice.yaml:3:1: name: this key stands here twice"),
    ],
)
def test_a_file_that_is_no_config(tmp_path, monkeypatch, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    outcome = run(name, "--output", "out")
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert said in outcome.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_is_no_config(tmp_path):
    assert refused(tmp_path, tmp_path) == f"{tmp_path}: Is a directory"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x.yaml", "--ouput", "out"], "No such option: --ouput"),
        (["x.yaml", "--workers", "0"], "0 is not in the range 1<=x<=256"),
        (["x.yaml", "--workers", "many"], "'many' is not a valid"),
        (["x.yaml", "--path", "bach"], "'bach' is not one of"),
        (["x.yaml", "--progress", "loud"], "'loud' is not one of"),
        (["x.yaml", "y.yaml"], "unexpected extra argument"),
        ([], "Missing argument"),
    ],
)
def test_a_misspelt_command_is_told_what_was_expected(tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    outcome = run(*arguments)
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert "admf run --help" in outcome.stderr
    assert said in outcome.stderr
    assert list(tmp_path.iterdir()) == []


def test_19_what_a_stranger_wrote_is_shown_and_not_obeyed(tmp_path):
    config = write_config(tmp_path, CROSS.replace("cash", '"\\e[31mc\\u202eash"'))
    line = refused(tmp_path, config)
    assert line.isprintable()
    assert r"\x1b[31mc\u202eash" in line
