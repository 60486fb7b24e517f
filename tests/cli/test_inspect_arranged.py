"""`admf inspect`, tables arranged: conditions, order, columns, JSON and CSV; trades; the equity curve."""

import csv
import io
import json

import pytest

from cli.results import container
from engine.events import PortfolioUpdate
from engine.metrics import metric
from tests.cli.inspect_command import inspect
from tests.cli.inspect_trees import DAY, METRICS, START, result, trade_events, write_json, write_trace, write_tree

FIGURES = {  # total_trades, sharpe, total_return
    "portfolio_a": (10, 0.5, 0.02),
    "portfolio_b": (40, 1.5, 0.01),
    "portfolio_c": (50, None, 0.03),
    "portfolio_d": (60, 2.5, -0.01),
}


@pytest.fixture
def tree(tmp_path):
    tree = write_tree(tmp_path / "results", tuple(FIGURES))
    for id_, (trades, sharpe, gain) in FIGURES.items():
        metrics = METRICS | {"total_trades": trades, "sharpe": sharpe, "total_return": gain}
        write_json(tree / id_ / "metrics.json", result(id_, metrics=metrics))
    return tree


def ids(tree, *options):
    """The ids in the table, which has a headline and a header."""
    outcome = inspect(tree, *options)
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    return [line.split()[0].removeprefix("portfolio_") for line in outcome.stdout.splitlines()[2:]]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("trades > 30 and sharpe > 1", ["b", "d"]),
        ("metrics.total_trades > 30", ["b", "c", "d"]),
        ("return > 0.01 or total_return < 0", ["a", "c", "d"]),
        ("not sharpe > 1", ["a"]),
        ("container.id == 'portfolio_c' or id == 'data_x'", ["data_x", "c"]),
        ("type == 'root'", ["root_container"]),
        ("status != 'completed'", []),
        ("trades / 0 > 1", []),
    ],
)
def test_where_leaves_the_rows_for_which_it_holds(tree, condition, expected):
    assert ids(tree, "--where", condition) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--sort", "sharpe"), ["d", "b", "a", "data_x", "c", "root_container"]),
        (("--sort", "sharpe", "--reverse"), ["a", "b", "d", "data_x", "c", "root_container"]),
        (("--sort", "return", "--top", "2"), ["c", "a"]),
        (("--sort", "id", "--top", "2"), ["data_x", "a"]),
        (("--top", "1", "--reverse"), ["root_container"]),
        (("--top", "99", "--where", "trades > 30", "--sort", "trades"), ["d", "c", "b"]),
    ],
)
def test_sort_puts_the_largest_first_and_what_has_no_value_last(tree, options, expected):
    assert ids(tree, *options) == expected


@pytest.fixture
def unlimited(tree):
    """A portfolio that never lost, one that never traded, and one whose profits are twice its losses."""
    notes = {"portfolio_a": "infinite: no trade lost", "portfolio_b": "no trade was closed"}
    for id_ in FIGURES:
        metrics = METRICS | {"profit_factor": None if id_ in notes else 2.0, "sharpe": 1.0}
        changed = {"metric_notes": {"profit_factor": notes[id_]}} if id_ in notes else {"metric_notes": {}}
        write_json(tree / id_ / "metrics.json", result(id_, metrics=metrics, **changed))
    return tree


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--sort", "profit_factor"), ["a", "c", "d", "data_x", "b", "root_container"]),
        (("--sort", "profit_factor", "--reverse"), ["c", "d", "a", "data_x", "b", "root_container"]),
        (("--sort", "profit_factor", "--top", "1"), ["a"]),
        (("--where", "profit_factor > 5"), ["a"]),
    ],
)
def test_a_null_that_means_infinity_is_the_best_and_one_that_means_nothing_is_not(unlimited, options, expected):
    assert ids(unlimited, *options) == expected


def test_the_mark_of_infinity_is_the_one_that_a_run_writes():
    assert container.INFINITE == metric.INFINITE


def test_infinity_is_shown_as_such_but_is_no_number_of_json(unlimited):
    asked = ("--where", "type == 'portfolio'", "--columns", "profit_factor")
    lines = inspect(unlimited, *asked).stdout.splitlines()[2:]
    assert [line.split()[1] for line in lines] == ["inf", "-", "2.0000", "2.0000"]
    assert [row["profit_factor"] for row in json.loads(inspect(unlimited, *asked, "--json").stdout)] == [
        None,
        None,
        2.0,
        2.0,
    ]
    rows = list(csv.DictReader(io.StringIO(inspect(unlimited, *asked, "--csv").stdout)))
    assert [row["profit_factor"] for row in rows] == ["inf", "", "2.0", "2.0"]


def test_the_headline_says_how_many_are_shown(tree):
    assert ": completed, 2 of 5 containers, " in inspect(tree, "--top", "2").stdout.splitlines()[0]


def test_columns_are_the_ones_asked_for_with_their_units(tree):
    lines = inspect(tree, "--columns", "sharpe, return,win_rate", "--where", "trades > 1").stdout.splitlines()
    assert lines[1].split() == ["container", "sharpe", "return", "win_rate"]
    assert lines[2].split() == ["portfolio_a", "0.5000", "2.00%", "50.00%"]
    assert lines[4].split() == ["portfolio_c", "-", "3.00%", "50.00%"]


def test_json_of_chosen_rows_is_their_metrics_files_in_order(tree):
    listed = json.loads(inspect(tree, "--sort", "sharpe", "--top", "2", "--json").stdout)
    assert listed == [json.loads((tree / id_ / "metrics.json").read_bytes()) for id_ in ("portfolio_d", "portfolio_b")]


def test_json_of_columns_has_those_and_the_id(tree):
    outcome = inspect(tree, "--columns", "trades,sharpe", "--where", "trades == 50", "--json")
    assert json.loads(outcome.stdout) == [{"id": "portfolio_c", "trades": 50, "sharpe": None}]


def test_csv_has_every_metric_or_the_columns_asked_for(tree):
    rows = list(csv.DictReader(io.StringIO(inspect(tree, "--csv").stdout)))
    assert [row["id"] for row in rows] == ["data_x", *FIGURES, "root_container"]
    assert rows[1] | {"id": "portfolio_a", "total_trades": "10", "sharpe": "0.5", "net_profit": "12.5"} == rows[1]
    assert (rows[0]["sharpe"], rows[3]["sharpe"]) == ("", "")
    assert inspect(tree, "--csv", "--columns", "sharpe", "--top", "2").stdout == "id,sharpe\ndata_x,\nportfolio_a,0.5\n"


def test_a_text_that_looks_like_a_formula_is_none(tree):
    write_json(tree / "portfolio_a" / "metrics.json", result("portfolio_a", status="=1+1"))
    assert "portfolio_a,'=1+1\n" in inspect(tree, "--csv", "--columns", "status").stdout


def test_damaged_containers_stay_in_the_table_and_are_left_out_of_json(tree):
    (tree / "portfolio_b" / "metrics.json").write_bytes(b"{")
    outcome = inspect(tree, "--columns", "status,sharpe")
    assert outcome.exit_code == 1
    assert ["portfolio_b", "damaged", "-"] in [line.split() for line in outcome.stdout.splitlines()]
    outcome = inspect(tree, "--where", "type == 'portfolio'", "--json")
    assert outcome.exit_code == 1
    assert [each["container_id"] for each in json.loads(outcome.stdout)] == [
        "portfolio_a",
        "portfolio_c",
        "portfolio_d",
    ]


# --- trades ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def traded(tmp_path):
    tree = write_tree(tmp_path / "results")
    write_trace(tree, "portfolio_1", [*trade_events(1), *trade_events(2, START + 10 * DAY)])
    return tree


def test_trades_are_read_from_the_events(traded):
    lines = inspect(traded, "portfolio_1", "--trades").stdout.splitlines()
    assert lines[0] == "portfolio_1: 2 closed trades"
    assert lines[2].split() == [
        *("portfolio_1#1", "X", "long", "2", "2020-01-03", "2020-01-07", "100.25", "106.75", "12.50", "4"),
    ]


def test_trades_can_be_filtered_sorted_cut_and_turned(traded):
    assert "1 of 2 closed trades" in inspect(traded, "portfolio_1", "--trades", "--tail", "1").stdout
    found = inspect(traded, "portfolio_1", "--trades", "--where", "trade == 'portfolio_1#2'", "--json")
    (row,) = json.loads(found.stdout)
    assert row["trade_id"] == "portfolio_1#2"
    assert (row["entered"], row["net_pnl"], row["bars_held"]) == ("2020-01-13T00:00:00Z", 12.5, 4)
    last = inspect(
        traded,
        "portfolio_1",
        "--trades",
        "--sort",
        "exited",
        "--reverse",
        "--top",
        "1",
        "--csv",
        "--columns",
        "trade,net",
    )
    assert last.stdout == "trade_id,net_pnl\nportfolio_1#2,12.5\n"


def test_where_no_trades_were_written_the_key_is_named(tmp_path):
    tree = write_tree(tmp_path / "results")
    outcome = inspect(tree, "portfolio_1", "--trades")
    assert outcome.exit_code == 2
    assert outcome.stderr == (
        "portfolio_1: its trades were not written; to have them written, set in the config: `results: {trades: true}`\n"
    )
    assert "only portfolios have trades" in inspect(tree, "data_x", "--trades").stderr


def test_events_as_csv_have_the_fields_of_their_types(traded):
    outcome = inspect(traded, "portfolio_1", "--events", "--type", "FILL", "--head", "1", "--csv")
    (row,) = csv.DictReader(io.StringIO(outcome.stdout))
    assert (row["seq"], row["type"], row["price"], row["ambiguous_bar"]) == ("5", "FILL", "100.25", "False")
    assert "open" not in row
    everything = list(csv.DictReader(io.StringIO(inspect(traded, "portfolio_1", "--events", "--csv").stdout)))
    assert len(everything) == 28
    assert (everything[0]["open"], everything[0]["price"]) == ("100.25", "")


# --- the equity curve ---------------------------------------------------------------------------------------------------


def marks(*equities):
    return [
        PortfolioUpdate(
            START + n * DAY, "portfolio_1", f"portfolio_1:PORTFOLIO_UPDATE:{n}", None, None, e, e, 0.0, 0, 0.0
        )
        for n, e in enumerate(equities, 1)
    ]


def curve_of(tmp_path, *equities):
    tree = write_tree(tmp_path / "results")
    write_trace(tree, "portfolio_1", marks(*equities))
    lines = inspect(tree, "portfolio_1").stdout.splitlines()
    return next((line.split()[1] for line in lines if line.split()[:1] == ["equity"]), None)


def test_the_equity_curve_is_drawn_from_the_marks(tmp_path):
    assert curve_of(tmp_path, 100.0, 107.0, 103.0) == "▁█▄"


def test_a_long_curve_is_thinned_and_keeps_its_end(tmp_path):
    curve = curve_of(tmp_path, *[float(n % 500) for n in range(1000)])
    assert len(curve) == 40
    assert curve[0] == "▁"
    assert curve[-1] == "█"
    assert curve[19:22].count("▁") >= 1


def test_a_flat_curve_is_flat_and_no_curve_is_drawn_of_nothing(tmp_path):
    assert curve_of(tmp_path, 5.0, 5.0) == "▁▁"
    tree = write_tree(tmp_path / "other")
    assert not any(line.startswith("  equity") for line in inspect(tree, "portfolio_1").stdout.splitlines())
