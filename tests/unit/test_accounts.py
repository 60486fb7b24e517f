"""Accounts: buying power when an order is accepted, and what loans cost (rules P2, X9)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.trading.accounts import Borrowing, CashAccount, MarginAccount, Prospect
from engine.trading.distances import Distance
from engine.trading.order_forms import ExitForm, LimitForm
from engine.trading.risk import MaxDrawdown, MaxPosition
from engine.trading.sizing import FixedQuantity, PercentOfEquity
from tests.building import CASH, data, make_bars, play, wishing
from tests.scenarios.reading import run_orders


@pytest.mark.parametrize(
    ("account", "prospect", "reason"),
    [
        (MarginAccount(), Prospect(10, 1000.0, 0.0, 1000.0), ""),
        (MarginAccount(), Prospect(10, 1000.1, 0.0, 1000.0), "positions would be worth 1000.10, equity is 1000.00"),
        (MarginAccount(leverage=2.0), Prospect(-10, 2000.0, 0.0, 1000.0), ""),
        (MarginAccount(leverage=2.0), Prospect(10, 2000.1, 0.0, 1000.0), "2000.10, equity is 1000.00, leverage 2"),
        (MarginAccount(leverage=0.5), Prospect(10, 501.0, 0.0, 1000.0), "leverage 0.5"),
        (CashAccount(), Prospect(10, 9000.0, 0.0, 1000.0), ""),
        (CashAccount(), Prospect(10, 900.0, -5.0, 1000.0), "cash: 5.00 would be missing"),
        (CashAccount(), Prospect(-1, 100.0, 5000.0, 1000.0), "cannot sell short"),
    ],
)
def test_p2_what_an_account_takes(account, prospect, reason):
    assert account.refusal(prospect).endswith(reason) if reason else account.refusal(prospect) == ""


def test_p2_shorts_pay_for_units_and_longs_for_the_cash_that_is_missing():
    charges = Borrowing(3.65, 7.3).charges([-10.0, 30.0, 0.0, 10.0], [50.0, 10.0, 9.0, 20.0], -1000.0, 3)
    assert charges == pytest.approx([500 * 0.0001 * 3, 1000 * 0.0002 * 3 * 0.6, 0.0, 1000 * 0.0002 * 3 * 0.4])
    assert Borrowing(3.65, 7.3).charges([30.0], [10.0], 500.0, 1) == [0.0]


CLOSES = [100.0, 100.0, 110.0, 120.0, 100.0, 100.0]


def run_wish(wishes, days=None, closes=CLOSES, **account):
    """One unit of what is wished for, ten of them, of an account that lends."""
    bars = make_bars(closes, wishes=wishes, days=days)
    return play(
        [data(), wishing(cash=CASH, sizing=FixedQuantity(quantity=10.0), account=MarginAccount(**account))], bars
    )


def test_p2_a_night_is_paid_for_at_the_first_bar_of_the_next_day_at_the_close_before():
    run = run_wish([-1, -1, -1, -1, 0, 0], days=[0, 1, 2, 5, 6, 7], borrow_percent=36.5)
    opened, closed = run.events("portfolio_1", "FILL")
    # Held from the second bar to the sixth: nights of 1, 3, 1 and 1 days, at closes of 100, 110, 120 and 100.
    paid = [10 * close * 0.001 * nights for close, nights in ((100, 1), (110, 3), (120, 1), (100, 1))]
    assert run.metrics()["total_borrow_cost"] == pytest.approx(sum(paid))
    updates = run.events("portfolio_1", "PORTFOLIO_UPDATE")
    assert [u.cash for u in updates[2:6]] == pytest.approx([CASH + 1000 - sum(paid[:k]) for k in range(4)])
    (close,) = run.events("portfolio_1", "POSITION_CLOSE")
    assert (opened.price, closed.price) == (100.0, 100.0)
    assert close.net_pnl == pytest.approx(close.gross_pnl - sum(paid))
    assert run["portfolio_1"].metrics()[1]["borrow_percent"] == 36.5


def test_p2_bars_within_a_day_cost_nothing():
    run = run_wish([-1] * 6, days=[0, 0.25, 0.5, 0.75, 1.25, 1.5], borrow_percent=36.5)
    assert run.metrics()["total_borrow_cost"] == pytest.approx(10 * 120.0 * 0.001)


def test_p2_loans_are_free_unless_something_else_is_said():
    run = run_wish([-1] * 6)
    assert run.metrics()["total_borrow_cost"] == 0.0
    assert "borrow_percent" not in run["portfolio_1"].metrics()[1]


@pytest.mark.parametrize(("leverage", "percent", "fills"), [(1.0, 150, 0), (2.0, 150, 2), (2.0, 250, 0)])
def test_p2_leverage_is_checked_when_an_order_is_accepted(leverage, percent, fills):
    lane = wishing(account=MarginAccount(leverage=leverage), sizing=PercentOfEquity(percent=percent), cash=CASH)
    run = play([data(), lane], make_bars(CLOSES, wishes=[1, 1, 1, 0, 0, 0]))
    assert run.metrics()["fills"] == fills
    assert run.metrics()["rejected_orders"] == (0 if fills else 1)


def test_p2_a_cash_account_refuses_shorts_and_goes_on():
    run = play([data(), wishing(account=CashAccount(), cash=CASH)], make_bars(CLOSES, wishes=[-1, 1, -1, -1, 0, 0]))
    rejected = [order for order in run.events("portfolio_1", "ORDER") if order.status == "rejected"]
    assert {order.reason for order in rejected} == {"a cash account cannot sell short"}
    assert (run.metrics()["rejected_orders"], run.metrics()["total_trades"]) == (2, 1)


def test_p2_a_cash_account_may_spend_what_its_sales_bring():
    bars = {
        f"data_{k}": make_bars([100.0] * 5, symbol=f"S{k}", wishes=wish)
        for k, wish in enumerate(([1, 1, 0, 0, 0], [0, 0, 1, 1, 0]))
    }
    lane = wishing(inputs=["data_0", "data_1"], account=CashAccount(), cash=CASH, sizing=FixedQuantity(quantity=100.0))
    run = play([data("data_0", "S0"), data("data_1", "S1"), lane], bars)
    assert (run.metrics()["rejected_orders"], run.metrics()["total_trades"]) == (0, 2)


LIMIT_EXIT = ExitForm(on_signal=LimitForm(limit=Distance(amount=1.0)))


def turn_round(account, percent, risk=(), closes=(100.0,) * 6):
    """Long with so much of the equity, then short: the exit is a limit that waits. What became of the short's entry."""
    lane = wishing(
        account=account, sizing=PercentOfEquity(percent=percent), cash=CASH, exit=LIMIT_EXIT, risk=list(risk)
    )
    run = play([data(), lane], make_bars(closes, wishes=[1, 1, -1, -1, -1, -1]))
    entries = [order for order in run.events("portfolio_1", "ORDER") if order.correlation_id == "portfolio_1#2"]
    return run, entries[0]


def test_p2_an_entry_is_checked_as_an_entry_though_it_would_reduce_what_is_held():
    run, entry = turn_round(CashAccount(), 50)
    assert (entry.status, entry.reason) == ("rejected", "a cash account cannot sell short")
    run, entry = turn_round(MarginAccount(leverage=2.0), 150, closes=(100.0, 100.0, 70.0, 70.0, 70.0, 70.0))
    assert (entry.status, run.metrics()["rejected_orders"]) == ("accepted", 0)
    run, entry = turn_round(MarginAccount(), 100)  # the power of what it turns round, and waits for
    assert (entry.status, run.metrics()["fills"]) == ("accepted", 2)
    run, entry = turn_round(MarginAccount(), 50, risk=[MaxPosition(percent=49)])
    assert entry.status == "rejected"


def test_p2_what_is_asked_beside_a_reversal_that_waits_has_the_power_that_the_larger_side_leaves():
    """S0 is held with 6,000 of 10,000, and to be turned round by a limit; S1 asks for 5,000."""
    bars = {
        "data_0": make_bars([100.0] * 6, symbol="S0", wishes=[1, 1, -1, -1, -1, -1]),
        "data_1": make_bars([100.0] * 6, symbol="S1", wishes=[0, 0, 0, 1, 1, 1]),
    }
    lane = wishing(inputs=["data_0", "data_1"], cash=CASH, sizing=FixedQuantity(quantity=60.0), exit=LIMIT_EXIT)
    run = play([data("data_0", "S0"), data("data_1", "S1"), lane], bars)
    rejected = [(o.symbol, o.reason) for o in run.events("portfolio_1", "ORDER") if o.status == "rejected"]
    assert rejected == [("S1", "buying power: positions would be worth 12000.00, equity is 10000.00")]


def test_p3_after_a_halt_nothing_is_opened_that_would_reduce_what_is_held():
    closes = [100.0, 100.0, 90.0, 90.0, 90.0, 90.0]
    lane = wishing(cash=CASH, sizing=PercentOfEquity(percent=90), exit=LIMIT_EXIT, risk=[MaxDrawdown(percent=5)])
    run = play([data(), lane], make_bars(closes, wishes=[1, 1, 1, -1, -1, -1]))
    rejected = [order for order in run.events("portfolio_1", "ORDER") if order.status == "rejected"]
    assert [(order.side, order.reason) for order in rejected] == [("sell", "halted by max_drawdown")]


def test_p2_a_reduction_counts_once_though_two_orders_are_to_make_it():
    """70 held, 20 of them sold by a stop that goes on at the market when the next wish is short, with 70% of the equity."""
    lines = [
        "100 101 99 100",
        "100 101 99 100",
        "100 100 94 95 200",
        "95 96 94 95 100",
        "95 96 94 95 100",
        *["95 95 95 95"] * 2,
    ]
    orders = {1: "buy 70 loss 95", 3: "flat 50", 4: "sell 70 limit 95"}
    run = run_orders(lines, orders, terms={"participation": 0.1}, cash=CASH)
    assert run.metrics()["rejected_orders"] == 0


moves = st.lists(st.floats(-0.15, 0.15), min_size=8, max_size=40)


@settings(max_examples=25)
@given(moves, st.data(), st.tuples(st.floats(0, 50), st.floats(0, 50)), st.integers(50, 300), st.booleans())
def test_x9_money_is_conserved_under_leverage_and_loans(changes, drawn, rates, percent, close_at_end):
    closes = [100.0]
    for change in changes:
        closes.append(closes[-1] * (1 + change))
    wishes = drawn.draw(st.lists(st.sampled_from([-1, 0, 1]), min_size=len(closes), max_size=len(closes)))
    gaps = drawn.draw(st.lists(st.integers(1, 4), min_size=len(closes), max_size=len(closes)))
    days = [sum(gaps[:k]) for k in range(len(closes))]
    account = MarginAccount(leverage=3.0, borrow_percent=rates[0], interest_percent=rates[1])
    lane = wishing(account=account, sizing=PercentOfEquity(percent=percent), cash=CASH, close_at_end=close_at_end)
    run = play([data(), lane], make_bars(closes, wishes=wishes, days=days))
    figures = run.metrics()
    scale = 1e-9 * (CASH + figures["turnover"] * CASH)
    realised = figures["total_pnl"] + figures["unrealised_pnl"]
    assert abs(figures["final_equity"] - CASH - realised) <= scale
    gross = sum(event.gross_pnl for event in run.events("portfolio_1", "POSITION_CLOSE"))
    if not figures["open_trades"]:
        costs = figures["total_commission"] + figures["total_borrow_cost"]
        assert abs(gross - costs - figures["total_pnl"]) <= scale
    assert run["portfolio_1"].ledger.equity(len(closes) - 1) == figures["final_equity"]


def test_l6_l5_loans_do_not_depend_on_blocks_or_on_who_listens():
    bars = make_bars(
        [100.0 + 7 * (k % 5) - k for k in range(30)], wishes=[(1, -1, -1, 0, 1, 1)[k % 6] for k in range(30)]
    )
    account = MarginAccount(leverage=3.0, borrow_percent=20.0, interest_percent=30.0)
    lane = wishing(account=account, sizing=PercentOfEquity(percent=200), cash=CASH)
    whole = play([data(), lane], bars)
    for settings_of_run in ({"block_size": 4}, {"listen": ()}, {"listen": (), "block_size": 7}):
        assert play([data(), lane], bars, **settings_of_run).metrics() == whole.metrics()
    updates = whole.events("portfolio_1", "PORTFOLIO_UPDATE")
    assert whole.metrics()["final_equity"] == updates[-1].equity
    assert whole.metrics()["total_borrow_cost"] > 0.0
