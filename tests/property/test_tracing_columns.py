"""Lines made from columns against those of the events that the columns stand for: the same bytes, the same accounts."""

import gzip
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.event_columns import EventColumns, Numbered, Stretch
from engine.events import Bar, Features, PortfolioUpdate, PositionClose
from tracing.columns import ColumnEncoder, numbered
from tracing.record import LineEncoder
from tracing.storage.disk import DiskStorage
from tracing.tracer import EventTracer

MAGNITUDES = [
    float(f"{digits}e{power}") for power in range(-324, 309) for digits in ("1", "-1.7976931348623157", "2.5")
]
numbers = st.one_of(st.floats(), st.sampled_from(MAGNITUDES), st.integers(-(2**63), 2**64 - 1), st.just(-0.0))
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
moments = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-(10**6), 10**6).map(lambda minute: minute * 60 * 10**9),
    st.sampled_from([10**18 - 1, 10**18, 10**18 + 1, -1, 0]),
)


@st.composite
def stretches(draw, rows=None):
    """One to three stretches of as many rows, each somewhere in columns of its own."""
    count = draw(st.integers(1, 5)) if rows is None else rows
    return [
        Stretch(draw(columns(before + count + after)), before, before + count)
        for before, after in draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=3))
    ]


@st.composite
def columns(draw, rows):
    def column(values):
        return draw(st.lists(values, min_size=rows, max_size=rows))

    def ids():
        first = draw(st.integers(0, 10**6))
        return Numbered(draw(texts), range(first, first + rows))

    source, symbol, timestamps = draw(texts), draw(texts), sorted(column(moments))
    kind = draw(st.sampled_from([Bar, Features, PortfolioUpdate]))
    if kind is Bar:
        values = symbol, *(column(numbers) for _ in range(5))
    elif kind is Features:
        names = draw(st.lists(texts, max_size=3, unique=True))
        values = symbol, {name: column(st.none() | numbers) for name in ["only", *names]}
    else:
        values = draw(numbers), column(numbers), 0.0, draw(st.integers(0, 9)), column(numbers)
    cause = draw(st.sampled_from([ids(), column(texts), None]))
    return EventColumns(kind, timestamps, (source, ids(), None, cause, *values))


def in_turn(shown):
    return chain.from_iterable(zip(*(stretch.events() for stretch in shown), strict=True))


EVERYWHERE = EventColumns(
    Bar, [0] * len(MAGNITUDES), ("s", Numbered("s:BAR:", range(len(MAGNITUDES))), None, None, "X", *[MAGNITUDES] * 5)
)


@given(st.lists(stretches(), min_size=1, max_size=3), st.integers(0, 10**7))
@example([[Stretch(EVERYWHERE, 0, len(MAGNITUDES))]], 0)
@pytest.mark.examples(20, 60)
def test_lines_from_columns_are_those_of_their_events_to_the_byte(shown, seq):
    by_column, by_event = ColumnEncoder(), LineEncoder()
    for each in shown:
        lines = [by_event.line(number, event) for number, event in enumerate(in_turn(each), seq)]
        tails = [by_column.tails_of(stretch, 0, len(lines)) for stretch in each]
        assert numbered(seq, tails) == b"".join(lines)


@given(
    st.sampled_from(["trade_complete", "sliding_window", "all", "none"]),
    st.sampled_from([1, 300, 4_000]),
    st.booleans(),
    st.lists(st.one_of(stretches(), st.just(None)), min_size=1, max_size=6),
)
@pytest.mark.examples(10, 25)
def test_k5_and_s2_a_tracer_does_with_columns_what_it_does_with_their_events(policy, member, is_choosy, shown):
    """Sums, what is kept, members: with other events between the stretches, and conditions that look at each."""
    with TemporaryDirectory() as folder:
        tracers = [
            EventTracer(
                "t",
                DiskStorage(Path(folder, name), member_bytes=member),
                retention_policy=policy,
                max_events=4,
                condition=(lambda event: event.timestamp % 2 == 0) if is_choosy else None,
                warn=lambda _: None,
            )
            for name in ("columns", "events")
        ]
        for number, each in enumerate(shown):
            for tracer in tracers:
                if each is None:
                    tracer.observe(closed(number))
                elif tracer is tracers[0]:
                    tracer.observe_columns(each)
                else:
                    for event in in_turn(each):
                        tracer.observe(event)
        for tracer in tracers:
            tracer.close()
        assert tracers[0].accounting() == tracers[1].accounting()
        assert [e.event_id for e in tracers[0].events] == [e.event_id for e in tracers[1].events]
        written = [path.read_bytes() for path in sorted(Path(folder).glob("*/events.jsonl.gz"))]
        assert written == written[:1] * len(tracers) or not written
        assert tracers[0].accounting()["written"] == sum(gzip.decompress(data).count(b"\n") for data in written[:1])


def closed(n):
    return PositionClose(n, "p", f"p:CLOSE:{n}", "t", None, "X", "long", 1.0, 1.0, 1.0, 0.0, 0.0, 1, 1.0, True)
