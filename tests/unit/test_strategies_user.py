"""Users' own strategies by dotted path: what may be named, and what goes wrong (rules Y1, L9, M6)."""

import sys

import numpy as np
import pytest

from engine.orchestration.problems import PlanError
from engine.order_terms import ExitTerms, OrderTerms
from engine.strategies.decision import BadDecisionError, Decision, as_decision
from engine.strategies.own_code import UserCodeError
from engine.strategies.user import load_strategy
from tests.building import HERE, data, features, make_bars, own, play, portfolio, sma, stage, strategy, walk
from tests.strategies_for_tests import Watcher

BARS = make_bars([10, 11, 12, 11, 10, 12], opens=[10, 10.5, 11.5, 11.5, 10.5, 10.5])


def run_with(name, **parameters):
    return play([data(), portfolio(strategy=own(name, **parameters)), portfolio("other", strategy=own("lean"))], BARS)


def test_y1_a_function_of_columns_with_parameters():
    run = run_with("lean", size=-1)
    assert [event.side for event in run.events("portfolio_1", "POSITION_OPEN")] == ["short"]


def test_y1_a_class_that_works_on_columns():
    assert run_with("Holds", target=-1).metrics()["total_pnl"] == 10.5 - 12.0


def test_y1_a_bar_strategy_decides_bar_by_bar():
    run = run_with("Above", price=10.5)
    signals = [(e.timestamp, e.direction, e.strength, e.reason) for e in run.events("portfolio_1", "SIGNAL")]
    days = BARS.timestamps.tolist()
    assert signals == [
        (days[0], "flat", 0.5, "close 10.0"),
        (days[1], "long", 0.5, "close 11.0"),
        (days[2], "long", 0.5, "close 12.0"),
        (days[3], "long", 0.5, "close 11.0"),
        (days[4], "flat", 0.5, "close 10.0"),
        (days[5], "long", 0.5, "close 12.0"),
    ]
    assert [e.exit_price for e in run.events("portfolio_1", "POSITION_CLOSE")] == [10.5]


def test_y1_a_bar_strategy_sees_the_bar_the_features_and_its_position():
    Watcher.seen.clear()
    run = play([data(), portfolio(features={"mean": sma(3)}, strategy=own("Watcher"))], BARS)
    bars = run.events("portfolio_1", "BAR")
    assert [bar for bar, _, _ in Watcher.seen] == bars[2:]  # rule M6: two bars of warm-up
    assert [seen["mean"] for _, seen, _ in Watcher.seen] == [11.0, pytest.approx(34 / 3), 11.0, 11.0]
    assert [(p.quantity, p.entry_price) for _, _, p in Watcher.seen] == [(0, 0), (1, 11.5), (1, 11.5), (1, 11.5)]


@pytest.mark.parametrize("inputs", [("data_x", "data_y"), ("mean_of_x", "data_y"), ("mean_of_x", "data_x", "data_y")])
def test_y1_a_bar_strategy_reads_what_the_file_of_each_symbol_has_beside_its_bars(inputs):
    """A column of one name in several files is that of the bar's symbol."""
    Watcher.seen.clear()
    bars = {"data_x": make_bars([10, 11], wishes=[1, 2]), "data_y": make_bars([20, 21], symbol="Y", wishes=[3, 4])}
    mean = features("mean_of_x", inputs=("data_x",), mean=sma(1))
    play([data(), data("data_y", "Y"), mean, portfolio(inputs=inputs, strategy=own("Watcher"))], bars)
    of_x = {"mean": 11.0} if "mean_of_x" in inputs else {}
    assert [(bar.symbol, known) for bar, known, _ in Watcher.seen[2:]] == [
        ("X", {"wish": 2.0, **of_x}),
        ("Y", {"wish": 4.0}),
    ]


def test_p1_an_entry_in_a_symbol_that_has_no_bar_yet_is_rejected():
    """Its decision may be taken at a bar of another symbol; there is nothing to size it by."""
    early = make_bars([10, 11, 12], wishes=[1, 1, 1])
    late = make_bars([20, 21], days=[1, 2], symbol="Y", wishes=[0, 0])
    for order in (None, OrderTerms(quantity=2.0), OrderTerms(order_type="limit", limit_price=19.0, quantity=2.0)):
        sends = own("Sends", of="X", to="Y", order=order, exits=ExitTerms(stop_loss=15.0))
        run = play(
            [data(), data("data_y", "Y"), portfolio(inputs=("data_x", "data_y"), strategy=sends)],
            {"data_x": early, "data_y": late},
        )
        (asked,) = run.events("portfolio_1", "ORDER")
        assert (asked.status, asked.reason.split(": ")[-1]) == ("rejected", "there is no bar of Y yet")
        assert run["portfolio_1"].status != "failed"


def test_y1_a_shared_bar_strategy_is_shown_no_position():
    Watcher.seen.clear()
    containers = [data(), strategy(strategy=own("Watcher"))]
    play([*containers, *(portfolio(f"portfolio_{k}", ("strategy_1",)) for k in (1, 2))], BARS)
    assert [position for _, _, position in Watcher.seen] == [None] * len(BARS)
    Watcher.seen.clear()
    play([*containers, portfolio("portfolio_1", ("strategy_1",))], BARS)
    assert [position.quantity for _, _, position in Watcher.seen] == [0.0, 1.0, 1.0, 1.0, 1.0, 1.0]


def test_y1_two_portfolios_with_the_same_bar_strategy_have_one_each():
    run = play([data(), *(portfolio(f"p_{k}", strategy=own("Script", words="long none flat")) for k in (1, 2))], BARS)
    assert run.metrics("p_1") == run.metrics("p_2")
    assert run.metrics("p_1")["total_trades"] == 1


@pytest.mark.parametrize(
    ("name", "parameters", "error", "part"),
    [
        ("short_by_one", {}, "BadTargetsError", "(5,): expected one target per bar, (6,)"),
        ("unknown", {}, "BadTargetsError", "nan at bar 0"),
        ("breaks", {}, "ZeroDivisionError", "a column strategy breaks"),
        ("spoils", {}, "ValueError", "read-only"),
        ("Holds", {"target": 7}, "BadTargetsError", "7 at bar 0"),
        ("Script", {"words": "none long nan"}, "BadDecisionError", "nan"),
        ("Script", {"words": "none long up"}, "BadDecisionError", "'up'"),
        ("Script", {"words": "long none raise"}, "ZeroDivisionError", "a bar strategy breaks"),
    ],
)
def test_l9_a_strategy_that_goes_wrong_fails_its_own_lane(name, parameters, error, part):
    run, alone = run_with(name, **parameters), run_with("lean")
    assert run["portfolio_1"].status == "failed"
    assert part in run["portfolio_1"].error
    (event,) = run.events("portfolio_1", "ERROR")
    assert (event.exception, part in event.message) == (error, True)
    assert run["other"].status == "completed"
    assert run.events("other") == alone.events("other")


def test_l9_the_error_names_the_users_line():
    (event,) = run_with("breaks").events("portfolio_1", "ERROR")
    assert event.where.startswith("strategies_for_tests.py:")
    assert event.where.endswith(" in breaks")


@pytest.mark.parametrize(
    ("path", "parameters", "message"),
    [
        ("tests.strategies_for_tests.Missing", {}, "module tests.strategies_for_tests has no 'Missing'"),
        ("no_such_module.Strategy", {}, "no module 'no_such_module' is found; imports start at the config's folder"),
        (
            "tests.strategies_for_tests.Mute",
            {},
            r"has neither on_bar\(bar, features, position\) nor targets\(columns\)",
        ),
        ("tests.strategies_for_tests.CONSTANT", {}, "is neither a function nor a class"),
        ("tests.strategies_for_tests.Above", {}, "missing a required argument: 'price'"),
        ("tests.strategies_for_tests.Above", {"price": 1, "color": 2}, "unexpected keyword argument 'color'"),
        ("tests.strategies_for_tests.lean", {"color": 2}, "unexpected keyword argument 'color'"),
        ("numpy.add", {}, "numpy.add"),
        ("os.environ", {}, "neither a function nor a class"),
    ],
)
def test_y1_what_cannot_be_used_is_refused_when_planning(path, parameters, message):
    with pytest.raises(UserCodeError, match=message):
        load_strategy(path, parameters, HERE)


def test_all_problems_of_own_code_are_told_together_with_their_place():
    containers = [
        data(),
        portfolio("a", strategy=own("Missing")),
        portfolio("b", strategy=own("lean")),
        strategy("c", strategy=own("Mute")),
    ]
    with pytest.raises(PlanError) as caught:
        stage(containers, {"data_x": BARS})
    assert [problem.path for problem in caught.value.problems] == [
        "containers.1.strategy.name",
        "containers.3.strategy.name",
    ]


@pytest.fixture
def module(tmp_path):
    """Writes a module into a folder of its own, as beside a config."""

    def write(name, text, folder="here"):
        home = tmp_path / folder
        home.mkdir(exist_ok=True)
        (home / f"{name}.py").write_text(text)
        return home

    before = set(sys.modules)
    yield write
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_y1_the_import_root_is_the_configs_folder_and_stays_out_of_the_way(module):
    path = sys.path.copy()
    folder = module("mine_y1", "import beside_y1\ndef go(columns): return beside_y1.TARGETS")
    module("beside_y1", "TARGETS = 5")
    assert load_strategy("mine_y1.go", {}, folder).make().targets({}) == 5
    assert sys.path == path


def test_y1_two_configs_may_have_modules_of_one_name(module):
    first = module("same_y1", "def go(columns): return 1", "one")
    second = module("same_y1", "def go(columns): return 2", "two")
    assert load_strategy("same_y1.go", {}, first).make().targets({}) == 1
    assert load_strategy("same_y1.go", {}, second).make().targets({}) == 2


def test_y1_a_module_that_breaks_on_import_is_told_in_one_line(module):
    folder = module("broken_y1", "1 / 0")
    with pytest.raises(
        UserCodeError, match=r"^importing broken_y1 failed: ZeroDivisionError: division by zero, at broken_y1.py:1$"
    ):
        load_strategy("broken_y1.go", {}, folder)
    with pytest.raises(UserCodeError, match="SyntaxError"):
        load_strategy("typo_y1.go", {}, module("typo_y1", "def go(:"))


def test_y1_a_module_that_lacks_another_names_the_other(module):
    folder = module("needs_y1", "import not_installed_y1\ndef go(columns): return 1")
    with pytest.raises(UserCodeError, match="no module 'not_installed_y1' is found, imported at needs_y1"):
        load_strategy("needs_y1.go", {}, folder)


@pytest.mark.parametrize("name", ["signal", "engine", "numpy"])
def test_y1_a_users_file_cannot_take_the_place_of_a_module_in_use(module, name):
    loaded = sys.modules[name] if name in sys.modules else __import__(name)
    folder = module(name, "def go(columns): return 1")
    with pytest.raises(
        UserCodeError, match=f"'{name}' is also the name of a module that Python or admf uses: rename yours"
    ):
        load_strategy(f"{name}.go", {}, folder)
    assert sys.modules[name] is loaded


@pytest.mark.parametrize(
    ("returned", "direction"),
    [
        ("long", "long"),
        ("flat", "flat"),
        (1, "long"),
        (0, "flat"),
        (-1, "short"),
        (1.0, "long"),
        (np.int64(-1), "short"),
        (np.int8(1), "long"),
        (np.float64(0.0), "flat"),
    ],
)
def test_y1_decisions_may_be_words_or_numbers(returned, direction):
    assert as_decision(returned) == Decision(direction)


def test_y1_no_decision_is_none():
    assert as_decision(None) is None


@pytest.mark.parametrize(
    "returned",
    ["up", "", 2, 0.5, float("nan"), np.float64("nan"), [1], object(), np.array([1, 1])],
)
def test_y1_anything_else_is_no_decision(returned):
    with pytest.raises(BadDecisionError):
        as_decision(returned)


def test_m6_a_bar_strategy_is_not_asked_while_a_feature_is_null():
    Watcher.seen.clear()
    play([data(), portfolio(features={"a": sma(2), "b": sma(4)}, strategy=own("Watcher"))], walk(10))
    assert len(Watcher.seen) == 7
    assert all(set(seen) == {"a", "b"} for _, seen, _ in Watcher.seen)
