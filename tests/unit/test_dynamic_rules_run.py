"""Dynamic rules in runs: what they start and end, when, and what they never touch (rules R5, T3, E1, L2, L5, L6, S2)."""

import json
from collections import Counter

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.config_file import read_config
from engine.config.errors import ConfigErrors
from engine.config.locations import Locations
from engine.config.node import Mapping, Mark
from engine.config.schema import RunConfig
from engine.orchestration import tracing_setup
from engine.orchestration.planning import make_plan
from engine.orchestration.scenery import Scenery
from engine.orchestration.tracing_setup import accounting, attach_tracers, resolve_traces
from engine.orchestration.wiring import wire
from engine.strategies.crossover import Crossover
from tests.building import CASH, HERE, crossing, data, features, make_bars, portfolio, sma, strategy, walk, wishing
from tests.run_command import ROOT, results_of, run
from tracing.reading.reader import TraceReader
from tracing.settings import PartialTraceSettings

BARS = walk(400)
FULL = {"mode": "full"}
QUIET = {"events_to_trace": ["POSITION_CLOSE"], "storage_backend": "memory"}


def rules(*pairs, **base):
    """Trace settings of a portfolio: `base`, and rules as (condition, action)."""
    written = [{"condition": condition, "action": action} for condition, action in pairs]
    return msgspec.convert({**QUIET, **base, "dynamic_rules": written}, PartialTraceSettings)


class Traced:
    """A finished run with its tracers: events that were streamed, accounts, metrics."""

    def __init__(self, containers, bars, root, **config):
        made = RunConfig(name="test", containers=containers, **config)
        plan, self.root = make_plan(made, HERE), root
        self.traces = traces = resolve_traces(plan, Locations(Mapping({}, Mark("", 1, 1))))
        self.tracers = {}

        def attach(containers):
            streams = sum(settings.may_stream for settings in traces.values())
            self.tracers = attach_tracers(plan, containers, traces, root, lambda _: None, streams=streams)

        self.simulation = wire(plan, Scenery(plan, bars), attach)
        self.simulation.run(lambda: None)
        for tracer in self.tracers.values():
            tracer.close()

    def streamed(self, id_="portfolio_1"):
        """What stands in a container's files, without its numbers."""
        reader = TraceReader(self.root / id_)
        events = [{key: value for key, value in event.items() if key != "seq"} for event in reader]
        assert reader.damage is None
        return events

    def metrics(self, id_="portfolio_1"):
        return self.simulation.containers[id_].metrics()

    def account(self, id_="portfolio_1"):
        return accounting(self.tracers[id_], self.traces[id_])


def after_close(events, number):
    """The events after the POSITION_CLOSE of this number, counted from 1; none if there are not so many."""
    closes = [place for place, event in enumerate(events) if event["type"] == "POSITION_CLOSE"]
    return events[closes[number - 1] + 1 :] if number <= len(closes) else []


def pair(make, tmp_path, own, bars=BARS, **config):
    """The same run twice: a portfolio with rules, and traced whole from the start."""
    ruled = Traced(make(own), {"data_x": bars} if not isinstance(bars, dict) else bars, tmp_path / "ruled", **config)
    whole = Traced(
        make(msgspec.convert(FULL, PartialTraceSettings)),
        {"data_x": bars} if not isinstance(bars, dict) else bars,
        tmp_path / "whole",
        **config,
    )
    return ruled, whole


def alone(own):
    return [data(), crossing(event_tracing=own)]


# --- what begins and ends ------------------------------------------------------------------------------------------------


def test_r5_from_the_next_event_on_everything_is_as_if_it_had_been_traced_from_the_start(tmp_path):
    ruled, whole = pair(alone, tmp_path, rules(("metrics.total_trades >= 3", FULL)))
    expected = after_close(whole.streamed(), 3)
    assert ruled.streamed() == expected
    assert {event["type"] for event in expected} >= {"BAR", "FEATURES", "PORTFOLIO_UPDATE", "SIGNAL", "FILL"}
    assert ruled.account()["started_at"] == expected[0]["event_id"]
    assert ruled.account()["written"] == len(expected)


def test_r5_a_second_rule_ends_it_and_nothing_is_built_for_nobody(tmp_path):
    ended = ("metrics.total_trades >= 7", QUIET)
    ruled, whole = pair(alone, tmp_path, rules(("metrics.total_trades >= 3", FULL), ended))
    events = whole.streamed()
    streamed = after_close(events, 3)[: -len(after_close(events, 7))]
    assert ruled.streamed() == streamed
    asleep = Traced(alone(rules()), {"data_x": BARS}, tmp_path / "asleep")
    woken = Counter(e["type"] for e in streamed if e["type"] in ("BAR", "FEATURES", "PORTFOLIO_UPDATE", "SIGNAL"))
    woken += Counter(e["type"] for e in streamed if e["type"] == "POSITION_OPEN")
    assert ruled.simulation.events - asleep.simulation.events == woken.total()
    assert ruled.account()["started_at"] == "portfolio_1:POSITION_CLOSE:8"


def test_l5_a_rule_that_never_comes_true_wakes_nobody(tmp_path):
    asleep = Traced(alone(rules()), {"data_x": BARS}, tmp_path / "without")
    waiting = Traced(alone(rules(("metrics.total_trades > 1000", FULL))), {"data_x": BARS}, tmp_path / "with")
    assert waiting.simulation.events == asleep.simulation.events
    (record,) = (account := waiting.account()).pop("rules")
    assert account == asleep.account()
    assert (record.fired_at, account["started_at"]) == (None, None)
    assert not (tmp_path / "with").exists()


def test_r5_a_portfolio_that_is_not_traced_at_all_can_begin_to_be(tmp_path):
    own = rules(("metrics.total_trades >= 2", FULL), enabled=False)
    ruled, whole = pair(alone, tmp_path, own)
    assert ruled.streamed() == after_close(whole.streamed(), 2)
    assert ruled.account()["seen"] == len(ruled.streamed())


def test_r5_a_portfolio_can_stop_being_traced(tmp_path):
    ruled, whole = pair(alone, tmp_path, rules(("metrics.total_trades >= 2", {"enabled": False}), mode="full", **ALL))
    assert ruled.streamed() == whole.streamed()[: -len(after_close(whole.streamed(), 2))]
    assert ruled.account()["started_at"] is None


ALL = {"events_to_trace": "ALL", "storage_backend": "disk"}


def test_r5_the_end_of_the_run_can_be_what_makes_a_rule_true(tmp_path):
    bars = make_bars([10, 14, 9, 11], wishes=[1, 1, 1, 1])
    ruled, whole = pair(
        lambda own: [data(), wishing(event_tracing=own)],
        tmp_path,
        rules(("metrics.total_trades >= 1", FULL)),
        bars,
    )
    assert ruled.streamed() == after_close(whole.streamed(), 1)
    (last,) = ruled.streamed()
    assert last["event_id"] == "portfolio_1:PORTFOLIO_UPDATE:6"
    assert last["drawdown"] < 0


def test_r5_memory_keeps_from_then_on_what_the_new_policy_keeps(tmp_path):
    ruled = Traced(
        alone(rules(("metrics.total_trades >= 3", {"retention_policy": "all", "events_to_trace": ["FILL"]}))),
        {"data_x": BARS},
        tmp_path,
    )
    account, fills = ruled.account(), ruled.metrics()[0]["fills"]
    assert (account["seen"], account["kept"], account["pruned"]) == (fills - 6 + 3, fills - 6 + 3, 3)
    assert len(ruled.tracers["portfolio_1"].events) == fills - 6


def test_l7_shared_data_wakes_for_one_portfolio_and_the_others_hear_nothing_of_it(tmp_path):
    def make(own):
        return [
            data(),
            features(fast=sma(2), slow=sma(4)),
            strategy(inputs=("features_1",), strategy=Crossover(fast="fast", slow="slow")),
            portfolio("portfolio_1", ("strategy_1",), event_tracing=own),
            crossing("portfolio_2", event_tracing=rules(("metrics.total_trades >= 12", FULL))),
            crossing("portfolio_3", event_tracing=rules(mode="full", events_to_trace=["FILL"], storage_backend="disk")),
        ]

    ruled, whole = pair(make, tmp_path, rules(("metrics.total_trades >= 5", FULL)))
    for id_ in ("portfolio_2", "portfolio_3"):
        assert ruled.streamed(id_) == whole.streamed(id_)
        assert ruled.account(id_) == whole.account(id_)
    assert ruled.streamed() == after_close(whole.streamed(), 5)
    assert {event["type"] for event in ruled.streamed()} >= {"BAR", "FEATURES"}


def test_s2_containers_whose_rules_may_stream_share_the_memory_of_members(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(tracing_setup, "member_bytes", lambda count: asked.append(count) or 16_384)
    containers = [
        data(),
        crossing("portfolio_1", event_tracing=rules(("metrics.total_trades >= 5", FULL))),
        crossing("portfolio_2", event_tracing=rules(("metrics.total_trades >= 5", {"mode": "sliding_window"}))),
        crossing("portfolio_3", event_tracing=msgspec.convert(FULL, PartialTraceSettings)),
    ]
    Traced(containers, {"data_x": BARS}, tmp_path)
    assert asked == [2]


# --- random markets ------------------------------------------------------------------------------------------------------

prices = st.floats(50, 150)
days = st.sets(st.integers(0, 25), min_size=4, max_size=20).map(sorted)


@st.composite
def markets(draw):
    """Two symbols, on the same days or on their own, with wished targets that change often."""
    first = draw(days)
    bars = {}
    for id_, symbol, dates in (("data_x", "X", first), ("data_y", "Y", draw(st.one_of(st.just(first), days)))):
        rows = [draw(st.tuples(prices, prices, st.integers(-1, 1))) for _ in dates]
        closes, opens, wishes = zip(*rows, strict=True)
        bars[id_] = make_bars(closes, opens=opens, days=dates, symbol=symbol, wishes=wishes)
    return bars


def two_lanes(own):
    return [
        data("data_x", "X"),
        data("data_y", "Y"),
        wishing("portfolio_1", inputs=("data_x", "data_y"), cash=CASH, features={"mean": sma(2)}, event_tracing=own),
        wishing("portfolio_2", inputs=("data_y",), cash=CASH),
    ]


@pytest.mark.examples(15, 60)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(markets(), st.integers(1, 6), st.integers(1, 3), st.sampled_from([1, 3, 100]))
def test_r5_t3_any_market_any_moment(tmp_path_factory, bars, first, length, block_size):
    """The streamed events are a piece of those of a run traced whole, metrics and ids are the same to the last bit."""
    begins = (f"metrics.total_trades >= {first}", FULL)
    ends = (f"metrics.total_trades >= {first + length}", QUIET)
    folder = tmp_path_factory.mktemp("run")
    ruled, whole = pair(two_lanes, folder, rules(begins, ends), bars, block_size=block_size)
    events = whole.streamed()
    rest = after_close(events, first + length)
    assert ruled.streamed() == after_close(events, first)[: -len(rest) or None]
    for id_ in ruled.simulation.containers:
        assert ruled.metrics(id_) == whole.metrics(id_)


@pytest.mark.examples(15, 60)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(markets(), st.sampled_from(["total_return", "max_drawdown", "unrealised_pnl"]), st.floats(-0.2, 0.1))
def test_l6_equity_stands_at_the_last_mark_when_a_rule_looks_at_it(tmp_path_factory, bars, name, limit):
    """An independent reading of the events says at which close the rule must latch, whatever the blocks."""
    limit = limit * CASH if name == "unrealised_pnl" else limit
    own = rules((f"metrics.{name} < {limit!r}", FULL))
    seen = []
    for block_size in (1, 100):
        folder = tmp_path_factory.mktemp("run")
        ruled, whole = pair(two_lanes, folder, own, bars, block_size=block_size)
        seen.append(ruled.streamed())
        assert ruled.metrics() == whole.metrics()
    events = whole.streamed()
    if name != "unrealised_pnl":
        number = first_below(events, name, limit)
        assert seen[0] == ([] if number is None else after_close(events, number))
    assert seen[0] == seen[1]


def first_below(events, name, limit):
    """The number of the first POSITION_CLOSE before which the last mark, or the lowest drawdown, was below the limit."""
    equity = peak = CASH
    lowest, number = 0.0, 0
    for event in events:
        if event["type"] == "PORTFOLIO_UPDATE":
            equity = event["equity"]
            peak = max(peak, equity)
            lowest = min(lowest, equity / peak - 1.0)
        elif event["type"] == "POSITION_CLOSE":
            number += 1
            if {"total_return": equity / CASH - 1.0, "max_drawdown": lowest}[name] < limit:
                return number
    return None


# --- as a config says it -------------------------------------------------------------------------------------------------

CONFIG = """\
name: rules
containers:
  - id: data_x
    type: data
    source: {name: synthetic, symbol: X, bars: 300, volatility: 0.5}
    event_tracing: {}
  - id: portfolio_1
    type: portfolio
    inputs: [data_x]
    strategy: {name: crossover, fast: close, slow: mean}
    features: {mean: {indicator: SMA, timeperiod: 3}}
    event_tracing:
      dynamic_rules:
        - condition: metrics.total_trades >= 5
          action: {mode: full}
trace_settings:
  container_settings:
    "portfolio_*": {max_events: 10}
    "data_*": {}
data_settings: {}
"""


def mistakes(tmp_path, old, new):
    assert CONFIG.count(old) == 1
    file = tmp_path / "c.yaml"
    file.write_text(CONFIG.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigErrors) as caught:
        read_config(file, "c.yaml")
    return [line.partition(" containers.1.event_tracing.")[::2] for line in str(caught.value).split("\n")]


@pytest.mark.parametrize(
    ("condition", "column", "said"),
    [
        ("__import__('os') > 0", 1, "__import__ cannot be called: there are no functions"),
        ("metrics.__class__ > 0", 1, "no such name: metrics.__class__"),
        ("metrics.total_pnl.__class__ > 0", 1, "no such name: metrics.total_pnl.__class__"),
        ("metrics.total_pnl > 0 and ().__class__", 29, "'.' has no meaning here"),
        ("9**9**9 > 0", 3, "expected a name or a number, not '*'"),
        ("metrics.total_pnl > 0 or " + "1+" * 500_000 + "1 > 0", 10_001, "a condition has at most 10000 characters"),
        ("(" * 65 + "metrics.total_pnl" + ")" * 65 + " > 0", 65, "nested more than 64 deep"),
        ("metrics.total_pln > 0", 1, "did you mean 'metrics.total_pnl'?"),
        ("metrics.sharpe > 1", 1, "no such name: metrics.sharpe"),
        ("metrics.total_pnl > 0 and container.cash > 1", 27, "no such name: container.cash"),
        ("container.id > 1", 14, "a text can only be compared with == or !="),
        ("metrics.total_pnl + 'x' > 1", 21, "expected a number, not a text"),
        ("metrics.total_pnl", 1, "expected a comparison such as x > 0"),
        ("", None, "nothing: expected a name or a number, not the end"),
    ],
)
def test_promise_17_a_condition_is_refused_at_load_with_its_column(tmp_path, condition, column, said):
    ((place, problem),) = mistakes(tmp_path, "metrics.total_trades >= 5", f'"{condition}"' if condition else '""')
    assert problem.startswith("dynamic_rules.0.condition: ")
    assert said in problem
    if column is not None:
        assert place == f"c.yaml:14:{22 + column}:"


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ("action: {mode: full}", "action: {}", "15:19", "a mapping: expected at least one of enabled, mode"),
        ("action: {mode: full}", "action: {mod: full}", "15:20", "unknown key; did you mean 'mode'?"),
        ("action: {mode: full}", "action: {storage_path: x}", "15:20", "unknown key"),
        ("action: {mode: full}", "action: {events_to_trace: [FIL]}", "15:38", "did you mean 'FILL'?"),
        ("action: {mode: full}", "action: {dynamic_rules: []}", "15:20", "stand in the trace settings of portfolios"),
        ("          action: {mode: full}\n", "", "14:11", "missing: expected a mapping"),
        (
            "event_tracing: {}",
            "event_tracing: {dynamic_rules: []}",
            "6:21",
            "stand in the trace settings of portfolios",
        ),
        (
            "data_settings: {}",
            "data_settings: {dynamic_rules: []}",
            "20:17",
            "stand in the trace settings of portfolios",
        ),
        (
            '"data_*": {}',
            '"data_*": {dynamic_rules: [{condition: metrics.fills > 0, action: {mode: full}}]}',
            "19:16",
            "only portfolios have dynamic rules, and this reaches none",
        ),
    ],
)
def test_r5_what_would_do_nothing_is_refused_where_it_stands(tmp_path, old, new, place, said):
    lines = ["".join(parts) for parts in mistakes(tmp_path, old, new)]
    assert any(line.startswith(f"c.yaml:{place}:") and said in line for line in lines), lines


def test_r3_rules_of_a_pattern_that_matches_nothing_are_a_warning_as_ever(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text(CONFIG.replace('"data_*": {}', '"nobody_*": {dynamic_rules: []}'))
    assert "matches no container" in str(read_config(file, "c.yaml").warnings[0])


def test_metrics_json_shows_the_rules_and_what_became_of_them(tmp_path):
    file, tree = tmp_path / "c.yaml", tmp_path / "results"
    file.write_text(CONFIG)
    assert run(file, "--output", tree, "--quiet").exit_code == 0
    result = results_of(tree)["portfolio_1"]
    action = {
        "enabled": True,
        "events_to_trace": "ALL",
        "retention_policy": "trade_complete",
        "storage_backend": "disk",
        "storage_config": {"write_at_end": "on_failure"},
    }
    assert result["trace_settings"]["dynamic_rules"] == [{"condition": "metrics.total_trades >= 5", "action": action}]
    assert list(result["tracing"])[-2:] == ["started_at", "rules"]
    assert "rules" not in results_of(tree)["data_x"]["tracing"]
    assert result["tracing"]["started_at"] == next(iter(TraceReader(tree / "portfolio_1")))["event_id"]
    assert results_of(tree)["data_x"]["tracing"]["started_at"] is None


def test_the_shipped_example_streams_the_profitable_and_only_while_they_are(tmp_path):
    assert run(ROOT / "configs" / "dynamic.yaml", "--output", tmp_path, "--quiet").exit_code == 0
    portfolios = {id_: result for id_, result in results_of(tmp_path).items() if result["type"] == "portfolio"}
    kinds = Counter()
    for id_, result in portfolios.items():
        written, started, trades = (
            result["tracing"]["written"],
            result["tracing"]["started_at"],
            result["metrics"]["total_trades"],
        )
        events = list(TraceReader(tmp_path / id_))
        assert len(events) == written
        if not written:
            kinds["minimal"] += 1
            assert result["tracing"]["seen"] == trades
            assert [path.name for path in (tmp_path / id_).iterdir()] == ["metrics.json"]
        elif started.startswith(f"{id_}:POSITION_CLOSE"):
            kinds["fell back"] += 1
            profit = sum(event["net_pnl"] for event in events if event["type"] == "POSITION_CLOSE")
            assert profit < -5000
        else:
            kinds["streams"] += 1
            assert events[0]["event_id"] == started
            assert events[-1]["type"] == "PORTFOLIO_UPDATE"
    assert kinds == {"minimal": 4, "fell back": 4, "streams": 5}


def test_s9_a_run_with_rules_is_the_same_bytes_again_but_for_what_is_traced(tmp_path):
    text = CONFIG.replace(", volatility", ", seed: 4, volatility")
    trees = {}
    for name, written in {"ruled": text, "again": text, "off": without_rules(text)}.items():
        (tmp_path / f"{name}.yaml").write_text(written)
        trees[name] = tmp_path / name
        assert run(tmp_path / f"{name}.yaml", "--output", trees[name], "--quiet").exit_code == 0
    for file in ("metrics.json", "events.jsonl.gz"):
        first, again = ((trees[name] / "portfolio_1" / file).read_bytes() for name in ("ruled", "again"))
        assert first == again
    with_rules, without = (json.loads((trees[n] / "portfolio_1/metrics.json").read_text()) for n in ("ruled", "off"))
    differing = {key for key in without if with_rules[key] != without[key]}
    assert differing == {"tracing", "trace_settings"}


def without_rules(text):
    before, _, rest = text.partition("    event_tracing:\n      dynamic_rules:")
    return before + rest[rest.index("trace_settings:") :]
