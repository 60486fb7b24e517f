"""Limits, stops, targets, shorts and costs on real data: the fills of another engine, the differences explained."""

import numpy as np
import pandas as pd
import pytest

from engine.trading.costs import Percent
from tests.backtesting_orders import ours, theirs, with_crossings
from tests.run_command import ROOT

DATA = ROOT / "configs" / "data"
NAMES = ["open", "high", "low", "close", "volume"]


def read(name, time, time_format, count):
    table = pd.read_csv(DATA / name)
    table.index = pd.DatetimeIndex(pd.to_datetime(table[time], format=time_format).to_numpy())
    table.columns = [column.lower() for column in table.columns]
    return with_crossings(table[NAMES].astype(float).rename(columns=str.title).iloc[:count])


@pytest.fixture(scope="module")
def daily():
    return read("sp500_daily_1999_2018.csv.gz", "Date", "%m/%d/%Y", 2500)


@pytest.fixture(scope="module")
def hourly():
    return read("eurusd_1h_2017.csv.gz", "Time", "%d.%m.%Y %H:%M:%S.%f", 3000)


def differences(found, expected):
    """Pairs of trades that are not the same to the last bit; profits may differ in the last digits of another arithmetic."""
    assert len(found) == len(expected) > 100
    pairs = list(zip(found, expected, strict=True))
    same = [(one, other) for one, other in pairs if one[:5] == other[:5]]
    assert np.allclose([one.profit for one, _ in same], [other.profit for _, other in same], rtol=0.0, atol=1e-9)
    return [pair for pair in pairs if pair not in same]


@pytest.mark.parametrize("entry", ["market", "stop", "limit"])
@pytest.mark.parametrize(("market", "loss", "gain"), [("daily", 0.02, 0.03), ("hourly", 0.002, 0.003)])
def test_the_same_fills_with_stops_targets_shorts_and_commission(request, entry, market, loss, gain):
    """All market entries, and all but one in a hundred of the others; those differ in when the exits begin to work (X4)."""
    table = request.getfixturevalue(market)
    terms = {"entry": entry, "loss": loss, "gain": gain}
    found = ours(table, commission=Percent(percent=0.05), **terms)
    different = differences(found, theirs(table, commission=0.0005, **terms))
    assert len(different) == (0 if entry == "market" else 1)
    for one, other in different:
        assert (one.entered, one.entry_price) == (other.entered, other.entry_price)
        if entry == "stop":  # in a bar that reaches stop and target they take the target at once, we from the next bar
            assert other.left == other.entered < one.left
        else:  # of a limit filled at the open our exits work in the same bar, theirs from the next
            assert one.entry_price == table["Open"][pd.Timestamp(one.entered)]
            assert one.left == one.entered < other.left


def test_a_limit_that_is_touched_is_filled_there_and_not_here():
    """Decision 040."""
    rows = [(100, 100, 100, 100)] * 2 + [(100, 101, 99, 100)] + [(100, 100, 100, 100)] * 2 + [(100, 100, 98.9, 99)] * 2
    table = pd.DataFrame(rows, columns=NAMES[:4], dtype=float).rename(columns=str.title)
    table.index = pd.date_range("2020-01-01", periods=len(rows), freq="D")
    table = table.assign(Volume=1000.0, Wish=[0, 1.0, 0, -1.0, 0, 0, 0])
    terms = {"entry": "limit", "loss": 0.02, "gain": 0.5}  # the limit is 99
    assert [trade.entry_price for trade in theirs(table, commission=0.0, **terms)] == [99.0]
    assert ours(table, commission=[], **terms) == []
