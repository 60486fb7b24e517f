"""`entry` and `exit` of a portfolio's config, orders in SIGNALs, and symbols that nobody has data for (rules X1 to X6)."""

import numpy as np
import pytest
import talib

from engine.config.schema import UserComponent
from engine.trading.distances import Distance
from engine.trading.order_forms import ExitForm, LimitForm, MarketForm, StopForm, StopLimitForm, TrailingForm
from tests.building import data, execution, play, portfolio, strategy, walk
from tests.scenarios.reading import TEN, bars_of, fates_of, fills_of
from tests.unit.test_order_scenarios import assert_shape

DECIDED, QUIET = "100 100 100 100", "100 100.2 99.8 100"


def script(text):
    return UserComponent(name="tests.scenarios.reading.Words", parameters={"text": text})


def fills(text, *bars, terms=None, **forms):
    """The fills of a portfolio with these forms that decides words at bars, after one bar at 100."""
    trading = portfolio(strategy=script(text), sizing=TEN, close_at_end=False, **forms)
    run = play([data(), execution("execution_1", **(terms or {})), trading], bars_of([DECIDED, *bars]))
    assert_shape(run)
    return fills_of(run), run


@pytest.mark.parametrize("distance", [Distance(percent=2), Distance(amount=2.0)])
@pytest.mark.parametrize(
    ("make", "direction", "bar", "expected"),
    [
        (lambda d: LimitForm(limit=d), "long", "100 101 97 99", "2 buy 10 @ 98"),
        (lambda d: LimitForm(limit=d), "short", "100 103 99 101", "2 sell 10 @ 102"),
        (lambda d: StopForm(stop=d), "long", "100 103 99 101", "2 buy 10 @ 102"),
        (lambda d: StopForm(stop=d), "short", "100 101 97 99", "2 sell 10 @ 98"),
        (lambda d: StopLimitForm(stop=d, limit=Distance(amount=1.0)), "long", "102.5 104 101 103", "2 buy 10 @ 102.5"),
        (lambda d: StopLimitForm(stop=d, limit=Distance(amount=1.0)), "short", "97.5 99 96 98", "2 sell 10 @ 97.5"),
        (lambda d: TrailingForm(trail=d), "long", "100 103 99 101", "2 buy 10 @ 102"),
        (lambda d: TrailingForm(trail=d), "short", "100 101 97 99", "2 sell 10 @ 98"),
    ],
)
def test_entries_at_a_distance_from_the_close(distance, make, direction, bar, expected):
    assert fills(f"1 {direction}", bar, QUIET, entry=make(distance))[0] == [expected]


@pytest.mark.parametrize(
    ("form", "bar", "expected"),
    [
        (ExitForm(stop_loss=Distance(percent=2)), "100 101 97 99", ["3 sell 10 @ 98"]),
        (ExitForm(take_profit=Distance(amount=3.0)), "100 104 99 101", ["3 sell 10 @ 103"]),
        (ExitForm(trailing_stop=Distance(percent=1)), "100 101 98 100", ["3 sell 10 @ 99"]),
        (
            ExitForm(stop_loss=Distance(percent=2), take_profit=Distance(percent=3)),
            "100 104 97 101",
            ["3 sell 10 @ 98 ambiguous"],
        ),
    ],
)
def test_exits_protect_what_is_held(form, bar, expected):
    found, run = fills("1 long", QUIET, bar, QUIET, exit=form)
    assert found == ["2 buy 10 @ 100", *expected]
    assert run.metrics()["ambiguous_bars"] == ("ambiguous" in expected[0])


def test_a_decision_leaves_by_the_order_of_the_config():
    form = ExitForm(on_signal=LimitForm(limit=Distance(amount=1.0), time_in_force="gtd", good_for="2d"))
    assert fills("1 long 2 flat", QUIET, QUIET, "100 102 99 100", exit=form)[0][1:] == ["4 sell 10 @ 101"]
    _, run = fills("1 long 2 flat", QUIET, QUIET, QUIET, "100 102 99 100", exit=form)
    assert fates_of(run) == ["4 expired: its time is over"]


def test_an_order_may_be_good_for_the_day_or_the_moment():
    found, run = fills(
        "1 long", QUIET, "100 101 97 99", entry=LimitForm(limit=Distance(percent=1), time_in_force="day")
    )
    assert (found, fates_of(run)) == ([], ["2 expired: the day is over"])
    found, _ = fills("1 long", QUIET, terms={"participation": 0.005}, entry=MarketForm(time_in_force="ioc"))
    assert found == ["2 buy 5 @ 100"]


def test_a_multiple_of_the_average_true_range_is_that_of_the_last_complete_bar():
    bars = walk(40)
    form = ExitForm(stop_loss=Distance(atr=2.0, timeperiod=5))
    run = play([data(), execution(), portfolio(strategy=script("20 long"), sizing=TEN, exit=form)], bars)
    (fill, *_) = run.events("portfolio_1", "FILL")
    leg = next(order for order in run.events("portfolio_1", "ORDER_REQUEST") if order.order_type == "stop")
    column = talib.ATR(*(np.array(getattr(bars, name)) for name in ("high", "low", "close")), timeperiod=5)
    assert leg.stop_price == fill.price - 2.0 * column[19]
    assert leg.causation_id == fill.event_id


def test_an_entry_that_could_not_be_protected_yet_is_rejected():
    form = ExitForm(stop_loss=Distance(atr=2.0, timeperiod=14))
    found, run = fills("1 long", QUIET, QUIET, exit=form)
    assert (found, run.metrics()["rejected_orders"]) == ([], 1)


def test_orders_travel_in_the_signals_of_a_strategy_container():
    run = play(
        [
            data(),
            strategy("strategy_1", strategy=script("1 bid 2 stop")),
            portfolio("portfolio_1", inputs=("strategy_1",), sizing=TEN, close_at_end=False),
        ],
        bars_of([DECIDED, "100 101 97 99", "99 99 94 95", QUIET]),
    )
    assert fills_of(run) == ["2 buy 10 @ 98", "3 sell 10 @ 96"]
    assert_shape(run)


def test_an_order_in_an_unknown_symbol_is_rejected_and_the_run_goes_on():
    found, run = fills("1 elsewhere 2 long", QUIET, QUIET)
    assert found == ["3 buy 10 @ 100"]
    assert fates_of(run) == ["1 rejected: no data for symbol 'NOWHERE'"]
    assert (run.metrics()["rejected_orders"], run["portfolio_1"].status) == (1, "completed")


def test_a_quantity_that_is_no_number_is_rejected():
    found, run = fills("1 nothing 2 long", QUIET, QUIET)
    assert found == ["3 buy 10 @ 100"]
    assert fates_of(run) == ["1 rejected: quantity nan is not a positive number of units"]
