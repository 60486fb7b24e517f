"""Mistakes in a user's own strategy: each is one line that says what, where in the user's file, and what is expected (rule L9).

All portfolios run together: each fails alone, and the one that is right completes.
"""

import pytest

from tests.run_command import results_of, run

CODE = """\
import numpy as np


def right(columns):
    return np.zeros(len(columns["close"]))


def helped(values):
    raise ValueError("no such day")


CASES = {
    "raises": lambda columns: helped(columns["close"]),
    "leaves": lambda columns: exit(3),
    "in_numpy": lambda columns: np.stack([]),
    "misspells": lambda columns: columns["trnd"] > 0,
    "unknown": lambda columns: columns["xyz"] > 0,
    "writes": lambda columns: columns["close"].sort(),
    "short": lambda columns: np.zeros(3),
    "none": lambda columns: None,
    "one": lambda columns: 1,
    "mapping": lambda columns: {"X": 1},
    "words": lambda columns: ["long"] * len(columns["close"]),
    "unknown_yet": lambda columns: columns["trend"],
    "halves": lambda columns: columns["close"] * 0 + 0.5,
}


def case(columns, which):
    return CASES[which](columns)


class Buys:
    def on_bar(self, bar, features, position):
        return "buy"


class Attribute:
    def on_bar(self, bar, features, position):
        return bar.clos


class Feature:
    def on_bar(self, bar, features, position):
        return features["trnd"]


class NotMade:
    def __init__(self):
        self.limit = 1 / 0

    def on_bar(self, bar, features, position):
        return None


class Narrow:
    def on_bar(self, bar):
        return None


class Wide:
    def targets(self, columns, extra):
        return columns["close"] > 0


class Static:
    @staticmethod
    def targets(columns):
        return columns["close"] > 0
"""
TOLD = {
    "raises": "ValueError: no such day, at newcomer.py:9",
    "leaves": "SystemExit: 3, at newcomer.py:14",
    "in_numpy": "ValueError: need at least one array to stack, at newcomer.py:15",
    "misspells": "UnknownNameError: no column or feature called 'trnd' arrives here; did you mean 'trend'?, at newcomer.py:16",
    "unknown": "UnknownNameError: no column or feature called 'xyz' arrives here; there are timestamp, open, high, low, close, "
    "volume, trend, at newcomer.py:17",
    "writes": "ValueError: sort array is read-only, at newcomer.py:18",
    "short": "BadTargetsError: newcomer.case returned shape (3,): expected one target per bar, (30,), at newcomer.py:29",
    "none": "BadTargetsError: newcomer.case returned None: expected one target per bar, (30,), at newcomer.py:29",
    "one": "BadTargetsError: newcomer.case returned 1: expected one target per bar, (30,), at newcomer.py:29",
    "mapping": "BadTargetsError: newcomer.case returned one dict: expected one target per bar, (30,), at newcomer.py:29",
    "words": "BadTargetsError: newcomer.case returned text values: expected +1, 0 or -1, at newcomer.py:29",
    "unknown_yet": "BadTargetsError: newcomer.case returned nan at bar 0: expected +1, 0 or -1, at newcomer.py:29",
    "halves": "BadTargetsError: newcomer.case returned 0.5 at bar 0: expected +1, 0 or -1, at newcomer.py:29",
    "Buys": "BadDecisionError: on_bar returned 'buy': expected a Decision, long, short, flat, +1, 0, -1 or None, at newcomer.py:34",
    "Attribute": "AttributeError: 'Bar' object has no attribute 'clos', at newcomer.py:40",
    "Feature": "UnknownNameError: no column or feature called 'trnd' arrives here; did you mean 'trend'?, at newcomer.py:45",
    "NotMade": "ZeroDivisionError: division by zero, at newcomer.py:50",
}
SHARED = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 30}}
  - {id: execution_free, type: execution, commission: {name: per_trade, amount: 0}}
  - {id: right, type: portfolio, inputs: [data_x], strategy: {name: newcomer.right}}
"""
PORTFOLIO = """  - id: {id}
    type: portfolio
    inputs: [data_x]
    features: {{trend: {{indicator: SMA, timeperiod: 3}}}}
    strategy: {{name: newcomer.{strategy}}}
"""


def written(folder, *strategies):
    (folder / "newcomer.py").write_text(CODE)
    portfolios = (PORTFOLIO.format(id=id_, strategy=strategy) for id_, strategy in strategies)
    (folder / "c.yaml").write_text(SHARED + "".join(portfolios))
    return folder / "c.yaml"


@pytest.mark.parametrize("path", ["auto", "event"])
def test_l9_what_goes_wrong_while_it_runs_is_one_line_with_the_users_place(tmp_path, path):
    named = [(id_, id_ if id_[0].isupper() else f"case, which: {id_}") for id_ in TOLD]
    config = written(tmp_path, *named)
    outcome = run(config, "--output", tmp_path / "out", "--progress", "none", "--path", path)
    assert outcome.exit_code == 1
    assert outcome.stderr.splitlines() == [f"{id_} failed: {told}" for id_, told in TOLD.items()]
    results = results_of(tmp_path / "out")
    assert {id_: results[id_]["error"] for id_ in TOLD} == TOLD
    assert results["right"]["status"] == "completed"


def test_l9_debug_shows_the_whole_way(tmp_path):
    config = written(tmp_path, ("raises", "case, which: raises"))
    outcome = run(config, "--output", tmp_path / "out", "--progress", "none", "--debug")
    assert 'newcomer.py", line 9, in helped' in outcome.stderr
    assert "engine/" in outcome.stderr
    assert outcome.stderr.splitlines()[-1] == f"raises failed: {TOLD['raises']}"


REFUSED = {
    "nowhere": "10:22: containers.3.strategy.name: newcomer.nowhere: module newcomer has no 'nowhere'",
    "rihgt": "10:22: containers.3.strategy.name: newcomer.rihgt: module newcomer has no 'rihgt'; did you mean 'right'?",
    "CASES": "10:22: containers.3.strategy.name: newcomer.CASES: newcomer.CASES is neither a function nor a class",
    "right, bars: 3": "10:44: containers.3.strategy.bars: 3: newcomer.right: got an unexpected keyword argument 'bars'; it takes none",
    "case, whihc: raises": "10:44: containers.3.strategy.whihc: raises: newcomer.case: got an unexpected keyword argument 'whihc'; "
    "did you mean 'which'?",
    "case": "10:22: containers.3.strategy.name: newcomer.case: newcomer.case: missing a required argument: 'which'",
    "Narrow": "10:22: containers.3.strategy.name: newcomer.Narrow: newcomer.Narrow must have "
    "on_bar(self, bar, features, position): too many positional arguments",
    "Wide": "10:22: containers.3.strategy.name: newcomer.Wide: newcomer.Wide must have targets(self, columns): "
    "missing a required argument: 'extra'",
}


@pytest.mark.parametrize("strategy", REFUSED)
def test_y1_what_cannot_be_used_is_refused_at_its_place_and_nothing_is_written(tmp_path, strategy):
    config = written(tmp_path, ("p", strategy))
    outcome = run(config, "--output", tmp_path / "out")
    assert (outcome.exit_code, outcome.stderr) == (2, f"{config}:{REFUSED[strategy]}\n")
    assert not (tmp_path / "out").exists()


def test_y1_a_static_method_over_columns_will_do(tmp_path):
    assert run(written(tmp_path, ("p", "Static")), "--output", tmp_path / "out").exit_code == 0
    assert results_of(tmp_path / "out")["p"]["metrics"]["total_trades"] == 1


IMPORTS = {
    "import no_such_thing\n": "no module 'no_such_thing' is found, imported at newcomer.py:1",
    "x = 1\ny = x / 0\n": "importing newcomer failed: ZeroDivisionError: division by zero, at newcomer.py:2",
    "import sys\nsys.exit(4)\n": "importing newcomer failed: SystemExit: 4, at newcomer.py:2",
    "def right(columns:\n": "importing newcomer failed: SyntaxError: '(' was never closed (newcomer.py, line 1)",
}


@pytest.mark.parametrize("code", IMPORTS)
def test_y1_a_file_that_cannot_be_imported_is_named_with_its_line(tmp_path, code):
    config = written(tmp_path)
    (tmp_path / "newcomer.py").write_text(code)
    outcome = run(config, "--output", tmp_path / "out")
    assert (outcome.exit_code, outcome.stderr) == (
        2,
        f"{config}:5:69: containers.2.strategy.name: newcomer.right: {IMPORTS[code]}\n",
    )


def test_y1_a_misspelt_file_is_answered_with_the_one_that_is_there(tmp_path):
    config = written(tmp_path)
    config.write_text(config.read_text().replace("newcomer.", "newcomr."))
    outcome = run(config, "--output", tmp_path / "out")
    assert (
        "no module 'newcomr' is found; imports start at the config's folder; did you mean 'newcomer'?" in outcome.stderr
    )
