"""Sizing by hand: units at the decision's close (rule P1)."""

import pytest

from engine.trading.sizing import AllIn, FixedNotional, FixedQuantity, PercentOfEquity


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
    assert sizing.units(10_000.0, 40.0) == units


@pytest.mark.parametrize("sizing", [PercentOfEquity(percent=50), AllIn()])
@pytest.mark.parametrize("equity", [0.0, -500.0])
def test_p1_where_equity_is_gone_a_share_of_it_is_nothing(sizing, equity):
    assert sizing.units(equity, 40.0) == 0.0


@pytest.mark.parametrize("sizing", [FixedQuantity(quantity=3), FixedNotional(notional=120.0)])
def test_p1_fixed_sizes_do_not_look_at_equity(sizing):
    assert sizing.units(-1.0, 40.0) == sizing.units(1e9, 40.0) == 3.0


def test_p1_all_in_is_a_hundred_percent():
    assert AllIn().units(12_345.6, 7.89) == PercentOfEquity(percent=100).units(12_345.6, 7.89)
