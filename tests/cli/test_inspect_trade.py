"""`--trade`: the life of one trade along its causes (rules E2, E3)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.render.trade import _guides
from cli.results.trade import Trade
from tests.cli.inspect_command import inspect
from tests.cli.inspect_trees import DAY, START, trade_events, write_trace, write_tree

LIFE = """\
portfolio_1#1  long 2 X from 100.25 to 106.75, net 12.5, 4 bars; 2020-01-03 to 2020-01-07

2020-01-02  BAR  X open 100.25, high 100.25, low 100.25, close 100.25, volume 10, from data_x
└─ 2020-01-02  SIGNAL  long X, strength 1, by crossover, from strategy_1
   └─ 2020-01-02  SIGNAL  long X, strength 1, by crossover
      └─ 2020-01-02  ORDER_REQUEST  buy 2 X, market
         └─ 2020-01-02  ORDER  accepted: buy 2 X, market, from broker
            └─ 2020-01-03  FILL  buy 2 X at 100.25, commission 0.25, slippage 0, from broker
               └─ 2020-01-03  POSITION_OPEN  long 2 X at 100.25, costs 0.25
2020-01-06  BAR  X open 106.75, high 106.75, low 106.75, close 106.75, volume 10, from data_x
└─ 2020-01-06  SIGNAL  flat X, strength 1, by crossover, from strategy_1
   └─ 2020-01-06  SIGNAL  flat X, strength 1, by crossover
      └─ 2020-01-06  ORDER_REQUEST  sell 2 X, market
         └─ 2020-01-06  ORDER  accepted: sell 2 X, market, from broker
            └─ 2020-01-07  FILL  sell 2 X at 106.75, commission 0.25, slippage 0, from broker
               └─ 2020-01-07  POSITION_CLOSE  long 2 X from 100.25 to 106.75, net 12.5, 4 bars
"""


@pytest.fixture
def tree(tmp_path):
    tree = write_tree(tmp_path / "results", ("portfolio_1", "portfolio_2"))
    two_trades = trade_events() + trade_events(trade=2, start=START + 10 * DAY)
    write_trace(tree, "portfolio_1", two_trades, member_bytes=1000)
    return tree


def traced(tmp_path, events):
    tree = write_tree(tmp_path / "results")
    write_trace(tree, "portfolio_1", events)
    return tree


def test_the_whole_life_of_a_trade(tree):
    outcome = inspect(tree, "--trade", "portfolio_1#1")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert outcome.stdout == LIFE


def test_a_later_trade_has_its_own_events_only(tree):
    printed = inspect(tree, "portfolio_1", "--trade", "portfolio_1#2").stdout
    assert printed.splitlines()[0].endswith("2020-01-13 to 2020-01-17")
    assert len(printed.splitlines()) == len(LIFE.splitlines())
    assert "2020-01-02" not in printed


def test_a_cause_that_was_not_traced_is_said_to_be_so(tmp_path):
    minimal = [event for event in trade_events() if event.type in {"FILL", "POSITION_OPEN", "POSITION_CLOSE"}]
    outcome = inspect(traced(tmp_path, minimal), "--trade", "portfolio_1#1")
    assert outcome.exit_code == 0
    assert outcome.stdout.splitlines()[2:] == [
        "broker:ORDER:1  not traced",
        "└─ 2020-01-03  FILL  buy 2 X at 100.25, commission 0.25, slippage 0, from broker",
        "   └─ 2020-01-03  POSITION_OPEN  long 2 X at 100.25, costs 0.25",
        "broker:ORDER:2  not traced",
        "└─ 2020-01-07  FILL  sell 2 X at 106.75, commission 0.25, slippage 0, from broker",
        "   └─ 2020-01-07  POSITION_CLOSE  long 2 X from 100.25 to 106.75, net 12.5, 4 bars",
    ]


def test_a_cause_in_another_trade_names_it(tmp_path):
    """A reversal: the signal that opens the next trade is why this one closes."""
    events = trade_events()
    events[9] = _replaced(events[9], correlation_id="portfolio_1#2")
    lines = inspect(traced(tmp_path, events), "--trade", "portfolio_1#1").stdout.splitlines()
    assert lines[11].strip() == "└─ 2020-01-06  SIGNAL  flat X, strength 1, by crossover, in trade portfolio_1#2"


def test_an_open_trade_is_said_to_be_open(tmp_path):
    outcome = inspect(traced(tmp_path, trade_events()[:7]), "--trade", "portfolio_1#1")
    assert outcome.stdout.splitlines()[0] == (
        "portfolio_1#1  long 2 X at 100.25, costs 0.25; opened 2020-01-03, its end was not traced"
    )


def test_a_trade_without_a_position_is_shown(tmp_path):
    outcome = inspect(traced(tmp_path, trade_events()[:5]), "--trade", "portfolio_1#1")
    assert outcome.exit_code == 0
    assert "5 events of it were traced in portfolio_1, no position among them" in outcome.stdout


def test_without_an_id_any_container_that_saw_the_trade_will_do(tmp_path):
    tree = write_tree(tmp_path, ("analysis_1", "portfolio_1"))
    write_trace(tree, "analysis_1", trade_events(), type_="analysis")
    outcome = inspect(tree, "--trade", "portfolio_1#1")
    assert outcome.exit_code == 0
    assert "from portfolio_1" in outcome.stdout


def test_json_holds_the_events_in_order_and_what_is_missing(tmp_path):
    tree = traced(tmp_path, [event for event in trade_events() if event.type != "BAR"])
    found = json.loads(inspect(tree, "--trade", "portfolio_1#1", "--json").stdout)
    assert (found["correlation_id"], found["container_id"]) == ("portfolio_1#1", "portfolio_1")
    assert [event["seq"] for event in found["events"]] == list(range(12))
    assert found["not_traced"] == ["data_x:BAR:1", "data_x:BAR:2"]


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_the_tree_fits_the_terminal_and_no_number_is_lost(tree, columns):
    outcome = inspect(tree, "--trade", "portfolio_1#1", columns=columns)
    assert max(map(len, outcome.stdout.splitlines())) <= columns
    assert " ".join(outcome.stdout.split()).count("sell 2 X at 106.75, commission 0.25, slippage 0, from broker") == 1


def test_a_torn_trace_shows_the_trade_as_far_as_it_goes(tree):
    path = tree / "portfolio_1" / "events.jsonl.gz"
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"\x1f\x8b", 1) + 20])
    outcome = inspect(tree, "--trade", "portfolio_1#1")
    assert outcome.exit_code == 1
    assert "the file ends inside a gzip member" in outcome.stderr
    assert outcome.stdout.startswith("portfolio_1#1  ")


def test_no_such_trade_is_answered_with_those_there_are(tree):
    for arguments in ((), ("portfolio_1",)):
        outcome = inspect(tree, *arguments, "--trade", "portfolio_1#3")
        assert (outcome.exit_code, outcome.stdout) == (2, "")
        assert outcome.stderr == "no trade 'portfolio_1#3': portfolio_1 has portfolio_1#1 to portfolio_1#2\n"


def test_no_trade_at_all(tmp_path):
    tree = traced(tmp_path, trade_events()[:2])
    assert inspect(tree, "--trade", "x").stderr == "no trade 'x': the events of portfolio_1 belong to no trade\n"


def test_a_run_without_any_events_says_so(tmp_path):
    outcome = inspect(write_tree(tmp_path), "--trade", "x")
    assert outcome.exit_code == 2
    assert outcome.stderr == f"no trade 'x': {tmp_path} holds no events of any container\n"


causes = st.lists(st.none() | st.integers(0, 12), max_size=12)


@given(causes)
def test_every_event_stands_in_the_tree_once_whatever_the_causes_claim(causes):
    """Files are untrusted: causes may point forward, in circles, or nowhere."""
    events = {}
    for seq, cause in enumerate(causes):
        named = None if cause is None else f"e{cause}"
        events[f"e{seq}"] = {"seq": seq, "type": "T", "correlation_id": "t", "causation_id": named}
    trade = Trade("t", "c", events, [], {})
    steps = list(trade.steps())
    assert sorted(step.event_id for step in steps if step.event) == sorted(events)
    assert sorted(step.event_id for step in steps if not step.event) == sorted(trade.not_traced)
    path = []
    for step in steps:
        path[step.depth :] = [step.event_id]
        cause = events[step.event_id]["causation_id"] if step.event else None
        assert step.depth == 0 or path[step.depth - 1] == cause


def _replaced(event, **changes):
    return type(event)(**{name: getattr(event, name) for name in event.__struct_fields__} | changes)


@pytest.mark.parametrize(
    ("narrow", "expected"),
    [
        (False, ["", "└─ ", "   ├─ ", "   │  └─ ", "   └─ ", "      └─ ", ""]),
        (True, ["", "└ ", " ├ ", " │└ ", " └ ", "  └ ", ""]),
    ],
)
def test_what_one_event_caused_hangs_on_one_line(narrow, expected):
    assert _guides([0, 1, 2, 3, 2, 3, 0], narrow=narrow) == expected
