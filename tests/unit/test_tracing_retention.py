"""What stays in memory: rules K1 to K6, on tracers used by hand."""

import gc
import tracemalloc

import msgspec
import pytest

from engine.bus import EventBus
from engine.events import Bar, Fill, PositionClose, PositionOpen
from tracing.open import open_tracer, tracer_factory
from tracing.settings import TraceSettings
from tracing.storage.memory import MemoryStorage
from tracing.tracer import UNTRACED, EventTracer, TraceWarning

NS = 1_000_000_000


def bar(n):
    return Bar(n * NS, "data_x", f"data_x:BAR:{n}", None, None, "X", 1.0, 2.0, 0.5, 1.5, 10.0)


def fill(n, trade):
    return Fill(n * NS, "p", f"p:FILL:{n}", trade, None, "o", "X", "buy", 1.0, 1.0, 0.0, 0.0, "taker", False)


def opened(n, trade):
    return PositionOpen(n * NS, "p", f"p:POSITION_OPEN:{n}", trade, None, "X", "long", 1.0, 10.0, 0.0)


def closed(n, trade):
    return PositionClose(
        n * NS,
        "p",
        f"p:POSITION_CLOSE:{n}",
        trade,
        None,
        "X",
        "long",
        1.0,
        10.0,
        12.0,
        2.0,
        2.0,
        3,
        3.0,
        ends_correlation=True,
    )


def tracer_of(policy, **options):
    return EventTracer("t", MemoryStorage(), retention_policy=policy, **options)


def whole_trade(tracer, n):
    for make in (fill, opened, fill, closed):
        tracer.observe(make(n, f"t{n}"))
    tracer.ended(f"t{n}")


def counts(tracer):
    """What became of the events, in the order of metrics.json; nothing was written of what is in memory."""
    accounting = tracer.accounting()
    assert accounting.pop("window") == 0
    return tuple(accounting.values())


def test_accounting_has_the_names_of_k5_in_their_order():
    names = "seen filtered kept pruned evicted refused written window peak_in_memory"
    assert list(tracer_of("all").accounting()) == names.split()
    assert list(UNTRACED.items()) == list(tracer_of("all").accounting().items())


def test_k3_a_handler_of_the_close_finds_the_open_and_afterwards_nothing_is_left():
    bus, found = EventBus("p"), []
    tracer = tracer_of("trade_complete")
    bus.attach_observer(tracer)
    bus.subscribe("POSITION_CLOSE", lambda e: found.append(tracer.find_correlated(e.correlation_id, "POSITION_OPEN")))
    entry = opened(1, "t1")
    bus.publish(entry)
    bus.publish(closed(2, "t1"))
    assert found == [entry]
    assert tracer.events == []
    assert counts(tracer) == (2, 0, 2, 2, 0, 0, 0, 1)


def test_k3_the_end_of_a_trade_prunes_even_if_the_ending_event_was_never_offered():
    tracer = tracer_of("trade_complete", events_to_trace=["POSITION_OPEN", "FILL"])
    tracer.observe(fill(1, "t1"))
    tracer.observe(opened(1, "t1"))
    tracer.ended("t1")
    assert tracer.events == []
    assert counts(tracer) == (2, 0, 2, 2, 0, 0, 0, 2)


def test_k3_events_without_a_trade_or_of_an_ended_one_are_pruned_at_once():
    tracer = tracer_of("trade_complete")
    tracer.observe(bar(1))
    whole_trade(tracer, 2)
    tracer.observe(fill(3, "t2"))
    assert tracer.events == []
    assert counts(tracer) == (6, 0, 6, 6, 0, 0, 0, 3)


def test_k3_many_trades_that_end_together_are_all_remembered():
    tracer = tracer_of("trade_complete")
    for n in range(5000):
        tracer.observe(opened(1, f"t{n}"))
    for n in range(5000):
        tracer.ended(f"t{n}")
    for n in range(5000):
        tracer.observe(fill(2, f"t{n}"))
    assert tracer.storage.count() == 0


def test_k5_the_peak_is_sampled_after_an_event_has_been_handled():
    tracer = tracer_of("trade_complete", events_to_trace=["POSITION_CLOSE"])
    tracer.observe(closed(1, "t1"))
    tracer.ended("t1")
    assert tracer.accounting()["peak_in_memory"] == 0


def test_k4_max_events_never_costs_an_open_trade_its_events():
    told = []
    tracer = tracer_of("trade_complete", max_events=3, warn=told.append)
    for n in range(10):
        tracer.observe(fill(n, "t1"))
    assert len(tracer.events) == 10
    assert told == ["t: more than max_events=3 events belong to open trades: they are all kept"]
    assert tracer._retention.beyond_limit == 7


def test_k4_a_limit_of_nothing_asks_for_no_history_and_is_not_warned_of():
    told = []
    tracer = tracer_of("trade_complete", max_events=0, warn=told.append)
    tracer.observe(opened(1, "t1"))
    assert (len(tracer.events), told) == (1, [])


def test_all_refuses_the_newest_beyond_max_events_with_one_warning():
    told = []
    tracer = tracer_of("all", max_events=2, warn=told.append)
    for n in range(5):
        tracer.observe(bar(n))
    assert [event.event_id for event in tracer.events] == ["data_x:BAR:0", "data_x:BAR:1"]
    assert counts(tracer) == (5, 0, 2, 0, 0, 3, 0, 2)
    assert told == ["t: max_events=2 reached: later events are not kept in memory"]


def test_by_hand_a_warning_is_pythons():
    tracer = tracer_of("all", max_events=0)
    with pytest.warns(TraceWarning, match="t: max_events=0 reached"):
        tracer.observe(bar(1))


@pytest.mark.parametrize(("given", "window"), [(None, 1000), (7, 7), (0, 0)])
def test_a_sliding_window_holds_the_last_max_events_or_the_last_1000(given, window):
    tracer = tracer_of("sliding_window", max_events=given)
    for n in range(2500):
        tracer.observe(bar(n) if n % 3 else fill(n, f"t{n // 30}"))
    assert [event.timestamp // NS for event in tracer.events] == list(range(2500 - window, 2500))
    assert counts(tracer) == (2500, 0, 2500, 0, 2500 - window, 0, 0, window)


def test_a_sliding_window_forgets_the_trades_that_left_it():
    tracer = tracer_of("sliding_window", max_events=4)
    for n in range(20):
        tracer.observe(fill(n, "long" if n % 2 else f"t{n}"))
    assert [event.timestamp // NS for event in tracer.get_events_by_correlation("long")] == [17, 19]
    assert tracer.find_correlated("long", "FILL").timestamp == 17 * NS
    assert tracer.find_correlated("t14", "FILL") is None
    assert tracer.storage.open_correlations() == 3
    assert len(tracer.storage._index["long"]["FILL"]) <= 4


def test_none_keeps_nothing_and_counts_everything():
    tracer = tracer_of("none")
    whole_trade(tracer, 1)
    assert counts(tracer) == (4, 0, 4, 4, 0, 0, 0, 0)


def test_a_condition_refuses_events_one_by_one():
    tracer = tracer_of("all", condition=lambda event: event.timestamp >= 3 * NS)
    for n in range(5):
        tracer.observe(bar(n))
    assert counts(tracer) == (5, 3, 2, 0, 0, 0, 0, 2)


def test_by_hand_events_of_other_types_are_not_looked_at():
    tracer = EventTracer("t", MemoryStorage(), events_to_trace=["FILL"])
    tracer.trace_event(bar(1))
    tracer.trace_event(fill(1, "t1"))
    assert tracer.event_types == {"FILL"}
    assert counts(tracer) == (1, 0, 1, 0, 0, 0, 0, 1)


def test_k6_pattern_of_the_specification_trace_calculate_prune():
    tracer = EventTracer("portfolio_1", MemoryStorage())
    tracer.trace_event(opened(1, "trade_123"))
    tracer.trace_event(fill(2, "trade_123"))
    tracer.trace_event(closed(3, "trade_123"))
    assert [event.type for event in tracer.get_events_by_correlation("trade_123")] == [
        "POSITION_OPEN",
        "FILL",
        "POSITION_CLOSE",
    ]
    entry = tracer.find_correlated("trade_123", "POSITION_OPEN")
    assert tracer.events[-1].exit_price - entry.entry_price == 2.0
    assert tracer.prune_correlated("trade_123") == 3
    assert (tracer.storage.count(), tracer.prune_correlated("trade_123")) == (0, 0)
    assert tracer.accounting()["pruned"] == 3


def test_clear_counts_as_pruned_and_tracing_goes_on():
    tracer = tracer_of("all")
    for n in range(5):
        tracer.observe(fill(n, "t1"))
    assert tracer.clear() == 5
    tracer.observe(fill(6, "t1"))
    assert tracer.get_events_by_correlation("t1") == tracer.events
    assert counts(tracer) == (6, 0, 6, 5, 0, 0, 0, 5)


def test_nothing_is_found_of_a_trade_that_is_not_kept():
    tracer = tracer_of("all")
    assert tracer.find_correlated("t1", "FILL") is None
    assert tracer.get_events_by_correlation("t1") == []


def test_taking_the_oldest_of_nothing_is_an_error():
    with pytest.raises(LookupError, match="no event is kept"):
        MemoryStorage().remove_oldest()


class Counted(msgspec.Struct, frozen=True, weakref=True, tag_field="type", tag="COUNTED"):
    """An event that a census can find: it takes part in garbage collection."""

    timestamp: int
    event_id: str
    correlation_id: str | None
    payload: list
    type = "COUNTED"
    ends_correlation = False


@pytest.mark.parametrize("policy", ["trade_complete", "none"])
def test_k2_after_10000_trades_nothing_refers_to_their_events(policy):
    tracer = tracer_of(policy)
    for n in range(10_000):
        for part in range(3):
            tracer.observe(Counted(n, f"{n}:{part}", f"t{n}", [n]))
        tracer.ended(f"t{n}")
    gc.collect()
    assert [thing for thing in gc.get_objects() if type(thing) is Counted] == []


def test_k1_memory_after_20000_trades_is_that_after_10000():
    tracer = tracer_of("trade_complete")

    def trades(first, last):
        for n in range(first, last):
            whole_trade(tracer, n)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        early, late = trades(0, 10_000), trades(10_000, 20_000)
    finally:
        tracemalloc.stop()
    assert abs(late - early) < 8_000


def test_k1_a_trade_that_stays_open_does_not_hold_the_slots_of_those_after_it():
    tracer = tracer_of("trade_complete")
    tracer.observe(opened(0, "stays"))
    for n in range(1, 5000):
        whole_trade(tracer, n)
    assert tracer.find_correlated("stays", "POSITION_OPEN") is tracer.events[0]
    assert len(tracer.storage._slots) < 200


def moved_slots(policy, events, monkeypatch):
    """Events put into their place again when slots are given back: the one part that is not constant per event."""
    moved = []
    keep_only = MemoryStorage._keep_only

    def counting(storage, wanted):
        moved.append(storage.live)
        keep_only(storage, wanted)

    monkeypatch.setattr(MemoryStorage, "_keep_only", counting)
    tracer = tracer_of(policy, max_events=300)
    for n in range(events):
        tracer.observe(fill(n, f"t{n % 7}-{n // 21}"))
        if policy == "trade_complete" and n >= 21 and n % 3 == 0:
            tracer.ended(f"t{n % 7}-{n // 21 - 1}")
    return sum(moved)


@pytest.mark.parametrize("policy", ["trade_complete", "sliding_window"])
@pytest.mark.filterwarnings("ignore::tracing.tracer.TraceWarning")
def test_k1_giving_slots_back_costs_less_than_one_move_an_event(policy, monkeypatch):
    assert moved_slots(policy, 20_000, monkeypatch) < 20_000


def test_settings_that_are_not_enabled_ask_for_no_event():
    assert open_tracer("p", TraceSettings(enabled=False), None, 16_384).event_types == frozenset()


def test_streaming_settings_need_a_folder():
    with pytest.raises(ValueError, match="needs a folder"):
        open_tracer("p", TraceSettings(enabled=True, storage_backend="disk"), None, 16_384)


def test_a_factory_makes_tracers_of_settings_as_they_are_written(tmp_path):
    make = tracer_factory(tmp_path)
    minimal = make("p", {"retention_policy": "trade_complete", "events_to_trace": ["POSITION_OPEN", "POSITION_CLOSE"]})
    assert minimal.event_types == {"POSITION_OPEN", "POSITION_CLOSE"}
    full = make("q", {"mode": "full"})
    full.observe(bar(1))
    full.close()
    assert [path.name for path in (tmp_path / "q").iterdir()] == ["events.jsonl.gz"]
    assert make("r", {"max_events": 3}).event_types is None
    with pytest.raises(ValueError, match="max_events"):
        make("s", {"max_events": "many"})
