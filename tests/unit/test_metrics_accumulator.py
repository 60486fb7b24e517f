"""Running trade statistics against lists kept by hand (T1, T4, B3)."""

import math
from itertools import groupby

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.metrics.accumulator import TradeStatistics
from engine.metrics.metric import Undefined
from engine.metrics.trade_metrics import TRADE_METRICS, payoff_ratio

nets = st.sampled_from([0.0, 1.0, -1.0, 2.5]) | st.floats(-1e9, 1e9)
trades = st.lists(st.tuples(nets, st.integers(0, 5000)), max_size=40)
fills = st.lists(
    st.tuples(st.floats(1e-9, 1e6), st.floats(1e-4, 1e6), st.floats(0, 1e4), st.floats(0, 1e4), st.booleans()),
    max_size=40,
)


def statistics_of(closed):
    statistics = TradeStatistics()
    for net, bars in closed:
        statistics.on_close(net, net + 1.0, bars)
    return statistics


def figures(statistics):
    measured = {metric.name: metric.measure(statistics) for metric in TRADE_METRICS}
    return {name: None if isinstance(value, Undefined) else value for name, value in measured.items()}


def in_order(values):
    total = 0.0
    for value in values:
        total += value
    return total


def longest_run(flags):
    return max((len(list(run)) for flag, run in groupby(flags) if flag), default=0)


def finite(value):
    """What a metric says instead of a number that is none."""
    return value if math.isfinite(value) else None


@given(trades)
def test_trade_metrics_equal_a_plain_reading_of_the_list_of_trades(closed):
    found = figures(statistics_of(closed))
    all_nets = [net for net, _ in closed]
    wins = [net for net in all_nets if net > 0]
    losses = [net for net in all_nets if net < 0]
    bars = [held for _, held in closed]
    assert (found["total_trades"], found["winning_trades"], found["losing_trades"]) == (
        len(closed),
        len(wins),
        len(losses),
    )
    assert found["win_rate"] == (len(wins) / len(closed) if closed else None)
    assert found["total_pnl"] == in_order(all_nets)
    assert (found["gross_profit"], found["gross_loss"]) == (in_order(wins), in_order(losses))
    assert found["profit_factor"] == (finite(in_order(wins) / -in_order(losses)) if losses else None)
    assert found["expectancy"] == (in_order(all_nets) / len(closed) if closed else None)
    assert found["average_win"] == (in_order(wins) / len(wins) if wins else None)
    assert found["average_loss"] == (in_order(losses) / len(losses) if losses else None)
    assert found["largest_win"] == max(wins, default=None)
    assert found["largest_loss"] == min(losses, default=None)
    assert found["average_bars_held"] == (sum(bars) / len(bars) if bars else None)
    assert found["longest_bars_held"] == max(bars, default=None)
    assert found["max_consecutive_wins"] == longest_run([net > 0 for net in all_nets])
    assert found["max_consecutive_losses"] == longest_run([net < 0 for net in all_nets])


@given(fills)
def test_fill_metrics_equal_a_plain_reading_of_the_list_of_fills(done):
    statistics = TradeStatistics()
    for quantity, price, commission, slippage, ambiguous in done:
        statistics.on_fill(quantity, price, commission, slippage, ambiguous=ambiguous)
    found = figures(statistics)
    assert found["fills"] == len(done)
    assert found["total_commission"] == in_order(fill[2] for fill in done)
    assert found["total_slippage"] == in_order(fill[3] for fill in done)
    assert found["ambiguous_bars"] == len([fill for fill in done if fill[4]])
    assert statistics.traded_notional == in_order(fill[0] * fill[1] for fill in done)


@given(trades)
def test_a_vectorised_path_that_accumulates_in_order_gets_the_same_bits(closed):
    """B3."""
    all_nets = np.array([0.0, *(net for net, _ in closed)])
    statistics = statistics_of(closed)
    assert statistics.total_pnl == np.add.accumulate(all_nets)[-1]
    assert statistics.gross_profit == np.add.accumulate(np.where(all_nets > 0, all_nets, 0.0))[-1]


def test_a_trade_that_breaks_even_neither_wins_nor_loses_and_ends_a_streak():
    found = figures(statistics_of([(1.0, 1), (1.0, 1), (0.0, 1), (1.0, 1), (-1.0, 1), (0.0, 1), (-1.0, 1)]))
    assert (found["winning_trades"], found["losing_trades"]) == (3, 2)
    assert (found["max_consecutive_wins"], found["max_consecutive_losses"]) == (2, 1)


def test_payoff_ratio_compares_the_average_win_with_the_average_loss():
    assert payoff_ratio(statistics_of([(6.0, 1), (-1.0, 1), (-3.0, 1)])) == 3.0
    assert payoff_ratio(statistics_of([(-1.0, 1)])) == Undefined("no trade won")
    assert payoff_ratio(statistics_of([(1.0, 1)])) == Undefined("no trade lost", unlimited=True)


def test_an_order_counts_once_when_it_is_answered():
    statistics = TradeStatistics()
    for status in ("accepted", "expired", "rejected", "accepted", "cancelled"):
        statistics.on_order(status)
    assert (statistics.orders, statistics.rejected_orders) == (3, 1)


def test_gross_profit_before_commission_is_kept_for_the_conservation_rule():
    """X9."""
    statistics = TradeStatistics()
    statistics.on_close(8.0, 10.0, 1)
    statistics.on_close(-3.0, -1.0, 1)
    assert statistics.closed_gross_pnl == 9.0


def test_nothing_is_kept_per_trade():
    """T4: after ten thousand trades every field is still a number."""
    statistics = statistics_of([(1.5, 2)] * 10_000)
    assert {type(getattr(statistics, name)) for name in TradeStatistics.__slots__} == {int, float}


def test_a_sum_beyond_a_float_is_null_and_not_infinite():
    found = figures(statistics_of([(1.5e308, 1), (1.5e308, 1)]))
    assert found["total_pnl"] is None
    assert found["largest_win"] == 1.5e308
