"""Random orders on lent money under risk rules: scale-ins, partial exits, flips, halts (rules P2, P3, X9, E2, L4, L6)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.agenda import Phase
from engine.trading.accounts import CashAccount, MarginAccount
from engine.trading.costs import BasisPoints, Percent, RangeFraction, SquareRootImpact, Tier, Tiered
from engine.trading.distances import Distance
from engine.trading.risk import DailyLoss, MaxDrawdown, MaxGrossExposure, MaxPosition, Stop, Target
from engine.trading.sizing import PercentOfEquity
from tests.property.test_order_streams import placed, streams
from tests.scenarios.reading import run_orders
from tests.unit.test_order_scenarios import assert_shape

CASH, ROUNDING = 2_000.0, 1e-9
MONTHLY = Tiered(tiers=[Tier(above=0, percent=0.5), Tier(above=3000, percent=0.1)], over="month")

accounts = st.sampled_from(
    [
        MarginAccount(leverage=3.0, borrow_percent=40.0, interest_percent=30.0),
        MarginAccount(leverage=1.5, borrow_percent=900.0),
        MarginAccount(interest_percent=500.0, leverage=5.0),
        CashAccount(),
    ]
)
RULES = [
    MaxPosition(percent=120),
    MaxGrossExposure(percent=250),
    DailyLoss(percent=2, action="flatten"),
    DailyLoss(percent=1),
    MaxDrawdown(percent=4, action="flatten"),
    MaxDrawdown(percent=6),
    Stop(loss=Distance(percent=0.1), cool_down=9),
    Stop(loss=Distance(atr=0.5, timeperiod=2)),
    Target(profit=Distance(percent=1.5)),
]
rules = st.lists(st.sampled_from(RULES), max_size=3)
costs = st.sampled_from(
    [
        {},
        {"commission": [Percent(percent=0.2, minimum=1.0), MONTHLY], "slippage": BasisPoints(bps=20)},
        {"slippage": [RangeFraction(fraction=0.5), SquareRootImpact(coefficient=0.1)], "participation": 0.5},
    ]
)


def run(stream, account, risk, terms, **more):
    """A run of a stream of orders with all of this."""
    lines, orders = stream
    lane = {
        "cash": CASH,
        "account": account,
        "risk": risk,
        "sizing": PercentOfEquity(percent=90),
        "minimum_notional": 50.0,
    }
    return run_orders(lines, orders, terms=terms, **{**lane, **more})


@pytest.mark.examples(10, 25)
@given(streams(), accounts, rules, costs)
def test_x9_money_is_conserved_and_every_trade_has_its_shape(stream, account, risk, terms):
    played = run(stream, account, risk, terms, close_at_end=True)
    assert played["portfolio_1"].status == "completed"
    assert_shape(played, cash=CASH)
    figures, fills = played.metrics(), played.events("portfolio_1", "FILL")
    scale = ROUNDING * (CASH + sum(fill.quantity * fill.price for fill in fills))
    assert figures["open_trades"] == 0
    assert abs(figures["final_equity"] - CASH - figures["total_pnl"]) <= scale
    closes = played.events("portfolio_1", "POSITION_CLOSE")
    gross = sum(event.gross_pnl for event in closes)
    paid = figures["total_commission"] + figures["total_borrow_cost"]
    assert abs(gross - paid - figures["total_pnl"]) <= scale
    assert figures["long_total_pnl"] + figures["short_total_pnl"] == pytest.approx(figures["total_pnl"], abs=scale)
    breaches = played.events("portfolio_1", "RISK_BREACH")
    assert figures["risk_breaches"] == len(breaches)


@pytest.mark.examples(10, 25)
@given(streams(), accounts, rules, costs, st.data())
def test_l4_no_rule_and_no_loan_looks_ahead(stream, account, risk, terms, data):
    lines, orders = stream
    whole = placed(run(stream, account, risk, terms))
    until = data.draw(st.integers(2, len(lines)))
    part = placed(run((lines[:until], orders), account, risk, terms))
    before_end = [event for event, phase in part if phase < Phase.END]
    assert before_end == [event for event, _ in whole][: len(before_end)]


@pytest.mark.examples(8, 20)
@given(streams(), accounts, rules, costs)
def test_what_an_account_forbids_is_never_held(stream, account, risk, terms):
    """At acceptance: nothing short on a cash account, no more than its leverage on margin, at the closes of the decision."""
    played = run(stream, account, risk, terms)
    held, equity, close = 0.0, CASH, 0.0
    for event in played.events():
        if event.type == "FILL":
            held += event.quantity if event.side == "buy" else -event.quantity
            assert held >= -ROUNDING or isinstance(account, MarginAccount)
        elif event.type == "BAR":
            close = event.close
        elif event.type == "PORTFOLIO_UPDATE":
            equity = event.equity
        elif event.type == "ORDER" and event.status == "accepted" and isinstance(account, MarginAccount):
            signed = event.quantity if event.side == "buy" else -event.quantity
            if abs(held + signed) > abs(held):
                assert event.quantity * close <= equity * account.leverage * (1 + 1e-6) + abs(held) * close


@pytest.mark.slow
def test_the_streams_reach_every_rule():
    """The generator is worth its name."""
    wanted = {"loan", "stop", "target", "max_drawdown", "daily_loss", "max_position", "halted", "cooling", "buying"}
    seen = set()

    @settings(max_examples=40, database=None, derandomize=True)
    @given(streams(), accounts, costs)
    def look(stream, account, terms):
        for rule in () if seen >= wanted else RULES:
            played = run(stream, account, [rule], terms)
            seen.update(event.rule for event in played.events("portfolio_1", "RISK_BREACH"))
            seen.update("loan" for _ in range(played.metrics()["total_borrow_cost"] > 0))
            orders = played.events("portfolio_1", "ORDER")
            seen.update(event.reason.split()[0] for event in orders if event.status == "rejected")

    look()
    assert seen >= wanted
