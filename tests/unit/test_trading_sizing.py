"""Sizing by hand: units at the decision's close (rule P1)."""

import itertools
from math import inf, isnan, nan, sqrt
from statistics import stdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.trading.sizing import (
    AllIn,
    Entry,
    FixedNotional,
    FixedQuantity,
    PercentOfEquity,
    VolatilityTarget,
    in_lots,
)
from tests.building import data, own, play, portfolio, walk


def entry(equity=10_000.0, price=40.0, closes=(40.0,)):
    """A decision to buy."""
    return Entry("X", "buy", equity, equity, price, np.array(closes), 1.0, 252)


@pytest.mark.parametrize(
    ("sizing", "units"),
    [
        (FixedQuantity(quantity=7.5), 7.5),
        (FixedNotional(notional=1000.0), 25.0),
        (PercentOfEquity(percent=50), 125.0),
        (PercentOfEquity(percent=200), 500.0),
        (AllIn(), 250.0),
    ],
)
def test_p1_units_at_equity_10000_and_close_40(sizing, units):
    assert sizing.units(entry()) == units


@pytest.mark.parametrize("sizing", [PercentOfEquity(percent=50), AllIn()])
@pytest.mark.parametrize("equity", [0.0, -500.0])
def test_p1_where_equity_is_gone_a_share_of_it_is_nothing(sizing, equity):
    assert sizing.units(entry(equity)) == 0.0


@pytest.mark.parametrize("sizing", [FixedQuantity(quantity=3), FixedNotional(notional=120.0)])
def test_p1_fixed_sizes_do_not_look_at_equity(sizing):
    assert sizing.units(entry(-1.0)) == sizing.units(entry(1e9)) == 3.0


def test_p1_all_in_is_a_hundred_percent():
    assert AllIn().units(entry(12_345.6, 7.89)) == PercentOfEquity(percent=100).units(entry(12_345.6, 7.89))


CLOSES = [41.0, 40.0, 42.0, 41.5, 43.0, 42.0]


@pytest.mark.parametrize(("bars_per_year", "year"), [(None, 252), (1000, 1000)])
def test_p1_a_volatility_target_is_met_by_the_volatility_of_the_last_returns(bars_per_year, year):
    closes = CLOSES[-5:]
    volatility = stdev(b / a - 1 for a, b in itertools.pairwise(closes)) * sqrt(year)
    sizing = VolatilityTarget(percent=10, bars=4, bars_per_year=bars_per_year)
    units = sizing.units(entry(price=42.0, closes=CLOSES))
    assert units * 42.0 / 10_000.0 * volatility == pytest.approx(0.10)


def test_p1_a_volatility_target_takes_the_days_of_the_symbol_that_it_sizes():
    """252 of a stock make a year and 365 of a crypto currency, also where one portfolio has both."""
    weekdays = [day for day in range(60) if (day + 2) % 7 < 5]
    stock = walk(len(weekdays), symbol="S", days=weekdays, wishes=[0] * 20 + [1] * (len(weekdays) - 20))
    crypto = walk(60, seed=8, symbol="C", wishes=[0] * 20 + [1] * 40)
    target = VolatilityTarget(percent=1, bars=5)
    run = play(
        [
            data("stock", "S"),
            data("crypto", "C"),
            portfolio(inputs=["stock", "crypto"], strategy=own("wish"), sizing=target),
        ],
        {"stock": stock, "crypto": crypto},
    )
    first = {request.symbol: request for request in reversed(run.events("portfolio_1", "ORDER_REQUEST"))}
    for bars, year in ((stock, 252), (crypto, 365)):
        volatility = stdev(b / a - 1 for a, b in itertools.pairwise(bars.close[15:21].tolist())) * sqrt(year)
        assert first[bars.symbol].quantity * bars.close[20] / 1_000_000 == pytest.approx(0.01 / volatility, rel=0.01)


def test_p1_a_volatility_target_holds_no_more_than_its_maximum():
    still = entry(price=40.0, closes=[40.0] * 6)
    assert VolatilityTarget(percent=10, bars=4).units(still) == 250.0
    assert VolatilityTarget(percent=99, bars=4, max_percent=150).units(entry(closes=CLOSES)) == 375.0
    assert VolatilityTarget(percent=10, bars=4).units(still._replace(equity=-1.0)) == 0.0


def test_p1_a_volatility_that_is_not_known_yet_is_no_size():
    assert isnan(VolatilityTarget(percent=10, bars=6).units(entry(closes=CLOSES)))


@pytest.mark.parametrize(
    ("units", "lot", "expected"),
    [(299.9, 100, 200), (300.0, 100, 300), (99.0, 100, 0), (0.3, 0.1, 0.3), (7.7, None, 7.7), (-5.0, 10, -5.0)],
)
def test_p1_lots_are_whole_and_rounded_down(units, lot, expected):
    assert in_lots(units, lot) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("units", [nan, inf])
def test_p1_what_is_no_quantity_stays_none_in_lots(units):
    assert str(in_lots(units, 100.0)) == str(units)


@given(st.floats(1e-3, 1e9), st.floats(1e-3, 1e5))
def test_p1_lots_never_ask_for_more_than_was_sized(units, lot):
    lots = in_lots(units, lot)
    assert 0.0 <= lots <= units * (1 + 1e-9)
    assert units - lots < lot * (1 + 1e-9)
