"""The JSON line an event becomes."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.events import Bar, Event, Fill
from tracing.record import Clock, LineEncoder, Stamps, UnwritableRecordError

BAR = Bar(1_577_836_800_000_000_000, "data_x", "data_x:BAR:0", None, None, "X", 1.0, 2.5, 0.5, 1.5, 10.0)


def test_a_line_has_seq_first_then_type_and_the_time_as_text_then_the_rest():
    assert LineEncoder().line(7, BAR) == (
        b'{"seq":7,"type":"BAR","timestamp":"2020-01-01T00:00:00Z","source":"data_x","event_id":"data_x:BAR:0",'
        b'"correlation_id":null,"causation_id":null,"symbol":"X","open":1.0,"high":2.5,"low":0.5,"close":1.5,"volume":10.0}\n'
    )


@pytest.mark.parametrize(
    ("timestamp", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (1_500_000_000, "1970-01-01T00:00:01.500Z"),
        (86_399_000_001_000, "1970-01-01T23:59:59.000001Z"),
        (1_000, "1970-01-01T00:00:00.000001Z"),
        (951_782_400_000_000_000, "2000-02-29T00:00:00Z"),
        (2**63 - 1, "2262-04-11T23:47:16.854775807Z"),
        (-(2**63), "1677-09-21T00:12:43.145224192Z"),
    ],
)
def test_times_are_rfc_3339_with_the_fewest_digits_that_hold_them(timestamp, text):
    assert Clock().text(timestamp) == text


@settings(deadline=None)
@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=5))
def test_every_time_reads_back_exactly(timestamps):
    clock = Clock()
    for timestamp in timestamps:
        text = clock.text(timestamp)
        whole, _, fraction = text.removesuffix("Z").partition(".")
        seconds = (datetime.fromisoformat(whole).replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
            seconds=1
        )
        assert seconds * 10**9 + int(fraction.ljust(9, "0")) == timestamp


@given(
    st.lists(
        st.tuples(
            st.integers(-(2**63), 2**63 - 1), st.text(), st.floats(allow_nan=False, allow_infinity=False), st.booleans()
        ),
        min_size=1,
    )
)
@settings(deadline=None)
def test_only_seq_and_the_time_differ_from_the_plain_encoding(rows):
    encoder, clock = LineEncoder(), Clock()
    for seq, (timestamp, text, number, is_bar) in enumerate(rows):
        event = (
            Bar(timestamp, text, "i", None, text, text, number, number, number, number, number)
            if is_bar
            else Fill(timestamp, "p", "i", text, None, text, "X", "buy", number, 1.0, 0.0, 0.0, "taker", is_bar)
        )
        expected = {"seq": seq, **json.loads(msgspec.json.encode(event)), "timestamp": clock.text(timestamp)}
        line = encoder.line(seq, event)
        assert json.loads(line) == expected
        assert list(json.loads(line)) == list(expected)
        assert line.count(b"\n") == 1


@given(st.lists(st.tuples(st.integers(-86_400, 86_400), st.sampled_from([0, 0, 1, 10**6])), min_size=1))
@settings(deadline=None)
def test_stamps_of_days_side_by_side_are_those_of_the_clock(moments):
    stamps, clock = Stamps(), Clock()
    for second, nanoseconds in moments:
        timestamp = 1_577_836_800_000_000_000 + second * 10**9 + nanoseconds
        assert stamps.stamp(timestamp).decode() == clock.text(timestamp)


class Own(Event, frozen=True, gc=False, tag="OWN"):
    """A user's own event."""

    type = "OWN"
    note: str


class Untagged(msgspec.Struct):
    """No event."""

    timestamp: int
    type: str = "UNTAGGED"


def test_a_users_own_event_is_written_like_any_other():
    line = LineEncoder().line(0, Own(1, "s", "s:OWN:0", None, None, 'a "note"'))
    assert line.startswith(b'{"seq":0,"type":"OWN","timestamp":"1970-01-01T00:00:00.000000001Z","source":"s"')
    assert line.endswith(b'"note":"a \\"note\\""}\n')


def test_what_is_no_event_is_refused_by_name():
    with pytest.raises(UnwritableRecordError, match="Untagged: an event must be"):
        LineEncoder().line(0, Untagged(1))
