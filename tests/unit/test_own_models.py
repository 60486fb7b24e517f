"""Users' own cost models and sizings by dotted path, and what becomes of their mistakes (rules X8, P1, L9)."""

import pytest

from engine.config.schema import OwnModel
from engine.orchestration.problems import PlanError
from engine.trading.costs import PerShare
from engine.trading.sizing import FixedQuantity
from tests.building import data, execution, make_bars, play, portfolio, stage, walk, wishing
from tests.models_for_tests import Quarter, Reaches

CLOSES = [100.0, 100.0, 110.0, 110.0, 120.0, 120.0]
BARS = make_bars(CLOSES, wishes=[1, 1, 0, 1, 0, 0])


def model(name, **parameters):
    """A model of `tests/models_for_tests.py`."""
    return OwnModel(name=f"tests.models_for_tests.{name}", parameters=parameters)


def run_with(*containers, **settings):
    """Two trades, in a run where another portfolio without any of this lives beside."""
    settings = {"sizing": FixedQuantity(quantity=2.0), **settings}
    everybody = [data(), *containers, execution("free"), wishing(**settings), wishing("other", execution="free")]
    return play(everybody, BARS)


def fills(run):
    """Price and commission of each fill of portfolio_1."""
    return [(fill.price, fill.commission) for fill in run.events("portfolio_1", "FILL")]


def test_x8_own_functions_and_classes_stack_with_built_in_models():
    costs = [PerShare(amount=0.5), model("stamp_duty", percent=1), model("Rebate", amount=0.25)]
    broker = execution(commission=costs, slippage=model("half_spread", spread=2))
    run = run_with(broker, execution="execution_1")
    assert fills(run) == [(101.0, 1.0 + 2.02 - 0.25), (109.0, 1.0 - 0.5), (111.0, 1.0 + 2.22 - 0.75), (119.0, 0.0)]


def test_x8_a_model_that_remembers_is_made_for_each_portfolio():
    broker = execution(commission=model("Rebate", amount=1))
    lanes = [wishing(f"p_{k}", execution="execution_1") for k in (1, 2)]
    run = play([data(), broker, *lanes], BARS)
    assert [fill.commission for fill in run.events("p_2", "FILL")] == [-1.0, -2.0, -3.0, -4.0]


def test_p1_own_sizing_sees_the_decision():
    Quarter.seen.clear()
    run = run_with(sizing=model("Quarter"), cash=4000.0)
    assert [request.quantity for request in run.events("portfolio_1", "ORDER_REQUEST")][:2] == [10.0, 10.0]
    entry = Quarter.seen[1]
    assert (entry.symbol, entry.side, entry.price, entry.closes.tolist()) == ("X", "buy", 110.0, CLOSES[:4])
    assert (entry.equity, entry.cash, entry.strength, entry.days_per_year) == (4100.0, 4100.0, 1.0, 365)


def test_l4_nothing_leads_a_sizing_to_closes_that_are_to_come():
    """Neither the memory behind them nor writing: with another portfolio of the same symbol that asked before."""
    Reaches.found.clear()
    closes = [100.0 + k for k in range(40)]
    wishes = [k // 2 % 2 for k in range(40)]
    lanes = [wishing(id_, sizing=model("Reaches")) for id_ in ("portfolio_1", "portfolio_2")]
    run = play([data(), *lanes, wishing("plain")], make_bars(closes, wishes=wishes))
    assert len(Reaches.found) == 20
    for known, reached in Reaches.found:
        assert known == closes[: len(known)]
        assert reached == known
    assert {len(known) for known, _ in Reaches.found} == set(range(3, 41, 4))
    plain = run.metrics("plain")
    assert {name: run.metrics("portfolio_2")[name] for name in plain} == plain


def test_p1_own_sizing_gets_the_same_numbers_as_from_the_column_itself():
    bars = walk(300, wishes=[k // 5 % 2 for k in range(300)])
    run = play([data(), wishing(sizing=model("average_of_closes", bars=7))], bars)
    entries = [request for request in run.events("portfolio_1", "ORDER_REQUEST") if request.side == "buy"]
    rows = [int(bars.timestamps.searchsorted(request.timestamp)) for request in entries]
    assert [request.quantity for request in entries] == [100.0 / bars.close[max(0, r - 6) : r + 1].mean() for r in rows]
    assert len(rows) == 30


@pytest.mark.parametrize("answer", ["nan", "inf", "-inf", 0, -3.0])
def test_a_sizing_without_a_quantity_is_an_order_rejected_and_the_run_goes_on(answer):
    run = run_with(sizing=model("answers", answer=answer))
    assert run["portfolio_1"].status == "completed"
    orders = run.events("portfolio_1", "ORDER")
    assert [order.status for order in orders] == ["rejected"] * 2
    assert all("is not a positive number of units" in order.reason for order in orders)
    figures = run.metrics()
    assert (figures["orders"], figures["rejected_orders"], figures["fills"]) == (2, 2, 0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"sizing": model("answers", answer="much")}, "answers returned 'much': expected units, as a number"),
        ({"sizing": model("answers")}, "answers returned None: expected units, as a number"),
        ({"sizing": model("raises")}, "a model breaks"),
    ],
)
def test_l9_a_sizing_that_goes_wrong_fails_its_own_lane(wrong, message):
    run, alone = run_with(**wrong), run_with()
    assert run["portfolio_1"].status == "failed"
    assert message in run["portfolio_1"].error
    assert run["other"].status == "completed"
    assert run.events("other") == alone.events("other")


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"slippage": model("answers", answer=-1.0)}, "answers returned -1.0: slippage never helps an order"),
        ({"slippage": model("answers", answer="nan")}, "expected a distance from the price, as a finite number"),
        ({"commission": model("answers", answer="inf")}, "expected money, as a finite number"),
        ({"commission": model("raises")}, "a model breaks"),
    ],
)
def test_l9_a_cost_model_that_goes_wrong_fails_the_lane_whose_order_it_is_asked_about(terms, message):
    run = run_with(execution(**terms), execution="execution_1")
    assert message in run["portfolio_1"].error
    assert (run["execution_1"].status, run["other"].status) == ("completed", "completed")


@pytest.mark.parametrize(
    ("broker", "settings", "path", "reason"),
    [
        (
            {"commission": [PerShare(amount=1), model("stamp_duty", percent="much")]},
            {},
            "containers.1.commission.1.percent",
            "expected a number",
        ),
        ({"slippage": model("Rebate", amount=1)}, {}, "containers.1.slippage.name", r"Rebate has no distance\(deal\)"),
        ({"slippage": model("missing")}, {}, "containers.1.slippage.name", "has no 'missing'"),
        ({"slippage": model("half_spread")}, {}, "containers.1.slippage.name", "missing a required argument"),
        ({"commission": model("CONSTANT")}, {}, "containers.1.commission.name", "neither a function nor a class"),
        (
            {},
            {"sizing": model("Quarter", part=3)},
            "containers.2.sizing.part",
            "unexpected keyword argument .part.; it takes none",
        ),
    ],
)
def test_a_model_that_cannot_be_used_is_refused_when_planning(broker, settings, path, reason):
    containers = [data(), execution(**broker), portfolio(**settings)]
    with pytest.raises(PlanError, match=reason) as caught:
        stage(containers, {"data_x": BARS})
    assert [problem.path for problem in caught.value.problems] == [path]
