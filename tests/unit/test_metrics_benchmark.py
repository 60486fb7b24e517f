"""Metrics beside a benchmark, against empyrical and statsmodels, and by hand where something is missing (rule T5)."""

import warnings
from dataclasses import replace
from math import nan

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.market.benchmark import BenchmarkFeed
from engine.market.durations import DAY, HOUR
from engine.market.timeline import Clock, Feed, union
from engine.metrics.benchmark import Comparison
from engine.metrics.benchmark_metrics import BENCHMARK_METRICS
from engine.metrics.daily import DailyReturns
from engine.metrics.days import day_ends
from engine.metrics.metric import Undefined
from tests.building import data, make_bars, own, play, portfolio, read_only, walk, wishing

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import empyrical

YEAR, FREE = 252, 0.03
moves = st.floats(-0.2, 0.25).map(lambda move: round(move, 6))


def grown(returns, start=100.0):
    """Values with these returns between them."""
    return start * np.cumprod(np.concatenate(([1.0], 1.0 + np.asarray(returns))))


def compared(own, other, free=FREE):
    """The metrics of values beside those of a benchmark, by name; reasons where there is none."""
    daily = DailyReturns(np.asarray(own, np.float64), days_per_year=YEAR, risk_free_rate=free, years=1.0)
    pair = Comparison(daily, None if other is None else np.asarray(other, np.float64))
    found = {metric.name: metric.measure(pair) for metric in BENCHMARK_METRICS}
    return {name: value.reason if isinstance(value, Undefined) else value for name, value in found.items()}


@settings(max_examples=15)
@given(st.lists(st.tuples(moves, moves), min_size=5, max_size=60))
def test_t5_they_are_those_of_the_libraries(pairs):
    r, b = (np.array(column) for column in zip(*pairs, strict=True))
    if np.ptp(b) < 1e-3 or np.ptp(r - b) < 1e-3:
        return
    figures = compared(grown(r), grown(b))
    fit = sm.OLS(r - FREE / YEAR, sm.add_constant(b - FREE / YEAR, has_constant="add")).fit()
    assert figures["alpha"] == pytest.approx(fit.params[0] * YEAR, rel=1e-6, abs=1e-9)
    assert figures["beta"] == pytest.approx(fit.params[1], rel=1e-6, abs=1e-9)
    assert figures["beta"] == pytest.approx(empyrical.beta(r, b, FREE / YEAR), rel=1e-6, abs=1e-9)
    assert figures["information_ratio"] == pytest.approx(empyrical.excess_sharpe(r, b) * YEAR**0.5, rel=1e-6, abs=1e-9)
    assert figures["tracking_error"] == pytest.approx(empyrical.annual_volatility(r - b), rel=1e-6)
    assert figures["benchmark_return"] == pytest.approx(empyrical.cum_returns_final(b), rel=1e-6, abs=1e-9)
    for name, days in (("up_capture", b > 0), ("down_capture", b < 0)):
        if days.any() and abs(np.log1p(b[days]).mean()) > 1e-4:
            expected = getattr(empyrical, name)(r, b)
            assert figures[name] == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_a_portfolio_that_is_its_benchmark():
    values = grown([0.01, -0.02, 0.03, 0.005])
    assert compared(values, values * 7.0) == {
        "benchmark_return": pytest.approx(values[-1] / values[0] - 1),
        "alpha": pytest.approx(0.0, abs=1e-12),
        "beta": pytest.approx(1.0),
        "tracking_error": pytest.approx(0.0, abs=1e-12),
        "information_ratio": "the return beyond the benchmark's does not differ from day to day",
        "up_capture": pytest.approx(1.0),
        "down_capture": pytest.approx(1.0),
    }


@pytest.mark.parametrize(
    ("own", "other", "reasons"),
    [
        ([100, 110], None, {"no benchmark is set"}),
        ([1e-200, 1e-150, 1e-100, 1e-50], [1, 1, np.nan, 1], {"a return is too large for sums over its powers"}),
        ([1, 2, 3], [1e-200, 1, 1e200], {"a return is too large for sums over its powers"}),
        ([100, 110, 120], [np.nan, np.nan, np.nan], {"the benchmark has no return on any day of the lane"}),
        ([100, -5, 120], [5, 6, 7], {"equity fell to zero or below, so later returns mean nothing"}),
        ([100], [5], {"the benchmark has no return on any day of the lane"}),
    ],
)
def test_without_a_pair_of_returns_there_is_no_figure(own, other, reasons):
    assert set(compared(own, other).values()) == reasons


def test_what_one_day_or_a_still_benchmark_cannot_tell():
    one = compared([100, 110], [10, 12])
    assert one["up_capture"] == pytest.approx((1.1**YEAR - 1) / (1.2**YEAR - 1))
    assert one["down_capture"] == "the benchmark fell on no day"
    assert one["beta"] == one["tracking_error"] == "2 days with the benchmark's return are needed and there is 1"
    still = compared([100, 110, 120], [10, 10, 10])
    assert still["beta"] == still["alpha"] == "the benchmark's daily returns do not differ from one another"
    assert still["up_capture"] == "the benchmark rose on no day"


def test_days_before_the_benchmark_begins_and_after_it_ends_are_left_out():
    whole = compared(grown([0.02, 0.01, -0.03])[1:], grown([0.5, 0.01, -0.02])[1:])
    late = [1.0, np.nan, *grown([0.01, -0.02], start=1.0)[1:]]
    assert compared(grown([0.02, 0.01, -0.03]), late) == pytest.approx(whole)
    early = [*grown([0.01, -0.02]), np.nan, np.nan]
    assert compared(grown([0.01, -0.03, 0.4, 0.1]), early) == pytest.approx(compared(grown([0.01, -0.03]), early[:3]))


def test_after_a_gap_both_returns_run_from_before_it():
    """So a portfolio that is its benchmark stays so where the benchmark's file has gaps, and fewer pairs make a year."""
    values = grown([0.01, -0.02, 0.03, 0.005, -0.01, 0.02])
    gaps = values * 7.0
    gaps[[2, 3]] = np.nan
    figures = compared(values, gaps)
    assert figures["beta"] == pytest.approx(1.0)
    assert (figures["tracking_error"], figures["alpha"]) == pytest.approx((0.0, 0.0), abs=1e-12)
    assert figures["benchmark_return"] == pytest.approx(values[-1] / values[0] - 1)
    own, other = np.array([0.01, 1.02 * 1.03 - 1, 0.02]), np.array([0.02, -0.01, 0.03])
    gapped = compared(
        grown([0.01, 0.02, (1.02 * 1.03) / 1.02 - 1, 0.02]), [*grown(other[:1]), np.nan, *grown(other)[2:]]
    )
    pairs_per_year = YEAR * 3 / 4
    assert gapped["tracking_error"] == pytest.approx(np.std(own - other, ddof=1) * pairs_per_year**0.5)
    assert gapped["information_ratio"] == pytest.approx(empyrical.excess_sharpe(own, other) * pairs_per_year**0.5)


@pytest.mark.parametrize(
    ("lane", "benchmark", "days", "values"),
    [
        ([0, 1, 2], [0, 1, 2], [0, 1, 2], [90, 100, 101, 102]),
        ([1, 2], [0, 1, 2], [0, 1], [91, 101, 102]),
        ([2, 3], [0, 3], [0, 1], [91, np.nan, 101]),
        ([0, 1, 2, 3], [0, 3], [0, 1, 2, 3], [90, 100, np.nan, np.nan, 101]),
        ([0, 1, 2], [1, 2], [0, 1, 2], [90, np.nan, 100, 101]),
        ([0, 1, 2, 3], [0, 1], [0, 1, 2, 3], [90, 100, 101, np.nan, np.nan]),
        ([0, 0.5, 1, 1.5], [0.5, 1.5], [1, 3], [90, 100, 101]),
        ([2, 3], [0, 1], [0, 1], [np.nan, np.nan, np.nan]),
        ([0, 5], [1, 2, 3], [0, 1], [90, np.nan, 102]),
        ([0, 1, 2], [0.2, 1.2, 2.2], [0, 1, 2], [90, 100, 101, 102]),
        ([1, 2, 3], [0.2, 1.2, 3.2], [0, 1, 2], [91, 101, np.nan, 102]),
        ([0, 1], [0, 0.5, 1, 1.5, 1.75], [0, 1], [90, 101, 104]),
        ([0.9, 1.9], [0, 1], [0, 1], [90, 100, 101]),
    ],
    ids=[
        "the same bars",
        "it began before",
        "it began before and pauses",
        "it pauses",
        "it begins later",
        "it ends before",
        "later on the first day",
        "it is over",
        "between two days",
        "later on each day",
        "later on each day, with a pause",
        "of shorter bars",
        "earlier on each day",
    ],
)
def test_a_benchmark_is_bought_at_its_open_and_worth_its_close_on_the_days_it_has(lane, benchmark, days, values):
    bars = make_bars([100.0 + k for k in range(len(benchmark))], opens=[90.0 + k for k in range(len(benchmark))])
    bars = replace(bars, timestamps=(DAY * np.array(benchmark)).astype(np.int64))
    own = replace(make_bars([1.0] * len(lane)), timestamps=(DAY * np.array(lane)).astype(np.int64))
    beside = beside_of(own, bars)
    assert beside.days.rows.tolist() == days
    np.testing.assert_array_equal(beside.closes(len(lane)), values)


def beside_of(own, bars, *, has_ended=True):
    """Bars as a benchmark of others."""
    steps = union([own.timestamps, bars.timestamps])
    feeds = [
        Feed(f"data_{k}", each.symbol, each, steps.searchsorted(each.timestamps)) for k, each in enumerate((own, bars))
    ]
    days = [day_ends(each.timestamps, None) for each in (own, bars)]
    return BenchmarkFeed(feeds[1], Clock(feeds[:1]), *days, lambda: has_ended)


def test_a_benchmark_of_longer_bars_is_bought_in_the_bar_that_the_lane_begins_in():
    hours = make_bars([1.0] * 4)
    hours = replace(hours, timestamps=DAY * 3 + DAY // 24 * np.array([15, 16, 40, 41]))
    daily = replace(make_bars([100.0, 101.0, 102.0, 103.0, 104.0], opens=[90.0] * 5), timestamps=DAY * np.arange(5))
    assert beside_of(hours, daily).closes(4).tolist() == [90.0, 103.0, 104.0]


def test_a_day_under_way_ends_at_the_last_bar():
    bars = make_bars([10.0, 11.0, 12.0, 13.0], days=[0, 0.5, 1, 1.5])
    benchmark = beside_of(bars, bars, has_ended=False)
    assert [benchmark.closes(n).tolist() for n in (1, 3)] == [[10.0, 10.0], [10.0, 11.0, 12.0]]
    assert np.isnan(benchmark.closes(0)).tolist() == [True]


def test_a_portfolio_under_way_knows_nothing_of_a_benchmark_that_comes_later_in_the_day():
    own, other = make_bars([1.0] * 3), make_bars([10.0, 11.0, 12.0], days=[0.2, 1.2, 2.2])
    assert beside_of(own, other, has_ended=False).closes(2)[1:].tolist() == pytest.approx([10.0, nan], nan_ok=True)
    assert beside_of(own, other).closes(3).tolist() == [10.0, 10.0, 11.0, 12.0]


OWN_WISH = own("wish")
OWN = walk(80, seed=3, wishes=[0, *[1] * 79])
OTHER = walk(80, seed=4, symbol="B")


def test_a_portfolio_compares_with_any_data_and_hears_its_bars():
    run = play(
        [
            data(),
            data("data_b", "B"),
            wishing("beside", benchmark="data_b"),
            wishing("same", benchmark="data_x"),
            wishing(),
        ],
        {"data_x": OWN, "data_b": OTHER},
    )
    figures, notes = run["beside"].metrics()
    assert figures["benchmark_return"] == pytest.approx(OTHER.close[-1] / OTHER.open[0] - 1)
    assert figures["beta"] is not None
    assert (notes["benchmark"], "benchmark" in run["portfolio_1"].metrics()[1]) == ("data_b", False)
    assert [bar.source for bar in run.events("beside", "BAR")] == ["data_x", "data_b"] * 80
    assert [bar.source for bar in run.events("same", "BAR")] == ["data_x"] * 80
    assert run.metrics("same")["beta"] > 0
    plain = run.metrics("portfolio_1")
    compared_with = {*(metric.name for metric in BENCHMARK_METRICS)}
    assert {name for name in plain if plain[name] != figures[name]} == compared_with


@pytest.mark.parametrize("hours", [0, 5, 21])
def test_t2_the_hour_at_which_a_benchmark_is_stamped_changes_no_figure(hours):
    held = replace(OTHER, symbol="X", extras={"wish": read_only(np.array([0.0] + [1.0] * 79))})
    later = replace(OTHER, timestamps=read_only(OTHER.timestamps + hours * HOUR))
    containers = [data(), data("data_b", "B"), wishing(benchmark="data_b")]
    same = play(containers, {"data_x": held, "data_b": OTHER}).metrics()
    found = play(containers, {"data_x": held, "data_b": later}).metrics()
    assert found == same
    assert found["beta"] > 0


def test_figures_of_sides_and_symbols_add_up():
    wishes = ([0, 1, 1, -1, -1, 0, 1, 0, -1, 0] * 8, [1, 1, 0, 0, -1, -1, -1, 1, 1, 0] * 8)
    bars = {f"data_{k}": walk(80, seed=k, symbol=f"S{k}", wishes=wish) for k, wish in enumerate(wishes)}
    run = play(
        [data("data_0", "S0"), data("data_1", "S1"), portfolio(inputs=["data_0", "data_1"], strategy=OWN_WISH)], bars
    )
    figures = run.metrics()
    closes = run.events("portfolio_1", "POSITION_CLOSE")
    for name in ("total_trades", "winning_trades", "total_pnl", "gross_profit", "gross_loss"):
        for groups in (("long_", "short_"), ("S0.", "S1.")):
            assert sum(figures[group + name] for group in groups) == pytest.approx(figures[name])
    assert figures["S0.fills"] + figures["S1.fills"] == figures["fills"]
    assert figures["short_total_pnl"] == pytest.approx(sum(c.net_pnl for c in closes if c.side == "short"))
    assert figures["S1.total_pnl"] == pytest.approx(sum(c.net_pnl for c in closes if c.symbol == "S1"))
    assert figures["short_total_trades"] > 5
