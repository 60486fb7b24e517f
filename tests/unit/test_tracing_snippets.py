"""The specification's Python, each snippet completed with what it leaves out (K6)."""

import sys

import pytest

from engine.bus import EventBus
from engine.containers.base import Container, MissingTracerFactoryError
from engine.containers.portfolio import PortfolioContainer
from engine.events import EVENT_TYPES as ENGINE_EVENT_TYPES
from engine.events import Fill, PositionClose, PositionOpen, Signal
from engine.metrics.observer import MetricsObserver
from tracing.by_hand import EVENT_TYPES, setting_named
from tracing.open import tracer_factory
from tracing.reading.reader import TraceReader
from tracing.settings import PartialTraceSettings, StorageConfig
from tracing.storage.memory import MemoryStorage
from tracing.tracer import EventTracer

TRADE = "portfolio_1#1"


def opened(trade=TRADE, price=10.0, at=0):
    return PositionOpen(at, "portfolio_1", f"o:{trade}", trade, None, "X", "long", 1.0, price, 0.0)


def closed(trade=TRADE, price=12.0, at=60):
    ends = (1.0, 10.0, price, price - 10.0, price - 10.0, 1, 6e-8, True)
    return PositionClose(at, "portfolio_1", f"c:{trade}", trade, None, "X", "long", *ends)


def test_container_isolation():
    portfolio, other = Container(container_id="portfolio_1"), Container(container_id="portfolio_2")
    heard = []
    other.event_bus.subscribe("POSITION_OPEN", heard.append)
    portfolio.event_bus.publish(opened())
    assert portfolio.event_bus is not other.event_bus
    assert portfolio.event_bus.bus_id == "portfolio_1"
    assert heard == []


def test_composition_over_inheritance():
    bus = EventBus("my_bus")
    assert not bus.wants("POSITION_OPEN")
    tracer = EventTracer("trace_1", MemoryStorage())
    undo = bus.attach_observer(tracer)
    metrics = MetricsObserver()
    bus.attach_observer(metrics)
    bus.publish(opened())
    bus.publish(closed())
    assert [event.type for event in tracer.events] == ["POSITION_OPEN", "POSITION_CLOSE"]
    assert (metrics.total_trades, metrics.total_pnl) == (1, 2.0)
    undo()
    bus.detach_observer(metrics)
    assert not bus.wants("POSITION_CLOSE")


class Portfolio(Container):
    """The specification's portfolio, as one writes it by hand."""

    def __init__(self, folder=None):
        super().__init__("portfolio_1", tracer_factory=tracer_factory(folder))
        self.enable_tracing(
            {"retention_policy": "trade_complete", "events_to_trace": ["POSITION_OPEN", "POSITION_CLOSE"]}
        )
        self.total_trades, self.total_pnl, self.durations, self.snapshots = 0, 0.0, [], []
        self.event_bus.subscribe("POSITION_CLOSE", self.on_position_close)

    def on_position_close(self, event):
        open_event = self.tracer.find_correlated(event.correlation_id, "POSITION_OPEN")
        self.total_pnl += event.exit_price - open_event.entry_price
        self.durations.append(event.timestamp - open_event.timestamp)
        self.total_trades += 1
        if self.total_trades % 100 == 0:
            self.snapshots.append(self.get_results())
            self.tracer.clear()

    def metrics(self):
        return {"total_trades": self.total_trades, "total_pnl": self.total_pnl}, {}


def test_a_portfolio_uses_events_for_metrics_and_they_are_pruned():
    portfolio = Portfolio()
    portfolio.event_bus.publish(opened())
    assert portfolio.get_memory_stats()["events_in_memory"] == portfolio.tracer.storage.count() == 1
    portfolio.event_bus.publish(closed())
    assert (portfolio.total_trades, portfolio.total_pnl, portfolio.durations) == (1, 2.0, [60])
    assert len(portfolio.tracer.events) == 0


def test_results_and_memory_stats_of_a_container():
    portfolio = Portfolio()
    portfolio.event_bus.publish(opened())
    results = portfolio.get_results()
    assert results["container_id"] == "portfolio_1"
    assert results["metrics"] == {"total_trades": 0, "total_pnl": 0.0}
    assert results["memory_usage"] == {"events_in_memory": 1, "open_positions": 0}
    assert "correlation_id" in results
    stats = portfolio.get_memory_stats()
    assert stats.keys() == {"events_in_memory", "open_positions", "metrics_size"}
    assert stats["metrics_size"] == sys.getsizeof(results["metrics"])


def test_pattern_1_ephemeral_event_memory():
    tracer = EventTracer("portfolio_1", MemoryStorage())
    tracer.trace_event(opened())
    tracer.trace_event(closed())
    first, last = tracer.get_events_by_correlation(TRADE)
    assert last.exit_price - first.entry_price == 2.0
    assert tracer.prune_correlated(TRADE) == 2
    assert tracer.events == []


def test_pattern_2_streaming_results():
    portfolio = Portfolio()
    portfolio.event_bus.publish(opened("portfolio_1#0"))  # stays open until it is cleared with the rest
    for n in range(1, 251):
        portfolio.event_bus.publish(opened(f"portfolio_1#{n}"))
        portfolio.event_bus.publish(closed(f"portfolio_1#{n}"))
    assert [results["metrics"]["total_trades"] for results in portfolio.snapshots] == [100, 200]
    assert portfolio.tracer.accounting()["peak_in_memory"] <= 3
    assert portfolio.tracer.events == []


def test_pattern_3_correlation_based_analysis():
    tracer = EventTracer("portfolio_1", MemoryStorage())
    common = {
        "timestamp": 0,
        "source": "portfolio_1",
        "correlation_id": "trade_123",
        "causation_id": None,
        "symbol": "X",
    }
    signal = Signal(event_id="s", direction="long", strength=1.0, strategy="own", reason="", **common)
    for event in (signal, opened("trade_123"), opened("trade_124"), closed("trade_123")):
        tracer.trace_event(event)
    types = [event.type for event in tracer.get_events_by_correlation("trade_123")]
    assert types == ["SIGNAL", "POSITION_OPEN", "POSITION_CLOSE"]
    assert tracer.find_correlated("trade_123", "FILL") is None


def test_full_mode_by_hand_streams_to_disk(tmp_path):
    container = Container("signal_analyzer", tracer_factory=tracer_factory(tmp_path))
    settings = {"mode": "full", "events_to_trace": "ALL", "storage_backend": "disk"}
    tracer = container.enable_tracing({**settings, "storage_config": {"compression": True, "max_file_size_mb": 100}})
    container.event_bus.publish(opened())
    container.event_bus.publish(closed())
    tracer.close()
    assert [event["type"] for event in TraceReader(tmp_path / "signal_analyzer")] == ["POSITION_OPEN", "POSITION_CLOSE"]


@pytest.mark.parametrize("make", [Container, PortfolioContainer])
def test_tracing_needs_somebody_who_makes_tracers(make):
    with pytest.raises(MissingTracerFactoryError, match="tracer_factory="):
        make("portfolio_1").enable_tracing({"mode": "minimal"})
    traced = make("portfolio_1", tracer_factory=tracer_factory())
    tracer = traced.enable_tracing({"mode": "minimal"})
    assert traced.tracer is tracer
    traced.disable_tracing()
    assert traced.tracer is None


def test_a_portfolio_container_by_hand_has_results():
    """The specification's portfolio: events are published, it answers what they came to."""
    container = PortfolioContainer("portfolio_1", tracer_factory=tracer_factory())
    container.enable_tracing(
        {"retention_policy": "trade_complete", "events_to_trace": ["POSITION_OPEN", "POSITION_CLOSE"]}
    )
    assert container.id == container.container_id == "portfolio_1"
    container.event_bus.publish(opened())
    container.event_bus.publish(opened("portfolio_1#2"))
    assert container.get_results()["memory_usage"] == {"events_in_memory": 2, "open_positions": 2}
    container.event_bus.publish(closed())
    results = container.get_results()
    assert (results["container_id"], results["correlation_id"], results["type"]) == ("portfolio_1", None, "portfolio")
    assert (results["metrics"]["total_trades"], results["metrics"]["total_pnl"]) == (1, 2.0)
    assert results["memory_usage"] == {"events_in_memory": 1, "open_positions": 1}
    assert container.get_memory_stats()["open_positions"] == 1
    container.event_bus.publish(fill())  # it has no books that could take it
    assert container.get_results()["metrics"]["fills"] == 1


def fill():
    return Fill(5, "e", "e:FILL:1", TRADE, None, "e#1", "X", "buy", 1.0, 10.0, 0.0, 0.0, "taker", False)


def test_sliding_windows_by_hand_are_written_when_the_tracer_is_closed(tmp_path):
    container = Container("feature_1", tracer_factory=tracer_factory(tmp_path))
    tracer = container.enable_tracing({"mode": "sliding_window", "max_events": 1, "events_to_trace": "ALL"})
    container.event_bus.publish(opened())
    container.event_bus.publish(closed())
    tracer.close()
    assert [event["seq"] for event in TraceReader(tmp_path / "feature_1", "events.window")] == [1]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"retention_policy": "trade_complet"},
            "retention_policy: 'trade_complet': expected one of trade_complete, .*; did you mean 'trade_complete'",
        ),
        ({"retention_policy": "Full"}, "did you mean 'full'"),
        ({"retention_policy": ["all"]}, "retention_policy: \\['all'\\]: expected one of"),
        (
            {"events_to_trace": "all"},
            "events_to_trace: 'all': expected 'ALL', or a list of event types; did you mean 'ALL'",
        ),
        ({"events_to_trace": "FILL"}, r"did you mean \['FILL'\]"),
        (
            {"events_to_trace": ["fill"]},
            "events_to_trace: 'fill': expected an event type; did you mean 'FILL'",
        ),
        ({"events_to_trace": ["FIL"]}, "events_to_trace: 'FIL': expected an event type; did you mean 'FILL'"),
        ({"events_to_trace": 5}, "events_to_trace: 5: expected an event type"),
        ({"mode": "ful"}, "mode: 'ful': expected one of minimal, full, sliding_window; did you mean 'full'"),
        ({"storage_backend": "disc"}, "did you mean 'disk'"),
        ({"retention": "all"}, "trace settings: 'retention': .*; did you mean 'retention_policy'"),
        ("all", "events_to_trace: 'all': expected 'ALL'"),
        (["FILLS"], "events_to_trace: 'FILLS': expected an event type; did you mean 'FILL'"),
        ({"enabled": 1}, "^enabled: 1: expected true or false$"),
        ({"max_events": -3}, "^max_events: -3: expected a whole number of at least 0$"),
        ({"max_events": "5"}, "^max_events: '5': expected a whole number of at least 0$"),
        ({"storage_path": 5}, "^storage_path: 5: expected a folder inside the output folder$"),
        ({"storage_path": "../x"}, "^storage_path: '../x': expected a folder inside the output folder: "),
        ({"storage_config": "gzip"}, "^storage_config: 'gzip': expected a mapping$"),
        ({"storage_config": {"compress": True}}, "storage_config: 'compress': .*; did you mean 'compression'"),
        ({"storage_config": {"compression": "bz2"}}, "compression: 'bz2': expected gzip or zstd, or true or false$"),
        (
            {"storage_config": {"max_file_size_mb": 0.001}},
            "max_file_size_mb: 0.001: expected a number of at least 0.01$",
        ),
        (
            PartialTraceSettings(storage_config=StorageConfig(write_at_end="no")),
            "expected on_failure, or true or false$",
        ),
        (PartialTraceSettings(max_events=True), "^max_events: True: expected a whole number"),
        ({"dynamic_rules": []}, "dynamic_rules: only a run evaluates them"),
    ],
)
def test_settings_by_hand_are_refused_with_what_was_perhaps_meant(settings, words):
    container = Container("portfolio_1", tracer_factory=tracer_factory())
    with pytest.raises(ValueError, match=words):
        container.enable_tracing(settings)
    assert container.tracer is None


def test_every_setting_by_hand_has_words_for_what_it_must_be():
    for name in PartialTraceSettings.__struct_fields__:
        if name != "dynamic_rules":
            with pytest.raises(ValueError, match=f"^{name}: .*expected"):
                setting_named(name, 1.5)
    for part in StorageConfig.__struct_fields__:
        with pytest.raises(ValueError, match=f"^storage_config.{part}: -1: expected"):
            setting_named(f"storage_config.{part}", -1)


def test_a_tracer_by_hand_knows_the_events_of_the_engine():
    assert EVENT_TYPES == ENGINE_EVENT_TYPES


@pytest.mark.parametrize(
    ("short", "types"), [("ALL", None), (["FILL"], {"FILL"}), (("FILL", "own.type"), {"FILL", "own.type"})]
)
def test_settings_by_hand_have_the_short_forms_of_a_config(short, types):
    container = Container("portfolio_1", tracer_factory=tracer_factory())
    assert container.enable_tracing(short).event_types == types


def test_a_tracer_by_hand_takes_the_spellings_of_a_config():
    tracer = EventTracer(
        "t", MemoryStorage(), retention_policy="minimal", events_to_trace=["POSITION_OPEN", "own.type"]
    )
    assert tracer.event_types == {"POSITION_OPEN", "own.type"}
    tracer.observe(opened())
    tracer.ended(TRADE)
    assert tracer.events == []
    for wrong in (
        {"retention_policy": "everything"},
        {"events_to_trace": "fill"},
        {"events_to_trace": ["position_open"]},
        {"events_to_trace": ["FILLS"]},
        {"max_events": -1},
        {"max_events": "5"},
        {"max_events": 2.5},
        {"max_events": True},
        {"write_at_end": "maybe"},
    ):
        with pytest.raises(ValueError, match="expected"):
            EventTracer("t", MemoryStorage(), **wrong)
