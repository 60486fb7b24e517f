"""Risk rules: what they refuse, when they stop, what they tell (rules P3, L1)."""

import pytest

from engine.agenda import Phase
from engine.trading.accounts import MarginAccount
from engine.trading.distances import Distance
from engine.trading.risk import (
    DailyLoss,
    MaxDrawdown,
    MaxGrossExposure,
    MaxOpenPositions,
    MaxPosition,
    Stop,
    Target,
)
from engine.trading.sizing import FixedQuantity, PercentOfEquity
from tests.building import data, make_bars, play, wishing

CASH = 10_000.0


def run_with(rules, closes, wishes, opens=None, days=None, **settings):
    """A portfolio of 10,000 that trades fifty units under these rules; fills are at the close before, unless `opens` say."""
    bars = make_bars(closes, wishes=wishes, opens=opens, days=days)
    lane = wishing(**{"cash": CASH, "sizing": FixedQuantity(quantity=50.0), "risk": rules, **settings})
    return play([data(), lane], bars)


def breaches(run):
    """Day of the bar, rule, value, limit and action of each RISK_BREACH."""
    first = run.events("portfolio_1", "BAR")[0].timestamp
    day = 86_400 * 10**9
    return [
        ((e.timestamp - first) / day, e.rule, round(e.value, 6), round(e.limit, 6), e.action)
        for e in run.events("portfolio_1", "RISK_BREACH")
    ]


def reasons(run):
    """Why orders were rejected."""
    return [order.reason for order in run.events("portfolio_1", "ORDER") if order.status == "rejected"]


def exits(run):
    """Day of the bar and price of each fill that leaves a trade."""
    first, day = run.events("portfolio_1", "BAR")[0].timestamp, 86_400 * 10**9
    closes = {event.causation_id for event in run.events("portfolio_1", "POSITION_CLOSE")}
    return [((f.timestamp - first) / day, f.price) for f in run.events("portfolio_1", "FILL") if f.event_id in closes]


FLAT = [100.0] * 6


@pytest.mark.parametrize(
    ("rule", "value", "limit"),
    [
        (MaxPosition(percent=40), 50.0, 40.0),
        (MaxGrossExposure(percent=49.9), 50.0, 49.9),
    ],
)
def test_p3_an_order_beyond_a_limit_is_refused_and_told(rule, value, limit):
    run = run_with([rule], FLAT, [1, 1, 0, 0, 0, 0])
    assert breaches(run) == [(0, rule.name, value, limit, "reject")]
    assert reasons(run) == [f"{rule.name}: {value:.2f} would be above {limit:g}"]
    figures = run.metrics()
    assert (figures["rejected_orders"], figures["risk_breaches"], figures["fills"]) == (1, 1, 0)
    types = [e.type for e in run.events("portfolio_1") if e.type in ("ORDER_REQUEST", "RISK_BREACH", "ORDER")]
    assert types == ["ORDER_REQUEST", "RISK_BREACH", "ORDER"]
    breach = run.events("portfolio_1", "RISK_BREACH")[0]
    assert (breach.correlation_id, breach.causation_id) == ("portfolio_1#1", "portfolio_1:ORDER_REQUEST:1")


def test_p3_what_is_within_the_limits_is_taken():
    rules = [MaxPosition(percent=50), MaxGrossExposure(percent=50), MaxOpenPositions(count=1)]
    run = run_with(rules, FLAT, [1, 1, 0, 0, 0, 0])
    assert (breaches(run), run.metrics()["total_trades"]) == ([], 1)


def test_p3_positions_are_counted_over_all_symbols_with_those_that_wait():
    bars = {f"data_{k}": make_bars(FLAT, symbol=f"S{k}", wishes=[0, 1, 1, 1, 0, 0]) for k in range(3)}
    lane = wishing(inputs=list(bars), cash=CASH, sizing=FixedQuantity(quantity=1.0), risk=[MaxOpenPositions(count=2)])
    run = play([*(data(id_, f"S{k}") for k, id_ in enumerate(bars)), lane], bars)
    assert breaches(run) == [(1, "max_open_positions", 3.0, 2.0, "reject")]
    assert {fill.symbol for fill in run.events("portfolio_1", "FILL")} == {"S0", "S1"}


FALLING = [100.0, 100.0, 95.0, 80.0, 82.0, 84.0, 86.0, 88.0]


def test_p3_a_drawdown_halts_for_good_and_leaves_exits_to_the_strategy():
    run = run_with([MaxDrawdown(percent=9)], FALLING, [1, 1, 1, 1, 0, 1, 0, 1])
    assert breaches(run) == [(3, "max_drawdown", 10.0, 9.0, "halt")]
    assert reasons(run) == ["halted by max_drawdown"] * 2
    assert exits(run) == [(5, 82.0)]
    breach = run.events("portfolio_1", "RISK_BREACH")[0]
    assert breach.causation_id == "portfolio_1:PORTFOLIO_UPDATE:5"
    (update,) = [u for u in run.events("portfolio_1", "PORTFOLIO_UPDATE") if u.event_id == breach.causation_id]
    assert (update.timestamp, update.drawdown) == (breach.timestamp, pytest.approx(-0.1))


def test_p3_a_drawdown_flattens_at_the_next_bar():
    run = run_with([MaxDrawdown(percent=9, action="flatten")], FALLING, [1, 1, 1, 1, 1, 1, 0, 1])
    assert breaches(run) == [(3, "max_drawdown", 10.0, 9.0, "flatten")]
    assert exits(run) == [(4, 80.0)]
    assert reasons(run) == ["halted by max_drawdown"]
    close = run.events("portfolio_1", "POSITION_CLOSE")[0]
    chain = {event.event_id: event for event in run.events()}
    above = [close]
    while above[-1].causation_id in chain:
        above.append(chain[above[-1].causation_id])
    assert [e.type for e in above][1:6] == ["FILL", "ORDER", "ORDER_REQUEST", "RISK_BREACH", "PORTFOLIO_UPDATE"]


def test_p3_a_daily_loss_halts_until_the_day_is_over():
    closes = [100.0, 100.0, 90.0, 90.0, 90.0, 90.0, 90.0, 90.0]
    days = [0, 0.25, 1, 1.25, 1.5, 2, 2.25, 2.5]
    run = run_with([DailyLoss(percent=4)], closes, [1, 1, 1, 0, 1, 0, 1, 1], days=days)
    assert breaches(run) == [(1, "daily_loss", 5.0, 4.0, "halt")]
    assert reasons(run) == ["halted for the day by daily_loss"]
    assert run.metrics()["total_trades"] == 2


def test_p3_a_daily_loss_is_measured_from_the_day_before_each_day_anew():
    closes = [100.0, 100.0, 98.0, 96.0, 90.0, 80.0]
    run = run_with([DailyLoss(percent=2)], closes, [1] * 6)
    assert [(day, rule) for day, rule, *_ in breaches(run)] == [(4, "daily_loss"), (5, "daily_loss")]


@pytest.mark.parametrize(
    ("rule", "sign", "closes", "told"),
    [
        (Stop(loss=Distance(percent=5)), 1, [100, 100, 96, 95, 99, 99], (3, "stop", 95.0, 95.0, "exit")),
        (Stop(loss=Distance(amount=3)), -1, [100, 100, 102, 104, 99, 99], (3, "stop", 104.0, 103.0, "exit")),
        (Target(profit=Distance(percent=5)), 1, [100, 100, 104, 106, 99, 99], (3, "target", 106.0, 105.0, "exit")),
        (Target(profit=Distance(amount=3)), -1, [100, 100, 98, 97, 99, 99], (3, "target", 97.0, 97.0, "exit")),
    ],
)
def test_p3_stops_and_targets_are_watched_at_closes_and_leave_at_the_next_bar(rule, sign, closes, told):
    run = run_with([rule], [float(close) for close in closes], [sign] * 6)
    assert breaches(run) == [told]
    assert exits(run) == [(4, closes[3])]
    breach = run.events("portfolio_1", "RISK_BREACH")[0]
    assert (breach.correlation_id, breach.causation_id) == ("portfolio_1#1", "portfolio_1:POSITION_OPEN:1")
    places = {e.event_id: place for e, place in zip(run.events(), run.heard["portfolio_1"].places, strict=True)}
    assert places[breach.event_id] == (3, int(Phase.MARK))


def test_p3_a_stop_at_a_true_range_keeps_the_range_of_the_first_mark():
    """Bars of range 4 first, of 20 later: the stop stays two of the first ranges away."""
    closes = [100.0, 104.0, 100.0, 104.0, 100.0, 120.0, 100.0, 91.0, 91.0, 91.0]
    run = run_with([Stop(loss=Distance(atr=2, timeperiod=2))], closes, [0, 0, 0, 1, 1, 1, 1, 1, 1, 1])
    assert breaches(run) == [(7, "stop", 91.0, 96.0, "exit")]


def test_p3_after_a_stop_the_symbol_cools_down():
    closes = [100.0, 100.0, 90.0, 90.0, 90.0, 90.0, 90.0, 90.0, 90.0]
    run = run_with([Stop(loss=Distance(percent=5), cool_down=3)], closes, [1, 1, 1, 0, 1, 0, 1, 1, 0])
    assert breaches(run) == [(2, "stop", 90.0, 95.0, "exit")]
    assert reasons(run) == ["cooling down after a stop: 2 bars left"]
    assert run.metrics()["total_trades"] == 2


def test_p3_the_last_bar_of_a_cool_down_still_counts():
    closes = [100.0, 100.0, 90.0, 90.0, 90.0, 90.0, 90.0, 90.0, 90.0]
    run = run_with([Stop(loss=Distance(percent=5), cool_down=3)], closes, [1, 1, 0, 0, 0, 1, 0, 1, 0])
    assert reasons(run) == ["cooling down after a stop: 1 bar left"]
    assert run.metrics()["total_trades"] == 2


def test_l1_risk_exits_come_before_what_strategies_ask_for():
    """In one step the stop is reached and the strategy turns round: out first, then in, and one exit only."""
    run = run_with([Stop(loss=Distance(percent=5))], [100.0, 100.0, 90.0, 90.0, 90.0], [1, 1, -1, -1, -1])
    requests = [(r.side, r.correlation_id) for r in run.events("portfolio_1", "ORDER_REQUEST")][:3]
    assert requests == [("buy", "portfolio_1#1"), ("sell", "portfolio_1#1"), ("sell", "portfolio_1#2")]
    assert [e.side for e in run.events("portfolio_1", "POSITION_CLOSE")] == ["long", "short"]


def test_p3_rules_are_no_result_of_being_looked_at():
    """T3: the same figures whether anybody listens or not."""
    rules = [MaxDrawdown(percent=9), Stop(loss=Distance(percent=5), cool_down=1), Target(profit=Distance(percent=3))]
    wishes = [1, 1, 0, 1, 1, -1, 0, 1]
    bars = make_bars(FALLING, wishes=wishes)
    lane = wishing(cash=CASH, sizing=PercentOfEquity(percent=150), risk=rules, account=MarginAccount(leverage=2.0))
    heard, unheard = (play([data(), lane], bars, listen=listen) for listen in (None, ()))
    assert heard["portfolio_1"].metrics() == unheard["portfolio_1"].metrics()
    assert heard.metrics()["risk_breaches"] == len(heard.events("portfolio_1", "RISK_BREACH")) > 0
