"""Random orders over random bars: what holds whatever is asked (rules E2, L4, L5, X2 to X9)."""

from collections import defaultdict
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.agenda import Phase
from engine.trading.costs import BasisPoints
from tests.scenarios.reading import bar_of, run_orders
from tests.unit.test_order_scenarios import assert_shape

ROUNDING = 1e-9


@st.composite
def markets(draw):
    """Lines of bars: prices near 100 with gaps, volumes small enough to be felt."""
    close, lines = 100.0, []
    for _ in range(draw(st.integers(3, 14))):
        open_ = round(close * draw(st.sampled_from([1.0, 1.0, 0.97, 1.03])), 2)
        up, down = draw(st.sampled_from([0.0, 0.01, 0.04])), draw(st.sampled_from([0.0, 0.01, 0.04]))
        high, low = round(open_ * (1 + up), 2), round(open_ * (1 - down), 2)
        close = round(low + (high - low) * draw(st.sampled_from([0.0, 0.5, 1.0])), 2)
        lines.append(f"{open_} {high} {low} {close} {draw(st.sampled_from([0, 20, 60, 1000]))}")
    return lines


def around(draw, close):
    return f"{close * draw(st.sampled_from([0.96, 0.985, 1.0, 1.015, 1.04])):.2f}"


def terms_of(draw, close, bar):
    """Units, type, prices and time in force; and the prices, the close among them."""
    kind = draw(st.sampled_from(["market", "limit", "stop", "stop_limit", "trailing", "trailing %"]))
    prices = {"market": 0, "limit": 1, "stop": 1, "stop_limit": 2}.get(kind)
    words, levels = [draw(st.sampled_from(["", "3", "10", "2.5"]))], []
    if prices is None:
        words.append("trailing 2%" if kind.endswith("%") else "trailing 1.5")
    else:
        levels = [around(draw, close) for _ in range(prices)]
        words += [kind, *levels]
    words.append(draw(st.sampled_from(["", "gtc", "day", "ioc", f"gtd {bar + 2}"])))
    return " ".join(filter(None, words)), [close, *map(float, levels)]


def exits_of(draw, sign, levels):
    """Exits on their sides of every price at which the entry may be made."""
    worst, best = (min(levels), max(levels)) if sign > 0 else (max(levels), min(levels))
    loss = f"loss {worst * (1 - sign * 0.02):.2f}"
    return draw(st.sampled_from(["", loss, f"{loss} target {best * (1 + sign * 0.03):.2f}", "trail 2"]))


@st.composite
def streams(draw):
    """Bars, and an order or none at each of them."""
    lines = draw(markets())
    orders = {}
    for bar, line in enumerate(lines, 1):
        close = float(line.split()[3])
        side = draw(st.sampled_from(["", "", "buy", "sell", "flat", "oco"]))
        if side == "flat":
            orders[bar] = f"flat {terms_of(draw, close, bar)[0]}"
        elif side == "oco":
            orders[bar] = f"buy stop {close * 1.01:.2f} | sell stop {close * 0.99:.2f}"
        elif side:
            terms, levels = terms_of(draw, close, bar)
            orders[bar] = f"{side} {terms} {exits_of(draw, 1 if side == 'buy' else -1, levels)}"
    return lines, orders


execution_terms = st.fixed_dictionaries(
    {"fill_at": st.sampled_from(["next_open", "next_close"]), "participation": st.sampled_from([None, 0.1, 0.5])}
)


@pytest.mark.examples(12, 30)
@given(streams(), execution_terms)
def test_fills_stay_within_their_bar_their_limit_and_the_volume(stream, terms):
    lines, orders = stream
    run = run_orders(lines, orders, terms=terms)
    assert_shape(run)
    bars = [[float(word) for word in line.split()] for line in lines]
    accepted = {order.order_id: order for order in run.events("portfolio_1", "ORDER") if order.status == "accepted"}
    taken, filled = defaultdict(float), defaultdict(float)
    for fill in run.events("portfolio_1", "FILL"):
        order = accepted[fill.order_id]
        _, high, low, _, _ = bars[bar_of(fill) - 1]
        sign = 1 if fill.side == "buy" else -1
        assert low <= fill.price <= high
        assert bar_of(fill) > bar_of(order) or order.oco == order.correlation_id  # rule L3, and legs
        if order.limit_price is not None:
            assert sign * fill.price <= sign * order.limit_price
        taken[bar_of(fill)] += fill.quantity
        filled[fill.order_id] += fill.quantity
        assert filled[fill.order_id] <= order.quantity * (1 + ROUNDING)
    if terms["participation"] is not None:
        for bar, quantity in taken.items():
            assert quantity <= bars[bar - 1][4] * terms["participation"] * (1 + ROUNDING)


@pytest.mark.examples(12, 30)
@given(streams(), execution_terms)
def test_nothing_is_left_open_and_money_is_conserved(stream, terms):
    lines, orders = stream
    run = run_orders(lines, orders, terms=terms | {"slippage": BasisPoints(bps=7)}, close_at_end=True)
    assert_shape(run)
    metrics = run.metrics()
    notional = sum(fill.quantity * fill.price for fill in run.events("portfolio_1", "FILL"))
    assert metrics["open_trades"] == 0
    assert abs(metrics["final_equity"] - 1e6 - metrics["total_pnl"]) <= ROUNDING * (1e6 + notional)
    assert all(trade is None for trade in run["portfolio_1"].ledger.trades)


@pytest.mark.examples(8, 20)
@given(streams(), execution_terms, st.data())
def test_l4_orders_do_not_look_ahead_and_l5_sleeping_changes_nothing(stream, terms, data):
    """The same events over the beginning of the data; the same events if every order is looked at in every bar."""
    lines, orders = stream
    whole = placed(run_orders(lines, orders, terms=terms))
    until = data.draw(st.integers(2, len(lines)))
    part = placed(run_orders(lines[:until], orders, terms=terms))
    before_end = [event for event, phase in part if phase < Phase.END]
    assert before_end == [event for event, _ in whole][: len(before_end)]
    with patch("engine.containers.matching.next_row", lambda order, *_: order.first_row):
        assert placed(run_orders(lines, orders, terms=terms)) == whole


def placed(run):
    """Events with their phases."""
    heard = run.heard["portfolio_1"]
    return [(event, phase) for event, (_, phase) in zip(heard.events, heard.places, strict=True)]


def test_the_streams_reach_every_kind_of_end():
    """The generator is worth its name: it finds partial fills, triggers, cancels, expiries and ambiguous bars."""
    seen = set()

    @settings(deadline=None, max_examples=40, database=None, derandomize=True)
    @given(streams(), execution_terms)
    def look(stream, terms):
        lines, orders = stream
        run = run_orders(lines, orders, terms=terms)
        seen.update(event.status for event in run.events("portfolio_1", "ORDER"))
        seen.update("ambiguous" for fill in run.events("portfolio_1", "FILL") if fill.ambiguous_bar)

    look()
    assert seen >= {"accepted", "triggered", "cancelled", "expired"}
