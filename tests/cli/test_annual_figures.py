"""T2 over whole runs: annual figures of data of many kinds, by pandas' arithmetic, on every path, and replayed."""

import gzip
import itertools

import msgspec
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from cli.app import app
from tests.run_command import read_json, run
from tests.run_configs import write_config

CONFIG = """
name: annual
containers:
  - {{id: data_x, type: data, source: {{path: x.csv, symbol: X}}}}
  - id: portfolio_1
    type: portfolio
    inputs: [data_x]
    strategy: {{name: buy_and_hold}}
    event_tracing: {{mode: full}}
    {keys}
results: {{equity: true}}
"""


def weekdays(first, periods, tz=None):
    return pd.bdate_range(first, periods=periods, tz=tz)


def currencies(weeks):
    sundays = pd.date_range("2020-01-05", periods=weeks, freq="W-SUN", tz="America/New_York")
    hours = (pd.date_range(day + pd.Timedelta(hours=17), periods=120, freq="h") for day in sundays)
    return pd.DatetimeIndex(itertools.chain.from_iterable(hours))


def write_bars(path, index, seed=1):
    """A walk over these moments; every bar opens at the close before."""
    closes = 100 * np.cumprod(1 + np.random.default_rng(seed).normal(0.001, 0.01, len(index)))
    opens = np.concatenate(([100.0], closes[:-1]))
    frame = pd.DataFrame({"open": opens, "high": np.maximum(opens, closes), "low": np.minimum(opens, closes)})
    frame.assign(close=closes, volume=1.0).set_axis(index.astype(str)).to_csv(path, index_label="date")


def finished(home, keys="", index=None, options=()):
    """The metrics.json of a run over bars at these moments, which a replay confirms."""
    if index is not None:
        write_bars(home / "x.csv", index)
    config = write_config(home, CONFIG.format(keys=keys))
    outcome = run(config, "--output", home / "results", "--quiet", "--overwrite", *options)
    assert outcome.exit_code == 0, outcome.stderr
    again = CliRunner().invoke(app, ["replay", str(home / "results"), "portfolio_1"])
    assert again.exit_code == 0, again.stdout
    return read_json(home / "results" / "portfolio_1" / "metrics.json")


def marks(home):
    """The equity, by the moment of each mark."""
    path = home / "results" / "portfolio_1" / "equity.jsonl.gz"
    frame = pd.DataFrame(map(msgspec.json.decode, gzip.decompress(path.read_bytes()).splitlines()))
    return frame.set_index(pd.to_datetime(frame.timestamp)).equity


@pytest.mark.parametrize(
    ("number", "index"),
    [
        (252, weekdays("2020-01-06", 60, "Europe/Berlin")),
        (252, weekdays("2020-01-06", 60, "Asia/Tokyo")),
        (252, weekdays("2020-03-02", 21)),
        (260, weekdays("2019-01-01", 522)),
        (312, currencies(4)),
        (365, pd.date_range("2020-01-01", periods=90)),
        (52, pd.date_range("2018-01-05", periods=120, freq="7D")),
        (12, pd.date_range("2010-01-31", periods=121, freq="ME")),
        (4, pd.date_range("2010-01-31", periods=40, freq="QE")),
    ],
    ids=["berlin", "tokyo", "a month", "no holidays", "currencies", "crypto", "weeks", "months", "quarters"],
)
def test_t2_figures_are_those_of_pandas(tmp_path, number, index):
    document = finished(tmp_path, index=index)
    figures, notes = document["metrics"], document["metric_notes"]
    assert notes["days_per_year"] == number
    utc = index.tz_convert("UTC") if index.tz else index.tz_localize("UTC")
    equity = marks(tmp_path)
    daily = equity.groupby(equity.index.floor("D")).last()
    returns = daily.pct_change().fillna(daily.iloc[0] / 100_000 - 1)
    years = (utc[-1] - utc[0]) / pd.Timedelta(days=365.25)
    assert figures["days"] == len(daily) == utc.floor("D").nunique()
    assert figures["cagr"] == pytest.approx((daily.iloc[-1] / 100_000) ** (1 / years) - 1)
    assert figures["volatility"] == pytest.approx(returns.std() * number**0.5)
    assert figures["sharpe"] == pytest.approx(returns.mean() / returns.std() * number**0.5)
    below = returns.clip(upper=0.0)
    assert figures["sortino"] == pytest.approx(returns.mean() / (below**2).mean() ** 0.5 * number**0.5)
    traded = (1 + figures["final_equity"] / 100_000) * 100_000
    assert figures["turnover"] == pytest.approx(traded / 2 / daily.mean() / years, rel=0.03)


def test_a_day_that_ends_at_five_in_new_york_has_no_stub_on_sundays(tmp_path):
    index = currencies(2)
    assert finished(tmp_path, index=index)["metrics"]["days"] == 12
    document = finished(tmp_path, 'day_zone: "17:00 America/New_York"')
    assert (document["metrics"]["days"], document["metric_notes"]["day_zone"]) == (10, "17:00 America/New_York")
    equity = marks(tmp_path)
    clock = equity.index.tz_convert("America/New_York") - pd.Timedelta(hours=17)
    daily = equity.groupby(clock.date).last()
    returns = daily.pct_change().fillna(daily.iloc[0] / 100_000 - 1)
    assert document["metrics"]["volatility"] == pytest.approx(returns.std() * 252**0.5)


BESIDE = """
name: beside
containers:
  - {id: data_x, type: data, source: {path: x.csv, symbol: X}}
  - {id: data_b, type: data, source: {path: b.csv, symbol: B}}
  - id: portfolio_1
    type: portfolio
    inputs: [data_x]
    strategy: {name: buy_and_hold}
    benchmark: data_b
    close_at_end: false
    event_tracing: {mode: full}
"""


@pytest.mark.parametrize(
    ("tz", "start", "bars", "zone"),
    [("Asia/Seoul", "8h45min", 7, "14:45 UTC"), ("America/New_York", "4h", 16, "04:00 UTC")],
)
def test_sessions_over_midnight_are_days_on_every_path_and_beside_daily_bars(tmp_path, tz, start, bars, zone):
    """Days end where there are no bars; a benchmark that is stamped with dates has the days of the calendar."""
    dates = weekdays("2019-01-02", 300)
    opens = dates.tz_localize(tz) + pd.Timedelta(start)
    index = pd.DatetimeIndex(
        np.sort(np.concatenate([(opens + k * pd.Timedelta("1h")).to_numpy() for k in range(bars)]))
    )
    write_bars(tmp_path / "x.csv", index.tz_convert("UTC"))
    hourly = pd.read_csv(tmp_path / "x.csv")
    daily = hourly.iloc[bars - 1 :: bars].set_index(dates.strftime("%Y-%m-%d"))[
        ["open", "high", "low", "close", "volume"]
    ]
    daily["high"], daily["low"] = (
        daily[["open", "high", "close"]].max(axis=1),
        daily[["open", "low", "close"]].min(axis=1),
    )
    daily.to_csv(tmp_path / "b.csv", index_label="date")
    documents = []
    for options in (("--path", "event"), ("--path", "kernel"), ("--workers", "2"), ("--set", "block_size=50")):
        outcome = run(
            write_config(tmp_path, BESIDE), "--output", tmp_path / "results", "--quiet", "--overwrite", *options
        )
        assert outcome.exit_code == 0, outcome.stderr
        again = CliRunner().invoke(app, ["replay", str(tmp_path / "results"), "portfolio_1"])
        assert again.exit_code == 0, again.stdout
        documents.append(read_json(tmp_path / "results" / "portfolio_1" / "metrics.json"))
    figures, notes = documents[0]["metrics"], documents[0]["metric_notes"]
    assert all((each["metrics"], each["metric_notes"]) == (figures, notes) for each in documents)
    assert (figures["days"], notes["days_per_year"]) == (300, 260)
    assert (notes["day_zone"], notes["benchmark_day_zone"]) == (zone, "UTC")
    assert notes["day_zone_source"].startswith("there is no bar between")
    assert figures["beta"] == pytest.approx(1.0, abs=0.02)  # but for the first day, at whose opens the two are bought
    stated = finished(tmp_path, f"day_zone: {tz}")
    assert stated["metrics"]["sharpe"] == figures["sharpe"]
    assert "day_zone_source" not in stated["metric_notes"]


def test_what_the_config_states_holds_and_is_replayed(tmp_path):
    inferred = finished(tmp_path, index=weekdays("2020-01-06", 60))
    stated = finished(tmp_path, "days_per_year: 250")
    assert (stated["metric_notes"]["days_per_year"], stated["metric_notes"]["days_per_year_source"]) == (
        250,
        "set in the config",
    )
    assert stated["metrics"]["sharpe"] == pytest.approx(inferred["metrics"]["sharpe"] * (250 / 252) ** 0.5)
    assert stated["metrics"]["cagr"] == inferred["metrics"]["cagr"]


@pytest.mark.parametrize("index", [currencies(3), pd.date_range("2010-01-31", periods=50, freq="ME")])
def test_no_path_no_block_and_no_worker_changes_them(tmp_path, index):
    documents = [
        finished(tmp_path, index=index, options=options)
        for options in (
            ("--path", "event"),
            ("--path", "kernel"),
            ("--workers", "2", "--path", "kernel"),
            ("--set", "block_size=7", "--path", "event"),
            ("--set", "block_size=7"),
        )
    ]
    assert all(each["metrics"] == documents[0]["metrics"] for each in documents)
    assert all(each["metric_notes"] == documents[0]["metric_notes"] for each in documents)


TWO = """
name: two
containers:
  - {{id: stock, type: data, source: {{path: stock.csv, symbol: S}}}}
  - {{id: crypto, type: data, source: {{path: crypto.csv, symbol: C}}}}
  - id: portfolio_1
    type: portfolio
    inputs: [{inputs}]
    strategy: {{name: buy_and_hold}}
    {keys}
    event_tracing: {{mode: full}}
"""


@pytest.fixture
def two(tmp_path):
    """A run over two kinds of market: the document of the portfolio, and what the data containers returned."""
    write_bars(tmp_path / "stock.csv", weekdays("2020-01-06", 60))
    write_bars(tmp_path / "crypto.csv", pd.date_range("2020-01-01", periods=90), seed=2)

    def finish(inputs, keys="sizing: {name: fixed_quantity, quantity: 10}"):
        config = write_config(tmp_path, TWO.format(inputs=inputs, keys=keys))
        outcome = run(config, "--output", tmp_path / "results", "--quiet", "--overwrite")
        assert outcome.exit_code == 0, outcome.stderr
        again = CliRunner().invoke(app, ["replay", str(tmp_path / "results"), "portfolio_1"])
        assert again.exit_code == 0, again.stdout
        return [read_json(tmp_path / "results" / id_ / "metrics.json") for id_ in ("portfolio_1", "stock", "crypto")]

    return finish


def test_a_stock_and_a_crypto_currency_make_a_year_of_365_days(two):
    assert two("stock, crypto")[0]["metric_notes"]["days_per_year"] == 365


@pytest.mark.parametrize(("step", "refused"), [("h", True), ("D", False), ("7D", False), ("ME", False)])
def test_a_volatility_target_knows_a_year_of_bars_that_are_not_shorter_than_days(tmp_path, step, refused):
    write_bars(tmp_path / "x.csv", pd.date_range("2020-01-31", periods=60, freq=step))
    keys = "sizing: {name: volatility_target, percent: 10, bars: 5}"
    outcome = run(write_config(tmp_path, CONFIG.format(keys=keys)), "--output", tmp_path / "results", "--quiet")
    assert outcome.exit_code == (2 if refused else 0)
    assert ("bars_per_year: must be said where there are several bars a day" in outcome.stderr) == refused


def test_a_benchmark_of_another_calendar_is_paired_over_the_same_time(two):
    """A crypto currency beside a stock: a pair for each day of the stock, over weekends from Friday to Monday."""
    portfolio, stock, _ = two("crypto", "benchmark: stock")
    figures, notes = portfolio["metrics"], portfolio["metric_notes"]
    assert notes["benchmark_days"] == "30 of 90 days have no return of the benchmark and are left out"
    assert figures["benchmark_return"] == pytest.approx(stock["metrics"]["buy_and_hold_return"])


def test_a_benchmark_without_gaps_needs_no_note(two):
    portfolio, _, crypto = two("stock", "benchmark: crypto")
    assert "benchmark_days" not in portfolio["metric_notes"]
    assert portfolio["metrics"]["benchmark_return"] != pytest.approx(crypto["metrics"]["buy_and_hold_return"])


@pytest.mark.parametrize("part", [slice(0, 40), slice(30, 60), slice(10, 50, 2)], ids=["ends", "begins", "gaps"])
def test_the_symbol_as_its_own_benchmark_has_a_beta_of_one(two, tmp_path, part):
    """Whatever of the benchmark's file is missing: nothing is compared with a day that it has no return on."""
    bars = pd.read_csv(tmp_path / "stock.csv")
    bars.iloc[part].to_csv(tmp_path / "crypto.csv", index=False)
    portfolio, stock, other = two("stock", "benchmark: crypto\n    sizing: {name: percent_of_equity, percent: 95}")
    figures = portfolio["metrics"]
    whole = two("stock", "benchmark: stock\n    sizing: {name: percent_of_equity, percent: 95}")[0]["metrics"]
    assert figures["benchmark_return"] == pytest.approx(other["metrics"]["buy_and_hold_return"])
    assert whole["benchmark_return"] == pytest.approx(stock["metrics"]["buy_and_hold_return"])
    assert 0.9 < figures["beta"] < 1.05
    assert figures["tracking_error"] < 0.05
