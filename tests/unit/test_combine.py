"""Several strategies in one portfolio, several symbols with weights (rules L1, P1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.agenda import Phase
from engine.orchestration.problems import PlanError
from engine.strategies.combine import CombinePriority, CombineVote, CombineWeighted, Opinion
from engine.trading.sizing import AllIn
from tests.building import data, make_bars, own, play, portfolio, stage, strategy

VOTE, PRIORITY, WEIGHTED = CombineVote(), CombinePriority(), CombineWeighted()


def opinions(*said):
    """Of each strategy its sign, or (weight, sign), or (weight, sign, strength)."""
    full = (one if isinstance(one, tuple) else (1.0, one) for one in said)
    return [Opinion(*one) if len(one) == 3 else Opinion(*one, 1.0) for one in full]


@pytest.mark.parametrize(
    ("rule", "said", "outcome"),
    [
        (VOTE, [1, 1, -1], (1, pytest.approx(2 / 3))),
        (VOTE, [1, -1], (0, 1.0)),
        (VOTE, [1, 0], (0, 1.0)),
        (VOTE, [-1, -1, 0], (-1, pytest.approx(2 / 3))),
        (VOTE, [(3.0, -1), 1, 1], (-1, 0.6)),
        (VOTE, [1, 0, -1], (0, 1.0)),
        (PRIORITY, [0, -1, 1], (-1, 1.0)),
        (PRIORITY, [(1.0, 1, 0.5), (2.0, -1, 0.25)], (-1, 0.25)),
        (PRIORITY, [(1.0, 1, 0.5), (2.0, 0, 1.0)], (1, 0.5)),
        (PRIORITY, [0, 0], (0, 1.0)),
        (WEIGHTED, [1, 1, -1], (1, pytest.approx(1 / 3))),
        (WEIGHTED, [(1.0, 1, 0.5), (3.0, -1, 0.5)], (-1, 0.25)),
        (WEIGHTED, [1, -1], (0, 1.0)),
        (CombineWeighted(threshold=0.5), [1, 1, -1, 0], (0, 1.0)),
        (CombineWeighted(threshold=0.2), [1, 1, -1, 0], (1, 0.25)),
    ],
)
def test_rules_over_opinions(rule, said, outcome):
    assert rule.combined(opinions(*said)) == outcome


@given(st.lists(st.tuples(st.floats(0.1, 9), st.sampled_from([-1, 0, 1]), st.floats(0, 1)), min_size=1, max_size=6))
def test_a_rule_mirrors_its_opinions_and_stays_in_range(said):
    for rule in (VOTE, PRIORITY, WEIGHTED):
        sign, strength = rule.combined(opinions(*said))
        turned = rule.combined(opinions(*((weight, -wanted, how) for weight, wanted, how in said)))
        assert turned == (-sign, strength)
        assert (sign in (-1, 0, 1), 0.0 <= strength <= 1.0) == (True, True)


A, B = [1, 1, 0, 0, 1, 1, 0, 0], [0, 1, 1, 0, -1, -1, -1, 0]
BARS = make_bars([100.0 + k for k in range(8)], one=A, two=B)


def two(combine, **settings):
    """A portfolio that follows two strategies, whose targets stand in the data."""
    strategies = [strategy(f"strategy_{name}", strategy=own("column", of=name)) for name in ("one", "two")]
    joined = portfolio(inputs=["data_x", "strategy_one", "strategy_two"], combine=combine, **settings)
    return [data(), *strategies, joined]


def spoken(run):
    """The bars at which the portfolio spoke, and what it said."""
    return [
        (event.timestamp, event.direction)
        for event in run.events("portfolio_1", "SIGNAL")
        if event.source == "portfolio_1"
    ]


def at(*said):
    """The same by the number of the bar."""
    return [(BARS.timestamps.item(bar), direction) for bar, direction in said]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (VOTE, [(1, "long"), (2, "flat")]),
        (PRIORITY, [(0, "long"), (3, "flat"), (4, "long"), (6, "short"), (7, "flat")]),
        (CombinePriority(weights={"strategy_two": 2.0}), [(0, "long"), (3, "flat"), (4, "short"), (7, "flat")]),
        (CombineWeighted(threshold=0.6), [(1, "long"), (2, "flat")]),
    ],
)
def test_l1_strategies_are_seen_together_once_all_have_spoken(rule, said):
    run = play(two(rule), BARS)
    assert spoken(run) == at(*said)
    requests = [r for r in run.events("portfolio_1", "ORDER_REQUEST") if r.timestamp < BARS.timestamps[-1]]
    assert {r.timestamp for r in requests} <= {stamp for stamp, _ in at(*said)}
    places = {
        place[1]
        for event, place in zip(run.events(), run.heard["portfolio_1"].places, strict=True)
        if event.type == "SIGNAL"
    }
    assert places == {int(Phase.DECIDE)}


def test_e3_a_combined_decision_names_who_wanted_what_and_the_signal_that_tipped_it():
    run = play(two(VOTE), BARS)
    first = next(event for event in run.events("portfolio_1", "SIGNAL") if event.source == "portfolio_1")
    assert (first.strategy, first.reason) == ("vote", "strategy_one long, strategy_two long")
    assert first.causation_id == "strategy_two:SIGNAL:1"


def test_a_portfolio_combines_its_own_strategy_under_its_own_id():
    rule = CombinePriority(weights={"portfolio_1": 2.0})
    settings = {"combine": rule, "strategy": own("column", of="two")}
    joined = portfolio(inputs=["data_x", "strategy_one"], **settings)
    run = play([data(), strategy("strategy_one", strategy=own("column", of="one")), joined], BARS)
    assert spoken(run) == at((0, "long"), (3, "flat"), (4, "short"), (7, "flat"))


@pytest.mark.parametrize(
    ("settings", "path", "reason"),
    [
        ({"combine": VOTE, "strategy": own("wish")}, "containers.1.combine", "only one strategy"),
        ({"combine": CombineVote(weights={"portfolio_2": 1.0}), "strategy": own("wish")}, "containers.1.combine.weights.portfolio_2", "no such strategy; did you mean 'portfolio_1'"),
        ({"weights": {"Y": 1.0}}, "containers.1.weights.Y", "no such symbol"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_strategies_and_symbols_heard_is_refused(settings, path, reason):
    with pytest.raises(PlanError, match=reason) as caught:
        stage([data(), portfolio(**settings)], {"data_x": BARS})
    assert path in [problem.path for problem in caught.value.problems]


def test_p1_weights_share_the_equity_among_the_symbols():
    bars = {f"data_{k}": make_bars([10.0 * (k + 1)] * 4, symbol=f"S{k}", wishes=[0, 1, 1, 1]) for k in range(2)}
    lane = portfolio(
        inputs=["data_0", "data_1"], strategy=own("wish"), sizing=AllIn(), cash=1000.0, weights={"S0": 0.6, "S1": 0.4}
    )
    run = play([data("data_0", "S0"), data("data_1", "S1"), lane], bars)
    fills = [fill for fill in run.events("portfolio_1", "FILL") if fill.side == "buy"]
    assert [(fill.symbol, fill.quantity) for fill in fills] == [("S0", 60.0), ("S1", 20.0)]
    with pytest.raises(PlanError, match="no weight"):
        stage(
            [data("data_0", "S0"), data("data_1", "S1"), portfolio(inputs=["data_0", "data_1"], weights={"S0": 1.0})],
            bars,
        )
