"""tests/scenarios/orders.yaml, one scenario a test (rules X1 to X7, E2), and what all of them have in common."""

from pathlib import Path

import pytest
import yaml

from engine.trading.costs import BasisPoints
from engine.trading.distances import Distance
from engine.trading.order_forms import ExitForm
from tests.scenarios.reading import fates_of, fills_of, run_orders

PAGE = Path(__file__).parents[1] / "scenarios" / "orders.yaml"
SCENARIOS = yaml.safe_load(PAGE.read_text(encoding="utf-8"))


def terms_of(scenario):
    """The execution container's keys; slippage as a struct."""
    terms = dict(scenario.get("terms", {}))
    if "slippage" in terms:
        terms["slippage"] = BasisPoints(bps=terms["slippage"]["bps"])
    return terms


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name):
    scenario = SCENARIOS[name]
    run = run_orders(scenario["bars"], scenario["orders"], terms=terms_of(scenario))
    assert fills_of(run) == scenario["fills"]
    if "fates" in scenario:
        assert fates_of(run) == scenario["fates"]
    assert_shape(run)


@pytest.mark.parametrize(("close", "late"), [(94.5, " late"), (95.5, "")])
def test_x4_the_close_at_the_end_of_the_data_is_late_in_the_bar_of_its_entry_too(close, late):
    bars = ["100 101 99 100", f"100 101 94 {close}"]
    run = run_orders(bars, {1: "buy limit 98 loss 95"}, close_at_end=True)
    assert fills_of(run) == ["2 buy 10 @ 98", f"2 sell 10 @ {close}{late}"]
    assert run.metrics("portfolio_1")["exit_after_entry_bar"] == bool(late)


@pytest.mark.parametrize(
    ("orders", "left"),
    [
        ({1: "buy"}, ["3 sell 10 @ 95"]),
        ({1: "buy bare"}, []),
        ({1: "buy", 2: "hold bare"}, []),
        ({1: "buy bare", 2: "hold loss 96"}, ["3 sell 10 @ 96"]),
    ],
)
def test_x4_a_decision_with_exits_has_no_others_and_with_none_in_them_none(orders, left):
    bars = ["100 101 99 100", "100 101 99 100", "100 101 94 99"]
    run = run_orders(bars, orders, exit=ExitForm(stop_loss=Distance(percent=5.0)))
    assert fills_of(run) == ["2 buy 10 @ 100", *left]


def assert_shape(run, cash=1e6):
    """E2: one opening and one close of each trade that was filled, the close its last event; X9 and counts of metrics."""
    events = [event for event in run.events("portfolio_1") if event.correlation_id is not None]
    held = {trade.trade_id for trade in run["portfolio_1"].ledger.trades if trade is not None}
    for trade_id in {event.correlation_id for event in events}:
        own = [event for event in events if event.correlation_id == trade_id]
        types = [event.type for event in own]
        filled = "FILL" in types
        assert types.count("POSITION_OPEN") == filled
        assert types.count("POSITION_CLOSE") == (filled and trade_id not in held)
        ends = [event.ends_correlation for event in own]
        assert ends == [False] * (len(own) - 1) + [trade_id not in held]
    metrics = run.metrics()
    orders = run.events("portfolio_1", "ORDER")
    assert metrics["rejected_orders"] == sum(event.status == "rejected" for event in orders)
    fills = run.events("portfolio_1", "FILL")
    executions = [run.metrics(id_) for id_ in run.simulation.containers if id_.startswith("execution_")]
    for counted in (metrics, *executions):
        assert counted["ambiguous_bars"] == sum(event.ambiguous_bar for event in fills)
        assert counted["exit_after_entry_bar"] == sum(event.exit_after_entry_bar for event in fills)
    assert metrics["final_equity"] == pytest.approx(cash + metrics["total_pnl"] + metrics["unrealised_pnl"])
