"""docs/analysis.md: every command on the page runs, in the order of the page, and its answers are those of pandas."""

import gzip
import io
import re
import shlex
import shutil
from contextlib import chdir

import msgspec
import pandas as pd
import pytest
from typer.testing import CliRunner

from cli.app import app
from tests.run_command import ROOT

PAGE = (ROOT / "docs" / "analysis.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [shlex.split(block) for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]
RECIPES = {
    title: shlex.split(block)
    for title, block in re.findall(r"^([^\n]+):\n\n```sh\n(admf query .*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
}
ENDS = {"diff": 1}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A folder in which every command of the page was run, and what came of each."""
    folder = tmp_path_factory.mktemp("analysis")
    shutil.copytree(ROOT / "configs", folder / "configs")
    with chdir(folder):
        return folder, [CliRunner().invoke(app, arguments) for _, *arguments in COMMANDS]


def test_every_command_of_the_page_runs(page, monkeypatch):
    folder, outcomes = page
    assert {arguments[1] for arguments in COMMANDS} >= {"run", "query", "replay", "diff", "export"}
    for (name, *arguments), outcome in zip(COMMANDS, outcomes, strict=True):
        assert name == "admf"
        assert outcome.exit_code == ENDS.get(arguments[0], 0), (arguments, outcome.output)
        assert outcome.stdout.count("\n") > 1 or "--quiet" in arguments, arguments
    monkeypatch.chdir(folder)
    for code in PYTHON:
        names: dict[str, object] = {}
        exec(compile(code, "analysis.md", "exec"), names)  # noqa: S102 - the page's own code
        assert names["trades"].fetchall()


@pytest.fixture(scope="module")
def trees(page):
    """The results of the runs that recipes ask about, by the name that they have on the page."""
    return {name: page[0] / name for name in ("results", "results_sweep")}


@pytest.fixture
def tree(trees):
    return trees["results"]


def lines(tree, name):
    """The lines of all containers' files of this name, each with its container."""
    return pd.DataFrame(
        {"container_id": path.parent.name, **msgspec.json.decode(line)}
        for path in sorted(tree.glob(f"*/{name}.jsonl.gz"))
        for line in gzip.decompress(path.read_bytes()).splitlines()
    )


def best(tree):
    results = [msgspec.json.decode(path.read_bytes()) for path in tree.glob("*/metrics.json")]
    names = ["total_trades", "total_return", "sharpe"]
    rows = [[each["container_id"], *map(each["metrics"].get, names)] for each in results if each["type"] == "portfolio"]
    frame = pd.DataFrame(rows, columns=["container_id", *names])
    return frame[frame.total_trades > 5].sort_values("sharpe", ascending=False).head(10)


def by_year(tree):
    trades = lines(tree, "trades")
    trades["year"] = pd.to_datetime(trades.timestamp).dt.year
    grouped = trades.groupby(["container_id", "year"]).net_pnl
    return pd.DataFrame({"trades": grouped.size(), "net": grouped.sum()}).reset_index()


def by_month(tree):
    def changes(equity):
        marks = equity.set_index(pd.to_datetime(equity.timestamp).dt.tz_localize(None)).equity
        ends = marks.groupby(marks.index.to_period("M")).last()
        return (ends / ends.shift(fill_value=marks.iloc[0]) - 1).rename_axis("month").rename("change").reset_index()

    parts = [changes(equity).assign(container_id=id_) for id_, equity in lines(tree, "equity").groupby("container_id")]
    frame = pd.concat(parts)[["container_id", "month", "change"]]
    return frame.assign(month=frame.month.dt.start_time.dt.date.astype(str))


def of_type(tree, type_, *columns):
    events = lines(tree, "events")
    return events[events.type == type_][["container_id", *columns]]


def fills(tree):
    own = of_type(tree, "FILL", "seq", "timestamp", "symbol", "event_id", "side", "price", "commission", "slippage")
    bars = of_type(tree, "BAR", "timestamp", "symbol", "open")
    joined = own.merge(bars, on=["container_id", "timestamp", "symbol"]).sort_values("seq").head(5)
    return joined[["event_id", "side", "price", "open", "commission", "slippage"]]


def decisions(tree):
    signals = of_type(tree, "SIGNAL", "seq", "timestamp", "direction", "causation_id")
    features = of_type(tree, "FEATURES", "event_id", "values")
    joined = signals.merge(features, left_on=["container_id", "causation_id"], right_on=["container_id", "event_id"])
    joined = joined.sort_values("seq").head(5)
    values = pd.DataFrame(list(joined["values"]), index=joined.index)[["fast", "slow"]]
    return pd.concat([joined[["timestamp", "direction"]], values], axis=1)


def swept(tree):
    """The parameters and the total return of each portfolio."""
    results = [msgspec.json.decode(path.read_bytes()) for path in tree.glob("*/metrics.json")]
    rows = [
        {"container_id": each["container_id"], **each["parameters"], "change": each["metrics"]["total_return"]}
        for each in results
        if each["type"] == "portfolio"
    ]
    return pd.DataFrame(rows)


def by_fast(tree):
    grouped = swept(tree).groupby("fast").change
    return pd.DataFrame({"portfolios": grouped.size(), "mean": grouped.mean(), "best": grouped.max()}).reset_index()


def by_slow(tree):
    grouped = lines(tree, "trades").merge(swept(tree), on="container_id").groupby("slow")
    columns = {"trades": grouped.size(), "bars": grouped.bars_held.mean(), "net": grouped.net_pnl.mean()}
    return pd.DataFrame(columns).reset_index()


def by_day(tree):
    events = lines(tree, "events").assign(day=lambda frame: frame.timestamp.str[:10])
    events = events[events.day.isin(events[events.type == "FILL"].day)]
    return events.groupby(["day", "type"]).size().rename("events").reset_index().head(20)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("The best portfolios by Sharpe ratio among those that traded enough", best),
        ("Profit by year of the exit", by_year),
        (
            "Monthly returns from the equity, each from the end of the month before, the first from the initial equity",
            by_month,
        ),
        ("What the fills cost, and how far each was from the open of its bar", fills),
        ("The features at the bar on which a decision was made", decisions),
        ("How many events of each type there are on each day that had a fill", by_day),
        ("The return by one parameter, the others averaged", by_fast),
        ("How long trades last and what they earn, for each value of a parameter", by_slow),
    ],
)
def test_a_recipe_gives_what_pandas_gives(trees, title, expected):
    _, question, name, sql, *_ = RECIPES[title]
    tree = trees[name]
    outcome = CliRunner().invoke(app, [question, str(tree), sql, "--csv"])
    assert outcome.exit_code == 0
    found = pd.read_csv(io.StringIO(outcome.stdout))
    pd.testing.assert_frame_equal(found, expected(tree).reset_index(drop=True), check_dtype=False, rtol=1e-12)


def test_every_recipe_is_compared():
    (mark,) = test_a_recipe_gives_what_pandas_gives.pytestmark
    assert [title for title, _ in mark.args[1]] == list(RECIPES)


def test_months_make_the_whole_return(tree):
    """The product of the monthly returns is the return of the run: no day is lost."""
    frame = by_month(tree)
    for id_, changes in frame.groupby("container_id").change:
        metrics = msgspec.json.decode((tree / id_ / "metrics.json").read_bytes())["metrics"]
        assert (1 + changes).prod() == pytest.approx(1 + metrics["total_return"])
