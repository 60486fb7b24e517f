"""Tables on narrow terminals, in pipes, and in colour (design 5; promise 26)."""

import os
import pty
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from cli.render.columns import Column, laid_out, shortened
from cli.render.figures import _MONEY, _PERCENT, metric
from cli.render.rows import table as rows_table
from cli.render.verdicts import table as verdict_table
from engine.metrics.definitions import METRICS
from engine.replay.replay import Verdict
from tests.cli.inspect_command import ROOT, inspect, inspect_process
from tests.cli.inspect_trees import trade_events, write_trace, write_tree

ID = "portfolio_with_a_name_of_some_length_fast_10_slow_200"


@pytest.mark.parametrize("columns", [40, 80, 120, 200])
def test_no_line_of_the_table_is_wider_than_the_terminal(tmp_path, columns):
    tree = write_tree(tmp_path, ("portfolio_1", ID))
    lines = inspect(tree, columns=columns).stdout.splitlines()[1:]
    assert max(map(cell_len, lines)) <= columns
    assert len(lines) == 5
    assert all("completed" in line for line in lines[1:])


def test_less_important_columns_go_first(tmp_path):
    tree = write_tree(tmp_path)
    header = {columns: inspect(tree, columns=columns).stdout.splitlines()[1].split("  ") for columns in (40, 80)}
    assert [title.strip() for title in header[40] if title] == ["container", "status", "return"]
    assert "type" not in header[80]
    assert "max drawdown" in header[80]


def test_a_long_id_is_shortened_in_the_middle(tmp_path):
    tree = write_tree(tmp_path, (ID,))
    (line,) = (line for line in inspect(tree, columns=40).stdout.splitlines() if line.startswith("portf"))
    assert "…" in line
    assert line.split()[0].endswith("200")


def test_a_pipe_has_all_columns_and_whole_ids(tmp_path):
    tree = write_tree(tmp_path, (ID,))
    outcome = inspect_process(tree)
    assert outcome.returncode == 0
    assert f"{ID}  portfolio  completed" in outcome.stdout
    assert "\x1b" not in outcome.stdout


def on_a_terminal(tree, **environment):
    """What a process prints whose stdout is a terminal."""
    ours, theirs = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm"} | environment
    command = [sys.executable, "-m", "cli", "inspect", str(tree)]
    with subprocess.Popen(command, cwd=ROOT, env=kept, stdout=theirs) as process:
        os.close(theirs)
        printed = b""
        while chunk := _read(ours):
            printed += chunk
    os.close(ours)
    return process.returncode, printed.decode()


def _read(descriptor):
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the other side is closed
        return b""


@pytest.mark.parametrize(
    ("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colour_is_for_terminals_that_want_it(tmp_path, environment, coloured):
    code, printed = on_a_terminal(write_tree(tmp_path), **environment)
    assert code == 0
    assert "portfolio_1" in printed
    assert ("\x1b[" in printed) == coloured


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_force_color_asks_for_it_in_a_pipe(tmp_path, environment, coloured):
    outcome = inspect_process(write_tree(tmp_path), **environment)
    assert (outcome.returncode, "\x1b[" in outcome.stdout) == (0, coloured)


def test_a_reader_that_leaves_early_sees_no_traceback(tmp_path):
    tree = write_tree(tmp_path)
    write_trace(tree, "portfolio_1", [event for n in range(1, 2000) for event in trade_events(trade=n)])
    command = [sys.executable, "-m", "cli", "inspect", str(tree), "portfolio_1", "--events"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


def test_what_an_encoding_cannot_say_is_escaped(tmp_path):
    tree = write_tree(tmp_path, ("größe",))
    outcome = inspect_process(tree, PYTHONIOENCODING="ascii")
    assert outcome.returncode == 0
    assert r"gr\xf6\xdfe" in outcome.stdout


words = st.text("ab漢é -", max_size=12)
tables = st.integers(1, 5).flatmap(
    lambda rows: st.lists(st.lists(words, min_size=rows, max_size=rows), min_size=1, max_size=5)
)


@given(tables, st.integers(16, 80))
def test_a_table_fits_and_keeps_all_its_rows(cells, width):
    columns = [Column(f"c{n}", texts, importance=n) for n, texts in enumerate(cells)]
    lines = list(laid_out(columns, width, {}))
    assert len(lines) == 1 + len(cells[0])
    assert max(line.cell_len for line in lines) <= width


@given(st.text("abc漢", max_size=40), st.integers(3, 40))
def test_a_shortened_text_fits(text, width):
    short = shortened(text, width)
    assert cell_len(short) <= width
    assert short == text or "…" in short


def test_every_metric_is_shown_in_its_unit():
    by_unit = {metric.name: metric.unit.split()[0] for metric in METRICS if not metric.prefix}
    assert {name for name, unit in by_unit.items() if unit == "fraction"} == _PERCENT
    assert {name for name, unit in by_unit.items() if unit == "money"} == _MONEY
    assert metric("win_rate", 0.5) == "50.00%"
    assert metric("short_win_rate", 0.5) == metric("BRK.B.win_rate", 0.5) == "50.00%"
    assert metric("total_pnl", 1234.5) == metric("long_total_pnl", 1234.5) == "1,234.50"
    assert metric("sharpe", 1.5) == "1.5000"
    assert metric("orders", 1234) == "1,234"
    assert metric("sharpe", None) == "-"


def test_columns_that_were_asked_for_and_have_no_room_are_told(tmp_path):
    tree = write_tree(tmp_path)
    asked = ("--columns", "total_return,win_rate,total_trades,max_drawdown")
    *table, said = inspect(tree, *asked, columns=62).stdout.splitlines()
    assert table[1].split() == ["container", "total_return", "win_rate", "total_trades"]
    assert said == "no room for max_drawdown: widen the terminal, or take --json"
    assert "no room" not in inspect(tree, *asked, columns=200).stdout


@given(st.integers(1, 8), st.integers(16, 80))
def test_the_last_ones_asked_for_are_left_out_first(count, width):
    columns = [Column(f"column{place}", ["1234567"], -place) for place in range(count + 1)]
    head, _, *said = (line.plain for line in laid_out(columns, width, {}, asked=True))
    shown = head.split()
    assert shown == [column.title for column in columns][: len(shown)]
    assert " ".join(said).startswith("no room for " if len(shown) <= count else "")
    assert max(cell_len(line) for line in (head, *said)) <= width


def test_long_texts_are_cut_before_a_column_that_was_asked_for_goes():
    rows = [("a", "x" * 90, "long enough to go", 5), ("b", "y", "漢" * 20, 123456)]
    lines = [line.plain for line in rows_table(["id", "parameters", "words", "bps"], rows, 50)]
    assert lines[0].split() == ["id", "parameters", "words", "bps"]
    assert lines[1].split()[1].endswith("x…")
    assert lines[1].split()[-1] == "5"
    assert max(map(cell_len, lines)) <= 50
    whole = [line.plain for line in rows_table(["id", "parameters", "words", "bps"], rows, None)]
    assert "x" * 90 in whole[1]


@pytest.mark.parametrize("width", [40, 80, None])
def test_what_a_replay_says_of_a_container_is_never_left_out(width):
    reason = "only portfolios have metrics made of events, and this is of type execution"
    verdicts = [Verdict("execution_broker", "skipped", reason=reason), Verdict("p", "replayed", 12_345)]
    lines = [line.plain for line in verdict_table(verdicts, width)]
    assert " ".join(" ".join(lines).split()).count(reason) == 1 or width == 40
    assert all(word in " ".join(lines) for word in (*reason.split(), "every metric has the same bytes"))
    assert width is None or max(map(cell_len, lines)) <= width
