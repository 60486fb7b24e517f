"""T6: whatever is changed in a full trace, a replay finds it, and names the event or the one that shows it."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.replay.replay import replay
from tests.run_command import run
from tests.run_configs import write_config
from tracing.reading.reader import TraceReader

TWO_SYMBOLS = """
seed: 11
containers:
  - {id: data_a, type: data, source: {name: synthetic, symbol: A, bars: 60, bar_length: 1d, volatility: 0.5}}
  - {id: data_b, type: data, source: {name: synthetic, symbol: B, bars: 50, bar_length: 1d, start: "2020-01-15"}}
  - id: execution_1
    type: execution
    commission: {name: percent, percent: 0.1, minimum: 1}
    slippage: {name: basis_points, bps: 7}
  - id: portfolio_1
    type: portfolio
    inputs: [data_a, data_b]
    features:
      fast: {indicator: SMA, timeperiod: 2}
      slow: {indicator: SMA, timeperiod: 5}
    strategy: {name: crossover, fast: fast, slow: slow, direction: both}
    sizing: {name: percent_of_equity, percent: 30}
    event_tracing: {mode: full}
"""
MADE_OF_OTHERS = {"POSITION_OPEN", "POSITION_CLOSE", "PORTFOLIO_UPDATE"}


@cache
def recorded():
    """The metrics.json and the events of a run."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        assert run(write_config(home, TWO_SYMBOLS), "--output", home / "results", "--quiet").exit_code == 0
        events = list(TraceReader(home / "results" / "portfolio_1"))
        return (home / "results" / "portfolio_1" / "metrics.json").read_bytes(), tuple(events)


def numbered(events):
    """The events with `seq` made whole again, as somebody would who knows of it."""
    return [{**event, "seq": seq} for seq, event in enumerate(events)]


def figures(event):
    """The fields of an event that hold numbers, or tell sides and symbols apart."""
    own = list(event)[7:]
    return [name for name in own if isinstance(event[name], int | float) and not isinstance(event[name], bool)]


def drawn(data, events):
    """The place of an event."""
    return data.draw(st.integers(0, len(events) - 1))


def test_the_record_itself_is_replayed():
    document, events = recorded()
    assert replay(document, events).outcome == "replayed"
    assert {event["type"] for event in events} > MADE_OF_OTHERS


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_changed_figure_is_found_where_it_stands(data):
    document, events = recorded()
    places = [place for place, event in enumerate(events) if event["type"] in MADE_OF_OTHERS | {"FILL"}]
    place = data.draw(st.sampled_from(places))
    name = data.draw(st.sampled_from(figures(events[place])))
    change = data.draw(st.sampled_from([1, -1, 0.25]))
    changed = {**events[place], name: events[place][name] + change}
    verdict = replay(document, [*events[:place], changed, *events[place + 1 :]])
    assert verdict.outcome == "differs"
    if changed["type"] in MADE_OF_OTHERS or name in {"price", "quantity", "slippage"}:
        assert (verdict.difference.seq, verdict.difference.event_id) == (place, changed["event_id"])
    else:
        assert changed["event_id"] in verdict.difference.because


@settings(max_examples=40, deadline=None)
@given(st.data(), st.booleans())
def test_a_missing_event_is_found(data, is_renumbered):
    document, events = recorded()
    place = data.draw(st.integers(0, len(events) - 2))
    left = [*events[:place], *events[place + 1 :]]
    verdict = replay(document, numbered(left) if is_renumbered else left)
    assert verdict.outcome == "differs"
    last_of_its_kind = not any(
        event["event_id"].rpartition(":")[0] == events[place]["event_id"].rpartition(":")[0]
        for event in events[place + 1 :]
    )
    assert verdict.difference.event_id == events[place]["event_id"] or last_of_its_kind
    if not is_renumbered:
        assert verdict.difference.seq == place


@settings(max_examples=40, deadline=None)
@given(st.data(), st.booleans())
def test_a_doubled_event_is_found(data, is_renumbered):
    document, events = recorded()
    place, other = drawn(data, events), drawn(data, events)
    at = max(place, other) + 1
    doubled = [*events[:at], events[place], *events[at:]]
    verdict = replay(document, numbered(doubled) if is_renumbered else doubled)
    assert verdict.outcome == "differs"
    assert verdict.difference.event_id == events[place]["event_id"]


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_a_changed_metric_is_found(data):
    document, events = recorded()
    whole = msgspec.json.decode(document)
    name = data.draw(st.sampled_from(list(whole["metrics"])))
    whole["metrics"][name] = (whole["metrics"][name] or 0) + 1
    verdict = replay(msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n", events)
    assert verdict.outcome == "differs"
    assert verdict.difference.field == f"metrics.{name}" or name == "initial_equity"
