"""The shape of every trade, over random targets, sizes, terms and strategies (rules E2, E3, L3)."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.building import CASH, data, execution, play, wishing
from tests.property.test_run_order import bars_of, markets, sizings, terms

ENTRY = ["SIGNAL", "ORDER_REQUEST", "ORDER"]


@pytest.mark.examples(25, 80)
@given(st.lists(markets(), min_size=1, max_size=2), sizings, terms, st.booleans())
def test_e2_every_trade_has_the_shape_of_a_trade(columns, sizing, costs, close_at_end):
    bars = {f"data_{k}": bars_of(market, f"S{k}") for k, market in enumerate(columns)}
    containers = [data(id_, f"S{k}") for k, id_ in enumerate(bars)]
    lane = wishing(inputs=tuple(bars), cash=CASH, sizing=sizing, close_at_end=close_at_end)
    run = play([*containers, execution(**costs), lane], bars, listen=["portfolio_1"])
    trades = defaultdict(list)
    for event in run.events():
        if event.correlation_id is not None:
            trades[event.correlation_id].append(event)
    known = {event.event_id: event for event in run.events()}
    assert list(trades) == [f"portfolio_1#{k + 1}" for k in range(len(trades))]
    for trade_id, events in trades.items():
        check_shape(events, known, over=trade_id in run.heard["portfolio_1"].ends)
    opened = sum("POSITION_OPEN" in [e.type for e in events] for events in trades.values())
    closed = sum("POSITION_CLOSE" in [e.type for e in events] for events in trades.values())
    metrics = run.metrics()
    assert (metrics["total_trades"], metrics["open_trades"]) == (closed, opened - closed)
    assert len(run.heard["portfolio_1"].ends) == len(set(run.heard["portfolio_1"].ends))
    if close_at_end:
        assert set(run.heard["portfolio_1"].ends) == set(trades)


def check_shape(events, known, *, over):
    types = [event.type for event in events]
    fills = [event for event in events if event.type == "FILL"]
    assert types[:3] == ENTRY
    assert len({event.symbol for event in events}) == 1
    assert types.count("POSITION_OPEN") == min(1, len(fills))
    assert types.count("POSITION_CLOSE") <= 1
    assert over == events[-1].ends_correlation
    assert not any(event.ends_correlation for event in events[:-1])
    if not fills:
        assert types[-1] == "ORDER"
        assert events[-1].status in ("rejected", "cancelled", "expired", "accepted")
        return
    check_entry(events, fills[0])
    check_orders(events)
    if "POSITION_CLOSE" in types:
        check_exit(events, fills, known)


def check_entry(events, first):
    (opened,) = (event for event in events if event.type == "POSITION_OPEN")
    assert (opened.causation_id, opened.timestamp) == (first.event_id, first.timestamp)
    assert (opened.quantity, opened.entry_price, opened.costs) == (first.quantity, first.price, first.commission)
    assert opened.side == ("long" if first.side == "buy" else "short")


def check_orders(events):
    """A fill has an accepted order of an earlier step, except at the end of the lane (rule L3)."""
    accepted = {e.order_id: e for e in events if e.type == "ORDER" and e.status == "accepted"}
    for fill in (event for event in events if event.type == "FILL"):
        order = accepted[fill.order_id]
        assert fill.causation_id == order.event_id
        assert (fill.side, fill.quantity, fill.symbol) == (order.side, order.quantity, order.symbol)
        assert fill.timestamp > order.timestamp or events[-1].type == "POSITION_CLOSE"


def check_exit(events, fills, known):
    closed, (first, last) = events[-1], fills
    assert closed.type == "POSITION_CLOSE"
    assert {first.side, last.side} == {"buy", "sell"}
    assert (closed.quantity, last.quantity) == (first.quantity, first.quantity)
    assert closed.entry_price == pytest.approx(first.price, rel=1e-15)
    assert closed.exit_price == pytest.approx(last.price, rel=1e-15)
    sign = 1 if first.side == "buy" else -1
    assert closed.gross_pnl == sign * (last.quantity * last.price - first.quantity * first.price)
    assert closed.net_pnl == closed.gross_pnl - (first.commission + last.commission)
    assert closed.duration_seconds == (last.timestamp - first.timestamp) / 1e9
    causes, event = [], closed
    while event.causation_id is not None:
        event = known[event.causation_id]
        causes.append(event.type)
    assert causes[:3] == ["FILL", "ORDER", "ORDER_REQUEST"]
    assert causes[-2:] == ["SIGNAL", "BAR"]
