"""The closing table on narrow and wide terminals, and colour only where it is wanted (design 5; promise 26)."""

import os
import pty
import subprocess

import pytest
from rich.cells import cell_len

from tests.run_command import COMMAND, ROOT, changed, run
from tests.run_configs import CROSS, FAILING, SWEEP, write_config

LONG = "portfolio_with_a_name_of_some_length_fast_10_slow_200"
WIDTHS = [40, 80, 200]


def shown(folder, text, columns):
    outcome = run(write_config(folder, text, "c.yaml"), "--output", "out", "--progress", "none", columns=columns)
    return outcome.stdout.splitlines()


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("text", [CROSS, SWEEP, FAILING, CROSS.replace("portfolio_1", LONG)])
def test_nothing_but_the_next_command_is_wider_than_the_terminal(tmp_path, monkeypatch, text, columns):
    monkeypatch.chdir(tmp_path)
    *lines, command = shown(tmp_path, text, columns)
    assert max(map(cell_len, lines)) <= columns
    assert command.startswith("Next: admf inspect out")


def test_titles_are_whole_or_absent(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    headers = {}
    for columns in WIDTHS:
        lines = shown(tmp_path / str(columns), SWEEP, columns)
        headers[columns] = next(line for line in lines if line.startswith("portfolio ")).split("  ")
        (tmp_path / "out").rename(tmp_path / f"out_{columns}")
    titles = {columns: [title.strip() for title in header if title.strip()] for columns, header in headers.items()}
    all_but_two = ["portfolio", "trades", "win rate", "net profit", "return", "max drawdown", "Sharpe"]
    assert titles == {
        40: ["portfolio", "trades", "return", "Sharpe"],
        80: all_but_two,
        200: [*all_but_two, "costs", "status"],
    }


def test_portfolios_of_different_data_have_them_in_their_rows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = """
containers:
  - {id: d1, type: data, source: {name: synthetic, symbol: X, bars: 300, bar_length: 1d}}
  - {id: d2, type: data, source: {name: synthetic, symbol: Y, bars: 240, bar_length: 1d, start: "2020-03-01"}}
  - {id: p1, type: portfolio, inputs: [d1], strategy: {name: buy_and_hold}}
  - {id: p2, type: portfolio, inputs: [d2], strategy: {name: buy_and_hold}}
"""
    lines = shown(tmp_path, text, 200)
    header = next(line for line in lines if line.startswith("portfolio "))
    assert header.split()[1:3] == ["period", "bars"]
    assert any(line.startswith("p2") and "2020-03-01 to 2020-10-26   240" in line for line in lines)


def on_a_terminal(folder, **environment):
    """What stdout shows if it is a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    variables = changed({"TERM": "xterm", "COLUMNS": "80", **environment})
    command = [*COMMAND, str(write_config(folder, FAILING)), "--output", str(folder / "out"), "--progress", "none"]
    with subprocess.Popen(command, cwd=ROOT, env=variables, stdout=theirs, stderr=subprocess.DEVNULL):
        os.close(theirs)
        printed = b""
        while chunk := _read(ours):
            printed += chunk
    os.close(ours)
    return printed.decode()


def _read(descriptor):
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the other side is closed
        return b""


def test_colour_is_for_terminals_that_want_it(tmp_path):
    assert "\x1b[31mfailed" in on_a_terminal(tmp_path / "a")
    assert "\x1b" not in on_a_terminal(tmp_path / "b", NO_COLOR="1")
