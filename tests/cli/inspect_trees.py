"""Small results trees written by hand, as a run writes them, for the tests of `admf inspect`."""

from pathlib import Path

import msgspec

from engine.events import Bar, Fill, Order, OrderRequest, PositionClose, PositionOpen, Signal
from tracing.settings import TraceSettings
from tracing.storage.disk import DiskStorage
from tracing.tracer import EventTracer

DAY = 86_400 * 10**9
START = 1_577_836_800 * 10**9  # 2020-01-01
FULL = TraceSettings(enabled=True, storage_backend="disk")
MINIMAL = TraceSettings(enabled=True, events_to_trace=("POSITION_OPEN", "POSITION_CLOSE", "FILL"))
OFF = TraceSettings()
COUNTERS = ("seen", "filtered", "kept", "pruned", "evicted", "refused", "written", "peak_in_memory")
METRICS = {
    "total_trades": 2,
    "win_rate": 0.5,
    "total_pnl": 12.5,
    "initial_equity": 1000.0,
    "final_equity": 1012.5,
    "total_return": 0.0125,
    "max_drawdown": -0.0234,
    "sharpe": None,
}


def write_json(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(data), indent=2) + b"\n")


def result(id_, type_="portfolio", **changed):
    tracing = dict.fromkeys(COUNTERS, 0) | {"written": changed.pop("written", 0)}
    return {
        "schema_version": 1,
        "container_id": id_,
        "type": type_,
        "status": "completed",
        "error": None,
        "correlation_id": "run-0123456789abcdef",
        "metrics": METRICS if type_ == "portfolio" else {},
        "metric_notes": {"days_per_year": 252, "sharpe": "fewer than two daily returns"}
        if type_ == "portfolio"
        else {},
        "tracing": tracing,
        "memory_usage": {"events_in_memory": 0, "open_positions": 0},
        "trace_settings": MINIMAL if type_ == "portfolio" else OFF,
    } | changed


def write_run(root, types, **changed):
    """run.json of a run of these containers: id -> type; the root and an execution container come by themselves."""
    ids = [{"id": id_, "type": type_} for id_, type_ in types.items()]
    run = {
        "schema_version": 1,
        "name": "cross",
        "status": "completed",
        "folders": sorted([*types, "root_container"]),
        "data": {"data_x": {"bars": 3, "first": "2020-01-01T00:00:00Z", "last": "2020-01-07T00:00:00Z"}},
        "config": {"name": "cross", "containers": ids},
    } | changed
    write_json(root / "run.json", run)


def write_tree(root: Path, portfolios=("portfolio_1",)):
    """A finished run: a data container, portfolios that trace the default in memory, the root."""
    types = {"data_x": "data"} | dict.fromkeys(portfolios, "portfolio")
    write_run(root, types)
    for id_, type_ in (types | {"root_container": "root"}).items():
        write_json(root / id_ / "metrics.json", result(id_, type_))
    return root


def write_trace(root, id_, events, **changed):
    """Gives a container an event file of these events, and a metrics.json that says so."""
    tracer = EventTracer(
        id_, DiskStorage(root / changed.pop("folder", id_), member_bytes=changed.pop("member_bytes", 262144))
    )
    for event in events:
        tracer.trace_event(event)
    tracer.close()
    changed = {"trace_settings": FULL} | changed
    write_json(root / id_ / "metrics.json", result(id_, written=len(events), **changed))


def trade_events(trade=1, start=START):
    """A whole trade: long from the third day, closed on the seventh, with a BAR and the strategy's SIGNAL as causes."""

    def event(kind, when, source, cause, *fields):
        day, ordinal = when
        of = None if source in {"data_x", "strategy_1"} else f"portfolio_1#{trade}"
        named = None if cause is None else f"{cause}:{ordinal}"
        return kind(start + day * DAY, source, f"{source}:{kind.type}:{ordinal}", of, named, *fields)

    def leg(day, ordinal, direction, side, price):
        decided, filled = (day, ordinal), (day + 1, ordinal)
        signal = ("X", direction, 1.0, "crossover", "")
        asked = ("X", side, 2.0, "market", None, None, "gtc")
        return [
            event(Bar, decided, "data_x", None, "X", price, price, price, price, 10.0),
            event(Signal, decided, "strategy_1", "data_x:BAR", *signal),
            event(Signal, decided, "portfolio_1", "strategy_1:SIGNAL", *signal),
            event(OrderRequest, decided, "portfolio_1", "portfolio_1:SIGNAL", *asked),
            event(Order, decided, "broker", "portfolio_1:ORDER_REQUEST", "o1", "accepted", *asked, "", False),
            event(Fill, filled, "broker", "broker:ORDER", "o1", "X", side, 2.0, price, 0.25, 0.0, "taker", False),
        ]

    first, second = 2 * trade - 1, 2 * trade
    opened = ("X", "long", 2.0, 100.25, 0.25)
    closed = ("X", "long", 2.0, 100.25, 106.75, 13.0, 12.5, 4, 345600.0, True)
    return [
        *leg(1, first, "long", "buy", 100.25),
        event(PositionOpen, (2, first), "portfolio_1", "broker:FILL", *opened),
        *leg(5, second, "flat", "sell", 106.75),
        event(PositionClose, (6, second), "portfolio_1", "broker:FILL", *closed),
    ]
