"""Several column strategies in one portfolio: what the kernel is told beforehand is what the event path decides (rules L1, P1)."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from engine.bus import SHARED
from engine.lanes.voices import Voice, decisions_of
from engine.strategies.combine import CombinePriority, CombineVote, CombineWeighted
from engine.strategies.targets import changes
from tests.building import data, execution, own, play, portfolio, strategy
from tests.kernel_lanes import TYPES, assert_lane_is, names_of, terms_of
from tests.property.test_kernel_lanes import exits
from tests.property.test_kernel_symbols import CASH, markets

NAME = "tests.strategies_for_tests.column"
RULES = [
    None,
    CombineVote(weights={"s_1": 2.0}),
    CombineVote(),
    CombinePriority(weights={"s_0": 0.5, "portfolio_1": 3.0}),
    CombineWeighted(threshold=0.4, weights={"s_0": 1.5}),
    CombineWeighted(),
]


class Column:
    """Targets that stand in a column of the data."""

    def __init__(self, of):
        self.of = of

    def targets(self, columns):
        return columns[self.of]


@st.composite
def teams(draw):
    """Bars with targets of three strategies, what each of them is asked of, and where they are declared."""
    market = draw(markets())
    for symbol, bars in market.items():
        wishes = {
            f"wish_{number}": np.repeat(
                draw(st.lists(st.sampled_from([-1.0, 0.0, 1.0, 1.0]), min_size=90, max_size=90)), 1 + number
            )
            for number in range(3)
        }
        market[symbol] = replace(bars, extras={name: column[: len(bars)] for name, column in wishes.items()})
    count = draw(st.integers(1, 2))
    subsets = [draw(st.lists(st.sampled_from([*market]), min_size=1, unique=True)) for _ in range(count)]
    return market, subsets, draw(st.booleans()), draw(st.booleans())


@pytest.mark.examples(10, 60)
@given(
    teams(), st.sampled_from(RULES), st.just({}) | st.fixed_dictionaries({"exit": exits}), st.sampled_from([None, 7])
)
def test_strategies_that_share_a_portfolio_decide_the_same(team, rule, of_portfolio, block):
    market, subsets, has_own, is_first = team
    hosts = [
        strategy(f"s_{number}", [f"data_{each}" for each in subset], strategy=own("column", of=f"wish_{number}"))
        for number, subset in enumerate(subsets)
    ]
    inputs = [host.id for host in reversed(hosts)]
    opinions = [*inputs, *(["portfolio_1"] if has_own else [])]
    rule = rule if len(opinions) > 1 else None
    if rule is not None:
        rule = structs.replace(rule, weights={each: rule.weights[each] for each in opinions if each in rule.weights})
    settings_ = {"combine": rule, **({"strategy": own("column", of="wish_2")} if has_own else {})}
    config = portfolio(inputs=inputs, cash=CASH, execution="execution_1", **settings_, **of_portfolio)
    others = [config, *hosts] if is_first else [*hosts, config]
    containers = [*(data(f"data_{each}", each) for each in market), execution(), *others]
    run = play(
        containers, {f"data_{symbol}": bars for symbol, bars in market.items()}, types=TYPES, listen=["portfolio_1"]
    )
    reference = run["portfolio_1"]
    clock = reference.clock
    found = decisions_of(clock, heard(run, opinions), rule, opinions)
    wanted = {"rows": found.rows, "symbols": found.symbols, "targets": found.targets, "decisions": found.decisions}
    names = names_of(clock, "", None, found.decided.__getitem__)
    assert_lane_is(run, config, terms=terms_of({}), wanted=wanted, names=names, block=block)


def heard(run, opinions):
    """The strategies in the order in which they are heard: those of several lanes, the portfolio's own, those of its lane."""
    hosts = [run[id_] for id_ in opinions]
    hosts.sort(key=lambda host: (host.lane != SHARED, host.type == "strategy", host.rank))
    return [voice_of(host) for host in hosts]


def voice_of(host):
    """A host's strategy, asked once more."""
    number = host.container_id[-1] if host.type == "strategy" else "2"
    found = changes(Column(f"wish_{number}"), host.clock, lambda feed: host.clock.feeds[feed].bars.extras)

    def cause(place):
        if host.type == "strategy":
            return f"{host.container_id}:SIGNAL:{place + 1}"
        return host.clock.feeds[found.feeds.item(place)].bar_id(found.rows.item(place))

    return Voice(host.container_id, NAME, host.clock, found, cause)
