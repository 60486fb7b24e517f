"""Event files: rules S1 to S5, and K7."""

import gzip
import json
import zlib

import psutil
import pytest

from engine.event_columns import EventColumns, Numbered, Stretch
from engine.events import Bar
from tracing.reading.reader import TraceReader
from tracing.storage.compression import codec_of
from tracing.storage.disk import DiskStorage, LineTooLongError
from tracing.storage.limits import LARGEST_MEMBER, LONGEST_LINE, member_bytes
from tracing.storage.members import MemberFile, WriteFailedError
from tracing.tracer import EventTracer

MINUTE = 60_000_000_000


def bar(n, symbol="X"):
    return Bar(n * MINUTE, "data_x", f"data_x:BAR:{n}", None, None, symbol, 1.0 + n % 7, 9.0, 0.5, 1.5, 10.0)


def trace(folder, events, **options):
    tracer = EventTracer("t", DiskStorage(folder, **options), retention_policy="trade_complete")
    for n in range(events):
        tracer.observe(bar(n))
    tracer.close()
    return tracer


def raw_members(data):
    """The raw bytes of each gzip member."""
    members = []
    while data:
        inflater = zlib.decompressobj(31)
        members.append(inflater.decompress(data))
        data = inflater.unused_data
    return members


def test_every_event_is_one_numbered_line_in_order(tmp_path):
    tracer = trace(tmp_path / "x", 5000)
    lines = gzip.decompress((tmp_path / "x" / "events.jsonl.gz").read_bytes()).splitlines()
    assert [json.loads(line)["seq"] for line in lines] == list(range(5000))
    assert [json.loads(line)["event_id"] for line in lines] == [f"data_x:BAR:{n}" for n in range(5000)]
    assert tracer.accounting()["written"] == 5000


def test_k7_streaming_does_not_depend_on_what_memory_keeps(tmp_path):
    tracer = EventTracer("t", DiskStorage(tmp_path), retention_policy="all", max_events=3, warn=lambda _: None)
    for n in range(10):
        tracer.observe(bar(n))
    tracer.close()
    counts = tracer.accounting()
    assert (counts["kept"], counts["refused"], counts["written"]) == (3, 7, 10)
    assert len(list(TraceReader(tmp_path))) == 10


def test_s2_a_member_closes_with_the_line_that_fills_it_and_at_the_end(tmp_path):
    trace(tmp_path, 2000, member_bytes=20_000)
    *full, last = raw_members((tmp_path / "events.jsonl.gz").read_bytes())
    assert len(full) > 5
    for member in full:
        assert len(member) >= 20_000
        assert len(member) - len(member.splitlines(keepends=True)[-1]) < 20_000
    assert 0 < len(last) < 20_000


@pytest.mark.parametrize(
    ("streams", "size"),
    [(0, 262_144), (1, 262_144), (256, 262_144), (257, 261_123), (1000, 67_108), (4096, 49_152), (10**6, 49_152)],
)
def test_s2_the_size_of_a_member_is_a_constant_of_the_number_of_streams(streams, size):
    assert member_bytes(streams) == size


def test_s2_members_larger_than_readers_accept_cannot_be_asked_for(tmp_path):
    with pytest.raises(ValueError, match="member_bytes=262145"):
        DiskStorage(tmp_path, member_bytes=LARGEST_MEMBER + 1)


def test_s3_no_file_is_open_between_members(tmp_path):
    before = psutil.Process().num_fds()
    tracers = [EventTracer("t", DiskStorage(tmp_path / str(n), member_bytes=200)) for n in range(50)]
    for tracer in tracers:
        for n in range(5):
            tracer.observe(bar(n))
    assert psutil.Process().num_fds() == before
    assert all(tracer.accounting()["written"] == 5 for tracer in tracers)


def test_s4_files_are_continued_at_a_member_and_none_grows_beyond_the_limit(tmp_path):
    trace(tmp_path, 4000, member_bytes=16_384, max_file_size_mb=0.01)
    paths = sorted(tmp_path.iterdir(), key=lambda path: (len(path.name), path.name))
    assert [path.name for path in paths[:3]] == ["events.jsonl.gz", "events.0001.jsonl.gz", "events.0002.jsonl.gz"]
    assert all(path.stat().st_size <= 10_000 for path in paths)
    for path in paths:
        assert raw_members(path.read_bytes())
    reader = TraceReader(tmp_path)
    assert [event["seq"] for event in reader] == list(range(4000))
    assert reader.damage is None


@pytest.mark.parametrize("compression", [True, "zstd", False])
@pytest.mark.parametrize("limit", [400, 1_000, 4_000])
def test_s4_lines_that_no_file_could_hold_together_are_shared_out(tmp_path, compression, limit):
    """The readers take many small files in their order, also from the ten-thousandth on."""
    trace(tmp_path, 3000, member_bytes=16_384, compression=compression, max_file_size_mb=limit / 1e6)
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) > 1
    assert max(sizes) <= limit
    reader = TraceReader(tmp_path)
    assert [event["seq"] for event in reader] == list(range(3000))
    assert reader.damage is None


def test_s4_an_event_that_no_file_can_hold_is_an_error_and_what_was_written_is_counted(tmp_path):
    tracer = EventTracer("t", DiskStorage(tmp_path, member_bytes=1000, compression=False, max_file_size_mb=0.001))
    for n in range(8):
        tracer.observe(bar(n))
    before = tracer.accounting()["written"]
    with pytest.raises(WriteFailedError, match=r"an event of 2,.* bytes, where max_file_size_mb allows 1,000"):
        tracer.observe(bar(8, "X" * 2000))
    tracer.close()
    reader = TraceReader(tmp_path)
    assert len(list(reader)) == tracer.accounting()["written"] == before > 0
    assert reader.damage is None


def test_s5_the_gzip_header_has_no_time_and_no_name(tmp_path):
    trace(tmp_path, 1)
    assert (tmp_path / "events.jsonl.gz").read_bytes()[:9] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00"


@pytest.mark.parametrize(
    ("compression", "name"),
    [(True, "events.jsonl.gz"), ("gzip", "events.jsonl.gz"), ("zstd", "events.jsonl.zst"), (False, "events.jsonl")],
)
def test_each_compression_has_its_name_and_reads_back(tmp_path, compression, name):
    trace(tmp_path, 3000, compression=compression)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    reader = TraceReader(tmp_path)
    assert [event["event_id"] for event in reader] == [f"data_x:BAR:{n}" for n in range(3000)]
    assert (reader.count, reader.damage) == (3000, None)


def test_plain_text_is_the_same_lines_as_compressed(tmp_path):
    trace(tmp_path / "a", 500, compression=False)
    trace(tmp_path / "b", 500)
    packed = (tmp_path / "b" / "events.jsonl.gz").read_bytes()
    assert gzip.decompress(packed) == (tmp_path / "a" / "events.jsonl").read_bytes()


def test_no_event_makes_no_folder(tmp_path):
    trace(tmp_path / "x", 0)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_not_written_into(tmp_path):
    trace(tmp_path, 1)
    before = (tmp_path / "events.jsonl.gz").read_bytes()
    with pytest.raises(WriteFailedError, match="exists"):
        trace(tmp_path, 1)
    assert (tmp_path / "events.jsonl.gz").read_bytes() == before


def test_s8_symbolic_links_are_refused(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "x").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(WriteFailedError, match="symbolic link"):
        trace(tmp_path / "x", 1)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_file_somebody_else_wrote_to_is_left_as_it_is(tmp_path):
    file = MemberFile(tmp_path, "events", codec_of(compression=True), 100.0)
    file.append(file.codec.member(b"one\n"))
    with file.path.open("ab") as stranger:
        stranger.write(b"?")
    with pytest.raises(WriteFailedError, match="somebody else"):
        file.append(file.codec.member(b"two\n"))
    assert file.path.read_bytes().endswith(b"?")


def test_an_event_too_long_to_be_read_back_is_refused(tmp_path):
    tracer = EventTracer("t", DiskStorage(tmp_path))
    with pytest.raises(LineTooLongError, match="at most 8,388,608"):
        tracer.observe(bar(0, "X" * LONGEST_LINE))
    tracer.close()
    assert list(tmp_path.iterdir()) == []


def bars(start, end, symbol="X"):
    """`bar` of these numbers, as columns."""
    numbers, prices = range(start, end), [1.0 + n % 7 for n in range(start, end)]
    ids = Numbered("data_x:BAR:", numbers)
    values = ("data_x", ids, None, None, symbol, prices, 9.0, 0.5, 1.5, 10.0)
    return [Stretch(EventColumns(Bar, [n * MINUTE for n in numbers], values), 0, len(numbers))]


def test_an_event_too_long_to_be_read_back_is_refused_among_columns_too(tmp_path):
    tracer = EventTracer("t", DiskStorage(tmp_path), retention_policy="none")
    with pytest.raises(LineTooLongError, match="at most 8,388,608"):
        tracer.observe_columns(bars(0, 2, "X" * LONGEST_LINE))
    tracer.close()
    assert list(tmp_path.iterdir()) == []


def test_columns_after_a_failed_write_are_not_written(tmp_path, monkeypatch):
    tracer = EventTracer("t", DiskStorage(tmp_path, member_bytes=1000), retention_policy="none")
    tracer.observe_columns(bars(0, 40))
    before = tracer.accounting()["written"]
    whole = (tmp_path / "events.jsonl.gz").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr("os.write", lambda *_: 0)
        with pytest.raises(WriteFailedError):
            tracer.observe_columns(bars(40, 80))
    tracer.observe_columns(bars(80, 120))
    tracer.close()
    assert (tmp_path / "events.jsonl.gz").read_bytes() == whole
    assert (tracer.accounting()["written"], tracer.stream.taken > 80) == (before, True)
    assert before > 30
