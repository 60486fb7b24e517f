"""MetricsObserver, used by hand: what it asks for and what it makes of it (T1, T3)."""

import pytest

from engine import events
from engine.bus import EventBus
from engine.metrics.observer import MetricsObserver

COMMON = {"timestamp": 0, "source": "p", "event_id": "p:X:1", "correlation_id": "p:1", "causation_id": None}
ORDER = {"symbol": "X", "side": "buy", "quantity": 2.0, "order_type": "market", "limit_price": None, "stop_price": None}


def order(status):
    return events.Order(
        **COMMON, **ORDER, order_id="o", time_in_force="gtc", status=status, reason="", ends_correlation=False
    )


def fill(price, *, ambiguous=False):
    return events.Fill(
        **COMMON,
        order_id="o",
        symbol="X",
        side="buy",
        quantity=2.0,
        price=price,
        commission=0.5,
        slippage=0.25,
        liquidity="taker",
        ambiguous_bar=ambiguous,
    )


def close(net):
    return events.PositionClose(
        **COMMON,
        symbol="X",
        side="long",
        quantity=2.0,
        entry_price=10.0,
        exit_price=12.0,
        gross_pnl=net + 1.0,
        net_pnl=net,
        bars_held=7,
        duration_seconds=60.0,
        ends_correlation=True,
    )


@pytest.fixture
def metrics():
    observer = MetricsObserver()
    for event in (order("accepted"), fill(10.0), order("rejected"), fill(12.0, ambiguous=True), close(3.0)):
        observer.observe(event)
    observer.ended("p:1")
    return observer


def test_it_asks_for_no_more_than_it_reads():
    assert MetricsObserver().event_types == {"ORDER", "FILL", "POSITION_CLOSE"}


def test_totals_can_be_read_at_any_time(metrics):
    assert (metrics.total_trades, metrics.total_pnl) == (1, 3.0)
    metrics.observe(close(-5.0))
    assert (metrics.total_trades, metrics.total_pnl) == (2, -2.0)


def test_the_dictionary_has_the_trade_metrics_in_order(metrics):
    figures = metrics.to_dict()
    assert list(figures)[:5] == ["total_trades", "winning_trades", "losing_trades", "win_rate", "total_pnl"]
    assert (figures["orders"], figures["rejected_orders"], figures["fills"], figures["ambiguous_bars"]) == (2, 1, 2, 1)
    assert (figures["total_commission"], figures["total_slippage"], figures["longest_bars_held"]) == (1.0, 0.5, 7)
    assert figures["largest_loss"] is None
    assert metrics.trades.traded_notional == 44.0


def test_an_event_it_did_not_ask_for_changes_nothing(metrics):
    before = metrics.to_dict()
    metrics.observe(events.Bar(**COMMON, symbol="X", open=1.0, high=1.0, low=1.0, close=1.0, volume=1.0))
    assert metrics.to_dict() == before


def test_on_a_bus_it_is_told_what_it_asked_for_until_it_is_taken_off():
    """L8."""
    metrics = MetricsObserver()
    bus = EventBus("portfolio")
    undo = bus.attach_observer(metrics)
    assert [event_type for event_type in events.EVENT_TYPES if bus.wants(event_type)] == [
        "ORDER",
        "FILL",
        "POSITION_CLOSE",
    ]
    bus.publish(close(3.0))
    undo()
    bus.publish(close(3.0))
    assert metrics.total_trades == 1
