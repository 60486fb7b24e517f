"""What containers count: events, signals, features and answers, whoever looks at them (rule T3)."""

import json
import re
from collections import Counter
from fnmatch import fnmatchcase

import numpy as np
import pytest

from engine.metrics.container_metrics import CONTAINER_METRICS, OrderCounts
from engine.metrics.rejections import REJECTIONS, kind_of
from engine.strategies.crossover import Crossover
from engine.trading.accounts import CashAccount
from engine.trading.costs import PerTrade
from engine.trading.distances import Distance
from engine.trading.order_forms import ExitForm
from engine.trading.risk import MaxOpenPositions
from engine.trading.sizing import FixedQuantity
from tests.building import (
    analysis,
    crossing,
    data,
    execution,
    features,
    make_bars,
    own,
    play,
    portfolio,
    sma,
    strategy,
    walk,
    wishing,
)
from tests.lanes import write_lanes
from tests.run_command import read_json, results_of, run
from tests.run_configs import write_config
from tracing.reading.reader import TraceReader

SERVED = ("follows", "protected", "poor", "tells", "limited")
BARS = {"data_x": walk(120), "data_y": walk(90, seed=3, symbol="Y")}


def mixed(**settings):
    """Shared and own strategies, two symbols, a benchmark, stops, refusals, events of users' own; one hears, one does not."""
    return play(
        [
            data(),
            data("data_y", "Y"),
            features(quick=sma(3), steady=sma(9)),
            strategy("shared", ("features_1",), strategy=Crossover(fast="quick", slow="steady", direction="both")),
            execution("broker", commission=PerTrade(amount=1.0)),
            portfolio("follows", ("shared",), execution="broker", benchmark="data_y"),
            crossing("protected", execution="broker", exit=ExitForm(stop_loss=Distance(percent=1.0))),
            portfolio("poor", ("shared",), execution="broker", account=CashAccount(), cash=60.0),
            portfolio("tells", strategy=own("Tells")),
            crossing("limited", inputs=("data_x", "data_y"), risk=[MaxOpenPositions(count=1)]),
            analysis("hears_lanes", ("follows", "protected", "tells")),
            analysis("hears_broker", ("broker", "limited")),
            analysis("hears_data", ("data_y", "shared")),
        ],
        BARS,
        **settings,
    )


def counted(run, id_):
    """The events that a container's metrics say it has, by type, zeros left out."""
    figures = run.metrics(id_)
    named = {name.removeprefix("events_"): count for name, count in figures.items() if name.startswith("events_")}
    return {name: count for name, count in named.items() if count}


def test_t3_what_a_container_counts_is_what_its_bus_carried():
    run = mixed()
    for id_, heard in run.heard.items():
        is_listener = run[id_].type == "analysis"
        carried = Counter(event.type for event in heard.events if is_listener or event.source == id_)
        assert counted(run, id_) == carried, id_
        assert carried, id_
    assert counted(run, "hears_lanes")["market.mood"] == counted(run, "tells")["market.mood"] == 120


def test_t3_the_counts_do_not_depend_on_who_listens():
    heard, unheard = mixed(), mixed(listen=())
    for id_ in heard.simulation.containers:
        assert heard[id_].metrics() == unheard[id_].metrics(), id_
    assert unheard.simulation.events < heard.simulation.events


def test_the_names_stand_in_one_order_and_what_a_container_always_counts_is_there():
    run = mixed(listen=())
    assert list(run.metrics("shared")) == ["signals_long", "signals_flat", "signals_short", "events_SIGNAL"]
    assert list(run.metrics("data_y")) == ["bars", "buy_and_hold_return", "events_BAR"]
    named = [name for name in run.metrics("limited") if name.startswith("events_")]
    assert named == [
        *("events_FEATURES", "events_SIGNAL", "events_ORDER_REQUEST", "events_POSITION_OPEN"),
        *("events_POSITION_CLOSE", "events_PORTFOLIO_UPDATE", "events_RISK_BREACH"),
    ]
    assert run.metrics("follows")["events_RISK_BREACH"] == 0


def test_signals_are_counted_by_direction():
    run = mixed()
    said = Counter(event.direction for event in run.events("shared", "SIGNAL") if event.source == "shared")
    figures = run.metrics("shared")
    assert {name: figures[f"signals_{name}"] for name in ("long", "flat", "short")} == {"flat": 0} | said
    assert min(said["long"], said["short"]) > 0


def test_an_execution_container_sums_over_its_portfolios_in_their_order():
    run = mixed()
    figures = run.metrics("broker")
    orders, fills = run.events("broker", "ORDER"), run.events("broker", "FILL")
    statuses = Counter(order.status for order in orders)
    for status in ("accepted", "rejected", "cancelled", "expired", "triggered"):
        assert figures[f"{status}_orders"] == statuses[status]
    assert min(statuses[status] for status in ("accepted", "rejected", "cancelled", "triggered")) > 0
    assert figures["orders"] == statuses["accepted"] + statuses["rejected"]
    refusals = Counter(kind_of(order.reason) for order in orders if order.status == "rejected")
    assert {kind: figures[f"rejected_{kind}"] for kind in REJECTIONS} == dict.fromkeys(REJECTIONS, 0) | refusals
    assert refusals.keys() >= {"cash", "short_sale", "max_open_positions"}
    total = 0.0
    for lane in SERVED:
        of_lane = 0.0
        for fill in fills:
            if (fill.correlation_id or "").startswith(f"{lane}#"):
                of_lane += fill.quantity * fill.price
        total += of_lane
    assert figures["traded_notional"] == total
    assert figures["total_commission"] == float(len(fills)) == figures["fills"]
    for name in ("orders", "fills", "total_commission", "rejected_orders", "ambiguous_bars"):
        assert figures[name] == sum(run.metrics(lane)[name] for lane in SERVED)


def test_a_fill_that_leaves_a_part_of_its_order_is_partial():
    bars = make_bars([10, 10, 10, 10, 10, 10], wishes=[1, 1, 1, 1, 0, 0])
    run = play(
        [data(), execution(participation=0.1), wishing(cash=100_000.0, sizing=FixedQuantity(quantity=250.0))], bars
    )
    fills = [fill.quantity for fill in run.events("portfolio_1", "FILL")]
    assert fills == [100.0, 100.0, 50.0, 100.0, 150.0]  # the last at the end, where no volume is a limit
    assert run.metrics("execution_1")["partial_fills"] == 3


def test_features_count_warm_up_and_values_that_are_missing():
    gap = [1.0, np.nan, 3.0, 4.0]
    run = play(
        [data(), data("data_y", "Y"), features(inputs=("data_x", "data_y"), short=sma(3), long=sma(5))],
        {"data_x": make_bars(range(10, 30)), "data_y": make_bars(range(10, 14), symbol="Y", days=[5, 6, 7, 30])},
        listen=(),
    )
    figures = run.metrics("features_1")
    assert figures == {
        "features": 2,
        "warm_up_bars": 4,
        "short.null_values": 2 + 2,
        "long.null_values": 4 + 4,
        "events_FEATURES": 24,
    }
    extras = play([data(), portfolio(strategy=own("lean"))], make_bars([10, 11, 12, 13], depth=gap), listen=())
    assert counted(extras, "data_x") == {"BAR": 4, "FEATURES": 4}


def test_a_container_that_failed_counts_what_came_before_and_its_error():
    run = play([data(), portfolio(strategy=own("breaks"))], walk(20))
    assert run["portfolio_1"].status == "failed"
    assert counted(run, "portfolio_1")["ERROR"] == 1


def test_counts_are_added_one_after_the_other():
    total = OrderCounts()
    for value in (0.1, 0.2, 0.3):
        total.add(OrderCounts(accepted=1, rejected={"cash": 2}, fills=1, traded_notional=value))
    assert (total.accepted, total.rejected, total.traded_notional) == (3, {"cash": 6}, (0.1 + 0.2) + 0.3)
    huge = OrderCounts(traded_notional=float("inf"))
    figures, notes = huge.metrics()
    assert figures["traded_notional"] is None
    assert notes["traded_notional"].startswith("the value is beyond")


REASONS = {
    "no data for symbol 'Z'": "no_data",
    "there is no order broker#3 to replace": "replaces_nothing",
    "quantity nan is not a positive number of units": "quantity",
    "a stop_limit order needs a limit_price": "price",
    "limit_price -1.0 is not a price": "price",
    "stop_price 9000.0 is beyond reason: the last close is 10.0": "price",
    "a trailing_stop order needs a trail_amount or a trail_percent above zero": "price",
    "a stop loss at 12.0 is not below the price 10.0": "wrong_side",
    "a take profit at 9.0 is not above the price 10.0": "wrong_side",
    "quantity nan is not a positive number of units: the average true range is not known yet": "quantity",
    "worth 5.00, less than minimum_notional 10.00": "minimum_notional",
    "a cash account cannot sell short": "short_sale",
    "cash: 3.00 would be missing": "cash",
    "buying power: positions would be worth 9.00, equity is 5.00": "buying_power",
    "halted by max_drawdown": "halted",
    "halted for the day by daily_loss": "halted",
    "cooling down after a stop: 1 bar left": "cooling_down",
    "max_position: 60.00 would be above 50": "max_position",
    "max_gross_exposure: 60.00 would be above 50": "max_gross_exposure",
    "max_open_positions: 3.00 would be above 2": "max_open_positions",
    "": "other",
    "the exchange is on fire": "other",
}


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_of_the_product_is_of_a_kind(reason):
    assert kind_of(reason) == REASONS[reason]


def test_every_kind_has_a_reason():
    assert set(REASONS.values()) == set(REJECTIONS)


def test_what_was_counted_is_what_was_written(tmp_path):
    """Whole lanes of many kinds: each full trace holds as many events of a source and type as its metrics.json says."""
    config = write_lanes(tmp_path, ["hears", "crosses", "holds", "tells", "is_struck", "fails"])
    run(config, "--output", tmp_path / "out", "--quiet")
    checked = 0
    for id_, result in results_of(tmp_path / "out").items():
        if result["trace_settings"]["storage_backend"] != "disk" or not result["tracing"]["written"]:
            continue
        events = list(TraceReader(tmp_path / "out" / id_, "events"))
        taken = [event["type"] for event in events if result["type"] == "analysis" or event["source"] == id_]
        stated = {name: count for name, count in result["metrics"].items() if name.startswith("events_") and count}
        assert stated == {f"events_{name}": count for name, count in Counter(taken).items()}, id_
        checked += 1
    assert checked >= 7


REFUSED = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 200}}
  - {id: broker, type: execution, commission: {name: percent, percent: 0.1}}
  - {id: "p_{cash}", type: portfolio, inputs: [data_x], execution: broker, cash: "{cash}", sweep: {cash: [150, 5000]},
     minimum_notional: 120, features: {fast: {indicator: SMA, timeperiod: 3}},
     strategy: {name: crossover, fast: close, slow: fast, direction: both}, sizing: {name: fixed_quantity, quantity: 1}}
"""


def test_b2_refusals_are_counted_by_kind_on_both_paths(tmp_path):
    figures = []
    for path in ("event", "kernel"):
        assert run(write_config(tmp_path, REFUSED), "-o", tmp_path / path, "--path", path, "--quiet").exit_code == 0
        figures.append(read_json(tmp_path / path / "broker" / "metrics.json")["metrics"])
    assert json.dumps(figures[0]) == json.dumps(figures[1])
    assert figures[0]["rejected_orders"] > 0
    assert (
        figures[0]["rejected_minimum_notional"] + figures[0]["rejected_buying_power"] == figures[0]["rejected_orders"]
    )


def test_every_metric_of_a_container_is_explained():
    """A name in a file is a row of the table of docs/metrics.md, but for the parts between < and >."""
    run = mixed(listen=())
    rows = {(each.of, re.sub("<[^>]+>", "*", each.name)) for each in CONTAINER_METRICS}
    for container in run.simulation.containers.values():
        for name in container.metrics()[0] if container.type != "portfolio" else ():
            assert any(fnmatchcase(name, row) for of, row in rows if of in {container.type, "every type"}), name
