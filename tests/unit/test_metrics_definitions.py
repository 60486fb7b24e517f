"""All metrics together: names, order, nulls with their reasons, the constants used (T1, T2)."""

import json
import math

import numpy as np
import pytest

from engine.metrics.definitions import METRICS, compute_metrics
from engine.metrics.equity import EquityCurve
from engine.metrics.trade_book import TradeBook
from engine.metrics.year import DaysPerYear

T1 = [
    "total_trades",
    "winning_trades",
    "losing_trades",
    "win_rate",
    "total_pnl",
    "gross_profit",
    "gross_loss",
    "profit_factor",
    "expectancy",
    "average_win",
    "average_loss",
    "payoff_ratio",
    "largest_win",
    "largest_loss",
    "average_bars_held",
    "longest_bars_held",
    "max_consecutive_wins",
    "max_consecutive_losses",
    "total_commission",
    "total_slippage",
    "orders",
    "fills",
    "rejected_orders",
    "ambiguous_bars",
    "exit_after_entry_bar",
    "open_trades",
    "unrealised_pnl",
]
T2 = [
    "initial_equity",
    "final_equity",
    "total_return",
    "max_drawdown",
    "longest_drawdown_bars",
    "recovery_bars",
    "exposure",
    "turnover",
    "days",
    "cagr",
    "volatility",
    "sharpe",
    "sortino",
    "calmar",
    "skew",
    "kurtosis",
    "value_at_risk_95",
    "best_day",
    "worst_day",
]
OF_A_SIDE = ("total_trades", "winning_trades", "win_rate", "total_pnl", "gross_profit", "gross_loss", "profit_factor")
SIDES = [f"{side}_{name}" for side in ("long", "short") for name in (*OF_A_SIDE, "expectancy", "average_bars_held")]
BENCHMARK = ["benchmark_return", "alpha", "beta", "tracking_error", "information_ratio", "up_capture", "down_capture"]
CONSTANTS = ["symbols", "days_per_year", "days_per_year_source", "risk_free_rate", "day_zone"]


def measured(trades, equity, **changes):
    terms = {"open_trades": 0, "unrealised_pnl": 0.0, "symbols": ["X"], "years": 0.5, "risk_free_rate": 0.0}
    changes["days_per_year"] = DaysPerYear(changes.get("days_per_year", 252), "why")
    return compute_metrics(trades, equity, **{**terms, **changes})


@pytest.fixture
def account():
    trades = TradeBook()
    trades.on_order("accepted")
    trades.on_fill("X", 10.0, 50.0, 1.0, 0.5, ambiguous=False)
    trades.on_fill("X", 10.0, 55.0, 1.0, 0.5, ambiguous=True)
    trades.on_close("X", "long", 48.0, 50.0, 2)
    equity = EquityCurve(1000.0, 3)
    equity.mark_block(
        np.array([999.0, 1049.0, 1048.0, 1048.0]), np.array([True, True, False, False]), np.array([1, 2, 3])
    )
    return trades, equity


def test_the_names_stand_in_the_order_of_the_rules(account):
    figures, _ = measured(*account)
    assert list(figures) == [*T1, *T2, *SIDES, *BENCHMARK, "total_borrow_cost", "risk_breaches"]
    assert [metric.name for metric in METRICS] == list(figures)


def test_an_account_by_hand(account):
    figures, notes = measured(*account, open_trades=1, unrealised_pnl=-2.5)
    assert figures["total_trades"] == figures["winning_trades"] == figures["orders"] == figures["ambiguous_bars"] == 1
    assert (figures["total_pnl"], figures["total_commission"], figures["total_slippage"]) == (48.0, 2.0, 1.0)
    assert (figures["open_trades"], figures["unrealised_pnl"]) == (1, -2.5)
    assert (figures["initial_equity"], figures["final_equity"]) == (1000.0, 1048.0)
    assert figures["total_return"] == pytest.approx(0.048)
    assert figures["max_drawdown"] == 999.0 / 1000.0 - 1.0
    assert (figures["longest_drawdown_bars"], figures["recovery_bars"]) == (2, 1)
    assert figures["exposure"] == 0.5
    assert figures["turnover"] == pytest.approx(1050.0 / 2 / ((1049.0 + 1048.0 + 1048.0) / 3) / 0.5)
    assert figures["days"] == 3
    assert figures["best_day"] == pytest.approx(0.049)
    assert figures["profit_factor"] is None
    assert notes["profit_factor"] == notes["payoff_ratio"] == "infinite: no trade lost"


def test_every_null_has_a_reason_and_nothing_else_has_one(account):
    empty = TradeBook(), EquityCurve(1000.0, 0)
    for trades, equity in (account, empty):
        figures, notes = measured(trades, equity)
        assert list(notes) == CONSTANTS + [name for name, value in figures.items() if value is None]


def test_a_lane_without_a_bar_has_counts_and_cash_and_says_what_is_missing():
    figures, notes = measured(TradeBook(), EquityCurve(1000.0, 0))
    assert (figures["total_trades"], figures["total_pnl"], figures["final_equity"], figures["days"]) == (
        0,
        0.0,
        1000.0,
        0,
    )
    assert (notes["win_rate"], notes["exposure"], notes["cagr"]) == (
        "no trade was closed",
        "the lane has no bar",
        "the lane has no day",
    )
    assert notes["recovery_bars"] == "equity never fell below its peak"


def test_a_drawdown_that_lasts_has_no_recovery():
    equity = EquityCurve(1000.0, 1)
    equity.mark(900.0, in_market=True, day_end=True)
    assert measured(TradeBook(), equity)[1]["recovery_bars"] == "equity did not come back to its peak"


def test_the_constants_used_stand_first_in_the_notes(account):
    _, notes = measured(*account, days_per_year=365, risk_free_rate=0.02, day_zone="Asia/Tokyo")
    assert {name: notes[name] for name in CONSTANTS} == {
        "symbols": ["X"],
        "days_per_year": 365,
        "days_per_year_source": "why",
        "risk_free_rate": 0.02,
        "day_zone": "Asia/Tokyo",
    }
    assert measured(*account)[1]["day_zone"] == "UTC"


def test_constants_matter(account):
    by_252, _ = measured(*account)
    by_365, _ = measured(*account, days_per_year=365, risk_free_rate=0.05)
    assert by_365["volatility"] == pytest.approx(by_252["volatility"] * math.sqrt(365 / 252))
    assert by_365["sharpe"] < by_252["sharpe"] * math.sqrt(365 / 252)


def test_figures_are_plain_numbers_that_json_takes(account):
    for days_per_year in (252, 365):
        figures, _ = measured(*account, days_per_year=days_per_year)
        assert {type(value) for value in figures.values()} <= {int, float, type(None)}
        assert json.loads(json.dumps(figures, allow_nan=False)) == figures


def test_figures_beyond_a_float_are_null_with_a_reason():
    trades = TradeBook()
    trades.on_fill("X", 1e200, 1e200, 0.0, 0.0, ambiguous=False)
    equity = EquityCurve(1000.0, 1)
    equity.mark(1e-200, in_market=True, day_end=True)
    figures, notes = measured(trades, equity)
    assert figures["turnover"] is None
    assert notes["turnover"] == "the value is beyond what a floating-point number can hold"


def test_measuring_twice_changes_nothing(account):
    """S12: a snapshot in the middle of a run leaves the run as it was."""
    assert measured(*account) == measured(*account)


@pytest.mark.parametrize(
    ("profits", "note"),
    [([], "no trade was closed"), ([0.0], "no trade won or lost"), ([5.0, 0.0], "infinite: no trade lost")],
)
def test_what_a_null_profit_factor_stands_for(profits, note):
    trades = TradeBook()
    for profit in profits:
        trades.on_close("X", "long", profit, profit, 1)
    figures, notes = measured(trades, EquityCurve(1000.0, 0))
    assert (figures["profit_factor"], notes["profit_factor"]) == (None, note)


@pytest.mark.parametrize(
    ("value", "years", "note"),
    [
        (1000.0, 0.0, "no time passed from the first bar to the last"),
        (-5.0, 1.0, "the average equity is not above zero"),
    ],
)
def test_turnover_needs_time_and_equity(value, years, note):
    equity = EquityCurve(1000.0, 1)
    equity.mark(value, in_market=True, day_end=True)
    assert measured(TradeBook(), equity, years=years)[1]["turnover"] == note
