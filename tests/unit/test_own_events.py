"""Rule E4: event types of users' own, registered by the strategy that publishes them, refused where nobody does."""

import pytest

from engine import own_events
from engine.containers.own_publisher import OwnPublisher
from engine.own_events import BadEventError, check_registered, is_own_type
from engine.strategies.own_code import UserCodeError
from engine.strategies.user import as_strategy
from tests.building import data, make_bars, own, play, portfolio, strategy
from tests.lanes import write_lanes
from tests.run_command import files_of, read_json, run
from tests.run_configs import write_config
from tracing.reading.reader import TraceReader

CLOSES = [10, 11, 12, 11, 10, 12]
BARS = make_bars(CLOSES, opens=[10, 10.5, 11.5, 11.5, 10.5, 10.5])
CONFIG = """
containers:
  - {id: data_x, type: data, source: {path: bars.csv, symbol: X}}
  - id: p
    type: portfolio
    inputs: [data_x]
    strategy: {name: moody.Moody}
    event_tracing: TRACING
"""
CODE = """
class Moody:
    event_types = ("market.mood",)

    def on_bar(self, bar, features, position, publish):
        publish("market.mood", good=bar.close > bar.open)
"""


def told(**parameters):
    return play([data(), portfolio(strategy=own("Tells", **parameters))], BARS)


def test_e4_an_event_of_ones_own_stands_among_the_others():
    events = told().events("portfolio_1", "market.mood")
    assert [event.event_id for event in events] == [f"portfolio_1:market.mood:{n}" for n in range(1, 7)]
    assert [(event.timestamp, event.symbol, event.values) for event in events] == [
        (moment, "X", {"close": float(close), "unknown": None})
        for moment, close in zip(BARS.timestamps.tolist(), CLOSES, strict=True)
    ]
    assert [event.causation_id for event in events] == [f"data_x:BAR:{n}" for n in range(1, 7)]


def test_e4_what_nobody_wants_is_named_but_not_built(monkeypatch):
    built = []
    make = own_events.own_event_class
    monkeypatch.setattr(
        "engine.containers.own_publisher.own_event_class", lambda name: built.append(name) or make(name)
    )
    containers = [data(), portfolio(strategy=own("Tells"))]
    play(containers, BARS, types=["POSITION_OPEN"])
    assert not built
    play(containers, BARS, types=["market.mood"])
    assert built == ["market.mood"] * len(CLOSES)


@pytest.mark.parametrize(
    ("parameters", "part"),
    [
        (
            {"then": "market.mod"},
            "published 'market.mod', which is not among the event_types of its class: market.mood",
        ),
        ({"then": "SIGNAL"}, "published 'SIGNAL', which is not among the event_types"),
        ({"then": "market.mood", "known": "yes"}, "published market.mood with known 'yes': expected a number or None"),
        (
            {"then": "REGIME_CHANGE"},
            "published REGIME_CHANGE (previous, current, probability): known is none of them",
        ),
    ],
)
def test_e4_a_wrong_event_fails_its_strategy(parameters, part):
    run_ = told(**parameters)
    failed = run_.simulation.containers["portfolio_1"]
    assert failed.status == "failed"
    assert part in failed.error


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("declared_last", [False, True])
def test_e4_a_classifier_tells_those_who_listen_before_they_decide_at_the_same_bar(several, declared_last):
    ids = ["portfolio_1", "portfolio_2"] if several else ["portfolio_1"]
    judge = strategy("judge", strategy=own("Classifies"))
    followers = [portfolio(id_, ("judge",), strategy=own("Hears")) for id_ in ids]
    run_ = play([data(), *([*followers, judge] if declared_last else [judge, *followers])], BARS)
    for id_ in ids:
        changes = run_.events(id_, "REGIME_CHANGE")
        assert [(change.previous, change.current) for change in changes] == [
            (None, "low"),
            ("low", "high"),
            ("high", "low"),
            ("low", "high"),
        ]
        assert [event.exit_price for event in run_.events(id_, "POSITION_CLOSE")] == [10.5]
        assert run_.simulation.containers[id_].status == "completed"


class OnColumns:
    event_types = ("market.mood",)

    def targets(self, columns):
        """Nothing."""


class Deaf:
    event_types = ("market.mood",)

    def on_bar(self, bar, features, position):
        """Nothing."""


class Usurper:
    event_types = ("FILL",)

    def on_bar(self, bar, features, position, publish):
        """Nothing."""


class NoMethod:
    event_types = ("market.mood",)
    on_bar = 5


@pytest.mark.parametrize(
    ("cls", "part"),
    [
        (NoMethod, "has neither on_bar(bar, features, position) nor targets(columns)"),
        (OnColumns, "works on columns: only one with on_bar publishes events or hears them"),
        (Deaf, "to publish events it needs event_types and on_bar(bar, features, position, publish), both or neither"),
        (Usurper, "FILL is an event of the engine, which alone publishes it"),
    ],
)
def test_e4_a_class_that_cannot_publish_is_refused_before_the_run(cls, part):
    with pytest.raises(UserCodeError) as refused:
        as_strategy("module.Name", cls, {})
    assert part in str(refused.value)


@pytest.mark.parametrize(
    "listed", ["market.mood", [7], ("mood",), ("market.",), ("market.mood\n",), (f"a.{'b' * 64}",)]
)
def test_e4_names_that_are_none(listed):
    with pytest.raises(BadEventError):
        check_registered(listed)
    assert not is_own_type("mood")


def moody(folder, tracing):
    config = write_config(folder, CONFIG.replace("TRACING", tracing))
    (folder / "moody.py").write_text(CODE)
    return config


def test_e4_an_event_of_ones_own_is_traced_by_name_and_replayed(tmp_path):
    config = moody(tmp_path, "{mode: full, events_to_trace: [market.mood, BAR]}")
    assert run(config, "--output", tmp_path / "out", "--quiet").exit_code == 0
    events = list(TraceReader(tmp_path / "out" / "p"))
    assert [event["type"] for event in events] == ["BAR", "market.mood"] * 300
    assert events[1]["values"] == {"good": float(events[0]["close"] > events[0]["open"])}
    assert read_json(tmp_path / "out" / "p" / "metrics.json")["trace_settings"]["events_to_trace"] == [
        "BAR",
        "market.mood",
    ]


@pytest.mark.parametrize("layer", ["event_tracing", "trace_settings", "action"])
def test_e4_a_type_that_nobody_publishes_is_refused_where_it_is_configured(tmp_path, layer):
    config = moody(tmp_path, "[market.mod]" if layer == "event_tracing" else "{}")
    if layer == "trace_settings":
        config.write_text(
            config.read_text() + "trace_settings: {container_settings: {'x*': {events_to_trace: [market.mod]}}}\n"
        )
    if layer == "action":
        rule = "{condition: metrics.total_pnl > 0, action: {events_to_trace: [market.mod]}}"
        config.write_text(config.read_text() + f"trace_settings: {{default: {{dynamic_rules: [{rule}]}}}}\n")
    outcome = run(config, "--output", tmp_path / "out")
    assert outcome.exit_code == 2
    assert "market.mod: expected an event type; did you mean 'market.mood'?" in outcome.stderr
    assert f"config.yaml:{len(config.read_text().splitlines())}:" in outcome.stderr
    assert not (tmp_path / "out").exists()


def test_e4_workers_and_paths_change_no_byte_where_lanes_publish(tmp_path):
    config = write_lanes(tmp_path, ["tells", "crosses", "tells"])
    trees = []
    for number, options in enumerate([("--workers", 1), ("--workers", 2), ("--path", "event")]):
        out = tmp_path / f"out_{number}"
        assert run(config, "--output", out, "--quiet", *options).exit_code == 0
        trees.append(files_of(out, without=["run.json"]))
    assert trees[0] == trees[1] == trees[2]
    heard = {event["type"] for event in TraceReader(tmp_path / "out_0" / "ears", "events")}
    assert {"market.mood", "REGIME_CHANGE"} <= heard


def test_e4_publishing_outside_of_on_bar_is_no_way_to_recurse():
    publisher = OwnPublisher(None, ("market.mood",))
    with pytest.raises(BadEventError, match="outside of on_bar"):
        publisher("market.mood", good=1)
