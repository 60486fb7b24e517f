"""What tracing an event costs, as a ratio to creating it. Run with `pytest -m bench -s tests/bench`."""

import gzip
import time

import pytest

from engine.events import Bar, Fill, PositionClose, PositionOpen
from engine.orchestration import tracing_setup
from tests.run_command import run
from tests.run_configs import write_config
from tracing.reading.reader import TraceReader
from tracing.storage.compression import GZIP
from tracing.storage.disk import DiskStorage
from tracing.storage.limits import SMALLEST_MEMBER, member_bytes
from tracing.storage.memory import MemoryStorage
from tracing.tracer import EventTracer

pytestmark = pytest.mark.bench

EVENTS = 60_000
SOME, TURNS, MANY = 10_000, 40, 10_000_000
MINUTE = 60_000_000_000
START = 1_577_836_800_000_000_000


def bars(observe, _ended):
    for n in range(EVENTS):
        close = 100.0 + n % 977 * 0.0131
        observe(
            Bar(
                START + n * MINUTE,
                "data_x",
                f"data_x:BAR:{n}",
                None,
                None,
                "X",
                close - 0.25,
                close + 0.5,
                close - 0.5,
                close,
                1e4 + n,
            )
        )


def trades(observe, ended):
    for n in range(EVENTS // 4):
        at, trade, price = START + n * MINUTE, f"portfolio_1:{n}", 100.0 + n % 977 * 0.0131
        observe(
            Fill(at, "p", f"p:FILL:{2 * n}", trade, None, f"o{n}", "X", "buy", 1.0, price, 1.0, 0.5, "taker", False)
        )
        observe(PositionOpen(at, "p", f"p:POSITION_OPEN:{n}", trade, None, "X", "long", 1.0, price, 1.0))
        at += MINUTE // 2
        observe(
            Fill(
                at, "p", f"p:FILL:{2 * n + 1}", trade, None, f"o{n}", "X", "sell", 1.0, price, 1.0, 0.5, "taker", False
            )
        )
        observe(
            PositionClose(
                at, "p", f"p:POSITION_CLOSE:{n}", trade, None, "X", "long", 1.0, price, price, 0.0, -2.0, 3, 180.0, True
            )
        )
        ended(trade)


def ignore(_):
    pass


def spent(work):
    start = time.process_time()
    work()
    return time.process_time() - start


def ratio(produce, make_tracer):
    """Cost of tracing an event over that of creating it: the best of several turns, taken side by side."""
    created, traced = [], []
    for turn in range(11):
        tracer = make_tracer(turn)

        def work(tracer=tracer):
            produce(tracer.observe, tracer.ended)
            tracer.close()

        created.append(spent(lambda: produce(ignore, ignore)))
        traced.append(spent(work))
        assert tracer.accounting()["seen"] == EVENTS
    return (min(traced) - min(created)) / min(created), tracer


@pytest.mark.parametrize("produce", [bars, trades])
@pytest.mark.parametrize("policy", ["trade_complete", "sliding_window", "all"])
def test_keeping_an_event_in_memory_costs_at_most_six_times_creating_it(produce, policy):
    cost, tracer = ratio(produce, lambda _: EventTracer("t", MemoryStorage(), retention_policy=policy))
    print(f"\n{produce.__name__} {policy}: {cost:.1f}")  # noqa: T201 - figures are what a benchmark is for
    assert cost < 6
    assert tracer.accounting()["kept"] == EVENTS


@pytest.mark.parametrize("produce", [bars, trades])
def test_streaming_an_event_to_disk_with_gzip_costs_at_most_twelve_times_creating_it(produce, tmp_path):
    def make(turn):
        return EventTracer("t", DiskStorage(tmp_path / str(turn)), retention_policy="trade_complete")

    cost, tracer = ratio(produce, make)
    print(f"\n{produce.__name__} to disk: {cost:.1f}")  # noqa: T201
    assert cost < 12
    assert tracer.accounting()["written"] == EVENTS
    assert sum(1 for _ in TraceReader(tmp_path / "0")) == EVENTS


@pytest.mark.parametrize("streams", [1, 1000, 10_000])
@pytest.mark.parametrize("produce", [bars, trades])
def test_s2_members_take_at_most_fifteen_per_cent_more_than_one_long_stream(produce, streams, tmp_path):
    tracer = EventTracer("t", DiskStorage(tmp_path, member_bytes=member_bytes(streams)), retention_policy="none")
    produce(tracer.observe, tracer.ended)
    tracer.close()
    written = (tmp_path / "events.jsonl.gz").read_bytes()
    lines = gzip.decompress(written)
    assert lines.count(b"\n") == EVENTS
    more = len(written) / len(GZIP.member(lines)) - 1
    print(f"\n{produce.__name__}, {streams} streams: {more:.1%} more than one stream")  # noqa: T201
    assert more <= 0.15


TRADING = "[SIGNAL, ORDER, ORDER_REQUEST, FILL, POSITION_OPEN, POSITION_CLOSE]"
CROSSING = """
containers:
  - {{id: data_x, type: data, source: {{name: synthetic, symbol: X, bars: 20000, bar_length: 1h, volatility: 0.6}}}}
  - id: p
    type: portfolio
    inputs: [data_x]
    features: {{mean: {{indicator: SMA, timeperiod: 20}}, fast: {{indicator: EMA, timeperiod: 5}}}}
    strategy: {{name: crossover, fast: fast, slow: mean, direction: both}}
    event_tracing: {{mode: full, events_to_trace: {types}}}
"""


@pytest.mark.parametrize("types", ["ALL", TRADING, "[ORDER]"])
def test_s2_so_do_the_smallest_members_of_a_real_trace(types, tmp_path, monkeypatch):
    """The types that repeat themselves most lose most: what happens in trades without the bars between, and orders alone."""
    monkeypatch.setattr(tracing_setup, "member_bytes", lambda _: SMALLEST_MEMBER)
    config = write_config(tmp_path, CROSSING.format(types=types))
    assert run(config, "--output", tmp_path / "out", "--quiet").exit_code == 0
    written = (tmp_path / "out" / "p" / "events.jsonl.gz").read_bytes()
    lines = gzip.decompress(written)
    more = len(written) / len(GZIP.member(lines)) - 1
    print(f"\n{types}: {more:.1%} more than one stream")  # noqa: T201
    assert written.count(b"\x1f\x8b\x08") >= len(lines) // (SMALLEST_MEMBER + 1000) > 10
    assert more <= 0.15


@pytest.mark.slow
def test_k1_the_ten_millionth_event_costs_what_the_hundred_thousandth_did():
    """Kept in a window: one event made before and offered again and again, so that only keeping it is measured."""
    event = Bar(START, "data_x", "data_x:BAR:1", None, None, "X", 1.0, 2.0, 0.5, 1.5, 1e4)
    tracer = EventTracer("t", MemoryStorage(), retention_policy="sliding_window")
    observe = tracer.observe

    def some():
        for _ in range(SOME):
            observe(event)

    first = min(spent(some) for _ in range(TURNS))
    for _ in range(MANY // SOME - 2 * TURNS):
        some()
    last = min(spent(some) for _ in range(TURNS))
    print(f"\n{last / first:.2f} times as long at {MANY:,} events")  # noqa: T201
    assert tracer.accounting()["seen"] == MANY
    assert last <= 1.1 * first
