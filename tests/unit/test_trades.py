"""Trades in whole simulations: fills, costs, sizes, shapes, causes (rules X1, X8, P1, P2, P4, E2, E3, M4)."""

from dataclasses import replace

import numpy as np
import pytest

from engine.strategies.buy_and_hold import BuyAndHold
from engine.strategies.combine import CombineWeighted
from engine.strategies.decision import Decision
from engine.trading.accounts import CashAccount
from engine.trading.costs import BasisPoints, Percent, PerShare
from engine.trading.distances import Distance
from engine.trading.order_forms import ExitForm
from engine.trading.risk import MaxGrossExposure, MaxOpenPositions, MaxPosition, Stop
from engine.trading.sizing import AllIn, FixedNotional, FixedQuantity, PercentOfEquity
from tests.building import (
    CASH,
    DAY,
    FIRST,
    data,
    execution,
    make_bars,
    own,
    play,
    portfolio,
    read_only,
    record,
    stage,
    strategy,
    wishing,
)

CLOSES = [10.0, 20.0, 40.0, 50.0, 25.0]
OPENS = [9.0, 11.0, 22.0, 44.0, 30.0]
TRADE_TYPES = ("SIGNAL", "ORDER_REQUEST", "ORDER", "FILL", "POSITION_OPEN", "POSITION_CLOSE")


def run_wish(wishes, *terms, closes=CLOSES, opens=OPENS, **settings):
    bars = make_bars(closes, opens=opens, wishes=wishes)
    return play([data(), *terms, wishing(**{"cash": CASH, **settings})], bars)


def fills_of(run, id_="portfolio_1"):
    days = [(e.timestamp - FIRST) // DAY for e in run.events(id_, "FILL")]
    return [(day, e.side, e.quantity, e.price) for day, e in zip(days, run.events(id_, "FILL"), strict=True)]


def test_x1_next_open_fills_at_the_open_of_the_bar_after_the_decision():
    run = run_wish([0, 1, 1, 0, 0])
    assert fills_of(run) == [(2, "buy", 1.0, 22.0), (4, "sell", 1.0, 30.0)]


def test_x1_next_close_fills_at_the_close_of_the_bar_after_the_decision():
    run = run_wish([0, 1, 1, 0, 0], execution(fill_at="next_close"))
    assert fills_of(run) == [(2, "buy", 1.0, 40.0), (4, "sell", 1.0, 25.0)]


@pytest.mark.parametrize("fill_at", ["next_open", "next_close"])
def test_l3_a_decision_at_the_last_bar_is_never_filled(fill_at):
    run = run_wish([0, 0, 0, 0, 1], execution(fill_at=fill_at))
    assert [(e.status, e.reason, e.ends_correlation) for e in run.events("portfolio_1", "ORDER")] == [
        ("accepted", "", False),
        ("expired", "the data ended", True),
    ]
    assert run.metrics()["fills"] == 0
    assert run.heard["portfolio_1"].ends == ["portfolio_1#1"]


def test_m4_of_two_symbols_with_other_dates_an_order_meets_the_next_bar_of_its_own():
    """X trades every day, Y only on days 0, 3 and 5; Y is decided on day 0 and filled on day 3, at its open."""
    bars = {
        "data_x": make_bars([10, 11, 12, 13, 14, 15], symbol="X", wishes=[0, 0, 0, 0, 0, 0]),
        "data_y": make_bars([100, 120, 150], opens=[99, 110, 130], days=[0, 3, 5], symbol="Y", wishes=[1, 1, 0]),
    }
    containers = [data("data_x", "X"), data("data_y", "Y"), wishing(inputs=("data_x", "data_y"), cash=CASH)]
    run = play(containers, bars)
    assert fills_of(run) == [(3, "buy", 1.0, 110.0), (5, "sell", 1.0, 150.0)]
    days = [(e.timestamp - FIRST) // DAY for e in run.events("portfolio_1", "BAR")]
    assert [(day, e.symbol) for day, e in zip(days, run.events("portfolio_1", "BAR"), strict=True)] == [
        *[(0, "X"), (0, "Y"), (1, "X"), (2, "X"), (3, "X"), (3, "Y"), (4, "X"), (5, "X"), (5, "Y")]
    ]
    updates = [e.equity for e in run.events("portfolio_1", "PORTFOLIO_UPDATE")]
    assert updates == [CASH, CASH, CASH, CASH, CASH + 10, CASH + 10, CASH + 40, CASH + 40]


@pytest.mark.parametrize("watched", [True, False])
def test_m4_a_lane_whose_data_end_before_the_others_ends_by_itself(watched):
    bars = {
        "data_x": make_bars([10, 11, 12], symbol="X", wishes=[1, 1, 1]),
        "data_y": make_bars([20, 21, 22, 23, 24], symbol="Y", wishes=[1, 1, 1, 1, 1]),
        "data_z": make_bars([30, 31], days=[3, 4], symbol="Z", wishes=[1, 1]),
    }
    containers = [data(f"data_{s}", s.upper()) for s in "xyz"]
    containers += [wishing(f"p_{s}", inputs=(f"data_{s}",), cash=CASH) for s in "xyz"]
    run = play(containers, bars, listen=None if watched else [], block_size=2)
    assert [run.metrics(f"p_{s}")["total_pnl"] for s in "xyz"] == [12.0 - 10, 24.0 - 20, 31.0 - 30]
    assert [run.metrics(f"p_{s}")["days"] for s in "xyz"] == [3, 5, 2]
    assert [run[f"p_{s}"].status for s in "xyz"] == ["completed"] * 3


def test_x8_costs_by_hand_over_a_whole_trade():
    """Buys 10 at 22 plus 1%, sells 10 at 30 less 1%; commission 0.5% of the notional, at least 1.5."""
    terms = execution(commission=Percent(percent=0.5, minimum=1.5), slippage=BasisPoints(bps=100))
    run = run_wish([0, 1, 1, 0, 0], terms, sizing=FixedQuantity(quantity=10))
    (opened,), (closed,) = run.events("portfolio_1", "POSITION_OPEN"), run.events("portfolio_1", "POSITION_CLOSE")
    assert (opened.entry_price, opened.costs) == (22.22, 1.5)
    assert (closed.entry_price, closed.exit_price) == (22.22, 29.7)
    assert closed.gross_pnl == pytest.approx(74.8)
    assert closed.net_pnl == pytest.approx(74.8 - 1.5 - 1.5)
    metrics = run.metrics()
    assert metrics["total_slippage"] == pytest.approx(2.2 + 3.0)
    assert metrics["total_commission"] == 3.0
    assert metrics["final_equity"] == pytest.approx(CASH + 71.8)


def test_x8_the_last_close_costs_as_much_as_any_fill():
    terms = execution(commission=[PerShare(amount=0.5), Percent(percent=1)], slippage=BasisPoints(bps=1000))
    run = run_wish([0, 0, 1, 1, 1], terms)
    (closed,) = run.events("portfolio_1", "POSITION_CLOSE")
    assert closed.exit_price == 22.5
    assert run.events("portfolio_1", "FILL")[-1].commission == pytest.approx(0.5 + 0.225)


@pytest.mark.parametrize(
    ("sizing", "quantity"),
    [
        (FixedQuantity(quantity=2.5), 2.5),
        (FixedNotional(notional=1000.0), 50.0),
        (PercentOfEquity(percent=25), 125.0),
        (AllIn(), 500.0),
    ],
)
@pytest.mark.parametrize("wish", [1, -1])
def test_p1_sizes_are_taken_on_the_close_of_the_decision(sizing, quantity, wish):
    """Decided at close 20 with 10,000 of equity, filled at 22."""
    run = run_wish([0, wish, wish, wish, wish], sizing=sizing)
    (opened,) = run.events("portfolio_1", "POSITION_OPEN")
    assert (opened.quantity, opened.entry_price) == (quantity, 22.0)


def test_p1_all_in_is_the_default_and_grows_with_the_equity():
    run = play(
        [data(), portfolio(cash=CASH, sizing=AllIn(), strategy=own("wish"))],
        make_bars([10, 10, 20, 20, 20], opens=[10, 10, 10, 20, 20], wishes=[1, 1, 0, 1, 1]),
    )
    assert [e.quantity for e in run.events("portfolio_1", "POSITION_OPEN")] == [1000.0, 1000.0]
    assert run.metrics()["final_equity"] == 2 * CASH


def test_p2_an_entry_beyond_buying_power_is_rejected_and_the_trade_ends():
    run = run_wish([0, 1, 1, 0, 1], sizing=FixedQuantity(quantity=501))
    rejected, accepted = (run.events("portfolio_1", "ORDER")[k] for k in (0, 1))
    assert (rejected.status, rejected.ends_correlation) == ("rejected", True)
    assert rejected.reason == "buying power: positions would be worth 10020.00, equity is 10000.00"
    assert (accepted.status, accepted.reason) == ("rejected", rejected.reason.replace("10020.00", "12525.00"))
    assert run.metrics()["rejected_orders"] == 2
    assert run.metrics()["fills"] == 0
    assert run.heard["portfolio_1"].ends == ["portfolio_1#1", "portfolio_1#2"]


def test_p2_two_symbols_share_the_buying_power():
    bars = {f"data_{s}": make_bars([10, 10, 10], symbol=s.upper(), wishes=[1, 1, 1]) for s in "xy"}
    containers = [data("data_x", "X"), data("data_y", "Y")]
    run = play([*containers, wishing(inputs=("data_x", "data_y"), cash=CASH, sizing=AllIn())], bars)
    assert [(e.symbol, e.status) for e in run.events("portfolio_1", "ORDER")][:2] == [
        ("X", "accepted"),
        ("Y", "rejected"),
    ]


def test_p2_an_exit_is_never_refused_and_a_reversal_has_the_power_of_what_it_closes():
    run = run_wish([1, 1, -1, -1, 0], sizing=AllIn())
    assert {e.status for e in run.events("portfolio_1", "ORDER")} == {"accepted", "expired"}
    assert [(e.side, e.entry_price) for e in run.events("portfolio_1", "POSITION_OPEN")] == [
        ("long", 11.0),
        ("short", 44.0),
    ]


def test_p1_a_size_of_nothing_is_rejected_as_the_order_it_would_have_been():
    """1000 units short at 10, and the price goes to 50: nothing is left to go long with."""
    run = run_wish([-1, -1, 1, 1, 1], sizing=AllIn(), closes=[10, 21, 50, 50, 50], opens=[10, 10, 21, 50, 50])
    rejected = [e for e in run.events("portfolio_1", "ORDER") if e.status == "rejected"]
    assert [(e.side, e.quantity) for e in rejected] == [("buy", 0.0)]
    assert "0.0 is not a positive number of units" in rejected[0].reason


@pytest.mark.parametrize("watched", [True, False])
def test_t3_an_equity_of_exactly_zero_is_an_equity_like_any_other(watched):
    """1000 units short at 10, and a close of 20: equity 0, an exposure of nothing's share is 0 by convention."""
    bars = make_bars([10, 20, 15], opens=[10, 10, 20], wishes=[-1, -1, -1])
    run = play([data(), wishing(cash=CASH, sizing=AllIn())], bars, listen=None if watched else [])
    assert (run["portfolio_1"].status, run["portfolio_1"].error) == ("completed", None)
    assert run.metrics()["final_equity"] == 5000.0
    if watched:
        assert [e.exposure for e in run.events("portfolio_1", "PORTFOLIO_UPDATE")][2:4] == [0.0, 3.0]


ROTATION = {"A": [1, 1, 1, 0, 0, 0], "B": [0, 0, 0, 1, 1, 1]}
ROTATING = {"A": [100.0] * 6, "B": [50.0] * 6}


def rotate(order, wishes=None, closes=None, **settings):
    """A portfolio over symbols in this order that goes from one into the other."""
    wishes, closes = wishes or ROTATION, closes or ROTATING
    bars = {f"data_{s}": make_bars(closes[s], symbol=s, wishes=wishes[s]) for s in order}
    lane = wishing(inputs=list(bars), **{"cash": CASH, "sizing": AllIn(), **settings})
    return play([*(data(id_, id_[-1]) for id_ in bars), lane], bars)


def done(run):
    """The fills, in order."""
    return [(e.symbol, e.side, e.quantity) for e in run.events("portfolio_1", "FILL")]


@pytest.mark.parametrize("order", ["AB", "BA"])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"account": CashAccount()},
        {"risk": [MaxOpenPositions(count=1)]},
        {"risk": [MaxGrossExposure(percent=100), MaxPosition(percent=100)]},
        {"weights": {"A": 1.0, "B": 1.0}},
    ],
)
def test_l1_what_reduces_is_asked_and_counted_before_what_enters(order, settings):
    run = rotate(order, **settings)
    assert done(run) == [("A", "buy", 100.0), ("A", "sell", 100.0), ("B", "buy", 200.0), ("B", "sell", 200.0)]
    assert run.metrics()["rejected_orders"] == 0
    asked = [(e.symbol, e.side) for e in run.events("portfolio_1", "ORDER_REQUEST")][1:3]
    assert asked == [("A", "sell"), ("B", "buy")]


@pytest.mark.parametrize("order", ["AB", "BA"])
@pytest.mark.parametrize("fill_at", ["next_open", "next_close"])
def test_l1_reversals_and_shorts_rotate_as_well(order, fill_at):
    """A is turned round while B is left, then the other way round: each time with half of the equity."""
    wishes = {"A": [1, 1, 1, -1, -1, 0], "B": [-1, -1, -1, 0, 0, 1]}
    bars = {f"data_{s}": make_bars(ROTATING[s], symbol=s, wishes=wishes[s]) for s in order}
    lane = wishing(inputs=list(bars), cash=CASH, sizing=PercentOfEquity(percent=50))
    run = play([*(data(id_, id_[-1]) for id_ in bars), execution(fill_at=fill_at), lane], bars)
    assert run.metrics()["rejected_orders"] == 0
    turning = done(run)[2:5]
    assert sorted(turning[:2]) == [("A", "sell", 50.0), ("B", "buy", 100.0)]
    assert turning[2] == ("A", "sell", 50.0)


@pytest.mark.parametrize("order", ["AB", "BA"])
def test_l1_the_exit_of_a_risk_rule_makes_room_in_its_own_step(order):
    closes = {"A": [100.0, 100.0, 100.0, 90.0, 90.0, 90.0], "B": [50.0] * 6}
    wishes = {"A": [1] * 6, "B": [0, 0, 0, 1, 1, 1]}
    run = rotate(order, wishes, closes, risk=[Stop(loss=Distance(percent=5)), MaxOpenPositions(count=1)])
    assert done(run)[1:3] == [("A", "sell", 100.0), ("B", "buy", 180.0)]


@pytest.mark.parametrize("order", ["AB", "BA"])
@pytest.mark.parametrize("combine", [None, CombineWeighted(threshold=0.3)])
def test_l1_several_strategies_are_no_exception(order, combine):
    """One strategy container for each symbol, in either order among the inputs."""
    bars = {f"data_{s}": make_bars(ROTATING[s], symbol=s, wishes=ROTATION[s]) for s in "AB"}
    strategies = [strategy(f"s_{s}", (f"data_{s}",), strategy=own("wish")) for s in order]
    more = {} if combine is None else {"combine": combine}
    lane = portfolio(inputs=[f"s_{s}" for s in order], cash=CASH, sizing=AllIn(), **more)
    if combine is not None:
        strategies.append(strategy("s_both", ("data_A", "data_B"), strategy=own("wish")))
        lane = portfolio(inputs=[*(f"s_{s}" for s in order), "s_both"], cash=CASH, sizing=AllIn(), **more)
    run = play([data("data_A", "A"), data("data_B", "B"), *strategies, lane], bars)
    assert done(run) == [("A", "buy", 100.0), ("A", "sell", 100.0), ("B", "buy", 200.0), ("B", "sell", 200.0)]


def test_l1_at_the_open_what_reduces_fills_first_and_bars_are_gone_through_one_after_the_other():
    """A is left and B entered at one open; a stop in B inside its bar comes after the opens of all."""
    run = rotate(
        "BA", {"A": [1, 1, 0, 0, 0, 0], "B": [0, 0, 1, 1, 1, 1]}, exit=ExitForm(stop_loss=Distance(percent=50))
    )
    assert [(e.symbol, e.side) for e in run.events("portfolio_1", "FILL")][1:3] == [("A", "sell"), ("B", "buy")]


def test_p3_what_rounding_leaves_of_a_position_is_none():
    """A is left in parts; what its exit has left to fill and what is held differ by a rounding error when B is decided."""
    volumes = [4, 4, 1, 4, 3, 2, 1, 3, 90, 90, 90, 90]
    n = len(volumes)
    wishes = {"A": [1] * 4 + [0] * (n - 4), "B": [0] * 6 + [1] * (n - 6)}
    bars = {f"data_{s}": make_bars([100.0] * n, symbol=s, wishes=wishes[s]) for s in "AB"}
    bars["data_A"] = replace(bars["data_A"], volume=read_only(np.array(volumes, np.float64)))
    lane = wishing(inputs=list(bars), cash=CASH, sizing=FixedQuantity(quantity=1.0), risk=[MaxOpenPositions(count=1)])
    run = play([data("data_A", "A"), data("data_B", "B"), execution(participation=0.1), lane], bars)
    assert (run.metrics()["rejected_orders"], run.metrics()["risk_breaches"]) == (0, 0)


def test_p4_close_at_end_closes_at_the_last_close():
    run = run_wish([0, 1, 1, 1, 1])
    assert fills_of(run)[-1] == (4, "sell", 1.0, 25.0)
    metrics = run.metrics()
    assert (metrics["total_trades"], metrics["total_pnl"]) == (1, 3.0)
    assert (metrics["open_trades"], metrics["unrealised_pnl"]) == (0, 0.0)


def test_p4_without_it_open_trades_stand_apart():
    run = run_wish([0, 1, 1, 1, 1], close_at_end=False)
    metrics = run.metrics()
    assert (metrics["total_trades"], metrics["total_pnl"], metrics["fills"]) == (0, 0.0, 1)
    assert (metrics["open_trades"], metrics["unrealised_pnl"], metrics["final_equity"]) == (1, 3.0, CASH + 3.0)


def test_p4_of_two_symbols_each_closes_at_its_own_last_close():
    bars = {
        "data_x": make_bars([10, 11, 12], symbol="X", wishes=[1, 1, 1]),
        "data_y": make_bars([20, 22], symbol="Y", wishes=[1, 1]),
    }
    run = play([data("data_x", "X"), data("data_y", "Y"), wishing(inputs=("data_x", "data_y"), cash=CASH)], bars)
    assert [(e.symbol, e.exit_price) for e in run.events("portfolio_1", "POSITION_CLOSE")] == [("X", 12.0), ("Y", 22.0)]


def test_e2_a_reversal_is_two_requests_and_two_trades_the_first_closed_before_the_second_opens():
    run = run_wish([1, 1, -1, -1, -1])
    events = [(e.type, e.correlation_id) for e in run.events("portfolio_1", *TRADE_TYPES)]
    one, two = "portfolio_1#1", "portfolio_1#2"
    assert events == [
        ("SIGNAL", one),
        ("ORDER_REQUEST", one),
        ("ORDER", one),
        ("FILL", one),
        ("POSITION_OPEN", one),
        ("SIGNAL", two),
        ("ORDER_REQUEST", one),
        ("ORDER_REQUEST", two),
        ("ORDER", one),
        ("ORDER", two),
        ("FILL", one),
        ("POSITION_CLOSE", one),
        ("FILL", two),
        ("POSITION_OPEN", two),
        ("ORDER_REQUEST", two),
        ("ORDER", two),
        ("FILL", two),
        ("POSITION_CLOSE", two),
    ]


def test_e2_an_entry_not_yet_filled_is_cancelled_when_the_signal_changes():
    """Y has no bar between days 0 and 3; the strategy on both symbols takes its entry back on day 1, by hand."""
    bars = {
        "data_x": make_bars([10, 11, 12, 13], symbol="X"),
        "data_y": make_bars([20, 22], days=[0, 3], symbol="Y", wishes=[1, 1]),
    }
    containers = [data("data_x", "X"), data("data_y", "Y"), wishing(inputs=("data_y",), cash=CASH)]
    simulation = stage([*containers, portfolio("other", ("data_x",), strategy=own("lean"))], bars)
    lane = simulation.containers["portfolio_1"]
    heard = record(lane, ["ORDER", "FILL"])
    other = simulation.containers["other"]
    asked = []

    def take_back(event):
        if not asked:
            asked.append(event)
            lane.decide(0, Decision("flat"), "by:HAND:1")

    other.event_bus.subscribe("FILL", take_back)
    simulation.run(lambda: None)
    assert [(e.status, e.reason, e.ends_correlation) for e in heard.of("ORDER")] == [
        ("accepted", "", False),
        ("cancelled", "the signal changed before it was filled", True),
    ]
    assert (heard.of("FILL"), heard.ends) == ([], ["portfolio_1#1"])
    assert lane.metrics()[0]["open_trades"] == 0


def test_e3_following_causes_from_a_close_reaches_the_signal_and_the_bar():
    run = run_wish([1, 1, 0, -1, -1])
    known = {e.event_id: e for e in run.events("portfolio_1")}
    assert len(run.events("portfolio_1", "POSITION_CLOSE")) == 2
    chains = [chain_of(event, known) for event in run.events("portfolio_1", "POSITION_CLOSE")]
    asked = ["POSITION_CLOSE", "FILL", "ORDER", "ORDER_REQUEST"]
    entered = ["POSITION_OPEN", "FILL", "ORDER", "ORDER_REQUEST"]
    assert chains == [[*asked, "SIGNAL", "BAR"], [*asked, *entered, "SIGNAL", "BAR"]]  # the second ends with the data


def chain_of(event, known):
    if event.causation_id is None:
        return [event.type]
    return [event.type, *chain_of(known[event.causation_id], known)]


def test_e3_causes_are_named_even_where_nobody_built_them():
    bars = make_bars(CLOSES, opens=OPENS, wishes=[1, 1, 0, 0, 0])
    full = play([data(), wishing()], bars)
    sparse = play([data(), wishing()], bars, listen=["portfolio_1"], types=["POSITION_CLOSE", "SIGNAL"])
    assert sparse.events("portfolio_1") == full.events("portfolio_1", "POSITION_CLOSE", "SIGNAL")


def test_e3_a_shared_signal_is_the_cause_of_the_portfolios_own():
    containers = [
        data(),
        strategy(strategy=BuyAndHold()),
        portfolio("p_1", ("strategy_1",)),
        portfolio("p_2", ("strategy_1",)),
    ]
    run = play(containers, make_bars(CLOSES))
    (theirs,) = run.events("strategy_1", "SIGNAL")
    heard, ours = run.events("p_2", "SIGNAL")
    assert heard == theirs
    assert (ours.source, ours.causation_id, ours.correlation_id) == ("p_2", theirs.event_id, "p_2#1")
    assert (theirs.correlation_id, theirs.causation_id) == (None, "data_x:BAR:1")


def test_e7_updates_carry_cash_equity_exposure_and_drawdown():
    run = run_wish([0, 1, 1, 1, 1], sizing=FixedQuantity(quantity=100))
    updates = run.events("portfolio_1", "PORTFOLIO_UPDATE")
    assert [(e.cash, e.equity, e.open_positions) for e in updates] == [
        (CASH, CASH, 0),
        (CASH, CASH, 0),
        (CASH, CASH, 0),
        (7800.0, 11_800.0, 1),
        (7800.0, 12_800.0, 1),
        (7800.0, 10_300.0, 1),
        (10_300.0, 10_300.0, 0),
    ]
    assert [e.exposure for e in updates] == [0, 0, 0, 4000 / 11_800, 5000 / 12_800, 2500 / 10_300, 0]
    assert [e.drawdown for e in updates[:5]] == [0.0] * 5
    assert [e.drawdown for e in updates[5:]] == [10_300 / 12_800 - 1] * 2


def test_two_strategies_that_disagree_in_one_step_leave_what_the_last_one_said():
    """Own strategy says long, the shared one flat, at the same bar: the portfolio ends flat, with at most one trade open."""
    for first, second, held in (("long", "none", 1), ("long", "0", 0), ("long", "-1", -1)):
        containers = [
            data(),
            strategy("s_1", strategy=own("Script", words=f"none {first}")),
            strategy("s_2", strategy=own("Script", words=f"none {second}")),
            portfolio("portfolio_1", ("s_1", "s_2"), cash=CASH, close_at_end=False),
        ]
        run = play(containers, make_bars(CLOSES, opens=OPENS))
        trade = run["portfolio_1"].ledger.trades[0]
        assert (0 if trade is None else trade.sign) == held, (first, second)
        opened = {e.correlation_id for e in run.events("portfolio_1", "POSITION_OPEN")}
        assert {e.correlation_id for e in run.events("portfolio_1", "FILL")} == opened
