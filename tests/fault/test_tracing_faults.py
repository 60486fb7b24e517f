"""Torn, damaged and unwritable event files: rules S1, S4, S7; promises 3, 4, 11, 12, 18."""

import errno
import gzip
import itertools
import os
import tracemalloc
import zlib

import pytest
import zstandard

from engine.events import Bar
from tracing.reading import members
from tracing.reading.reader import TraceReader
from tracing.storage.disk import DiskStorage
from tracing.storage.members import WriteFailedError
from tracing.tracer import EventTracer

NAMES = {True: "events.jsonl.gz", "zstd": "events.jsonl.zst", False: "events.jsonl"}


def bar(n):
    return Bar(n * 10**9, "d", f"d:BAR:{n}", None, None, "X", 1.0, 2.0, 0.5, 1.5, 10.0 + n)


def write(folder, compression=True, events=12, member_bytes=500):
    """Members of three events each."""
    tracer = EventTracer("t", DiskStorage(folder, compression=compression, member_bytes=member_bytes))
    for n in range(events):
        tracer.observe(bar(n))
    tracer.close()
    return folder / NAMES[compression]


def boundaries(path, compression):
    """(offset, events before it) at which the file may be cut without damage."""
    data, found = path.read_bytes(), {0: 0}
    if compression is True:
        rest, events = data, 0
        while rest:
            inflater = zlib.decompressobj(31)
            events += inflater.decompress(rest).count(b"\n")
            rest = inflater.unused_data
            found[len(data) - len(rest)] = events
    elif compression is False:
        for at, byte in enumerate(data, 1):
            if byte == ord("\n"):
                found[at] = data.count(b"\n", 0, at)
    else:
        starts = [at for at in range(len(data)) if data.startswith(b"\x28\xb5\x2f\xfd", at)] + [len(data)]
        frames = [zstandard.ZstdDecompressor().decompress(data[a:b]) for a, b in itertools.pairwise(starts)]
        for number, at in enumerate(starts[1:], 1):
            found[at] = sum(frame.count(b"\n") for frame in frames[:number])
    return found


@pytest.mark.parametrize("compression", NAMES)
def test_s1_cut_at_any_byte_every_event_of_the_whole_members_is_read(tmp_path, compression):
    path = write(tmp_path, compression)
    whole, cuts = path.read_bytes(), boundaries(path, compression)
    assert len(cuts) >= 4
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        before = max(events for at, events in cuts.items() if at <= cut)
        reader = TraceReader(tmp_path)
        assert [event["seq"] for event in reader] == list(range(before))
        assert (reader.damage is None) == (cut in cuts)
        if reader.damage is not None:
            assert (reader.damage.events, reader.damage.offset) == (before, max(at for at in cuts if at <= cut))
            assert "the file ends inside" in str(reader.damage)
        assert path.read_bytes() == whole[:cut]


@pytest.mark.parametrize("compression", [True, "zstd"])
def test_s7_a_flipped_bit_is_found_and_nothing_behind_it_is_joined(tmp_path, compression):
    path = write(tmp_path, compression)
    whole, cuts = path.read_bytes(), boundaries(path, compression)
    harmless = 0
    for at in range(len(whole)):
        for bit in range(0, 8, 3):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
            reader = TraceReader(tmp_path)
            events = list(reader)
            if reader.damage is None:
                harmless += 1
                assert len(events) == 12
            else:
                before = max(count for start, count in cuts.items() if start <= at)
                assert [event["seq"] for event in events] == list(range(before))
                assert reader.damage.offset <= at
    assert harmless < len(whole) / 10  # header bytes that say nothing about the content


def test_s7_nonsense_in_the_middle_of_plain_text_is_found(tmp_path):
    path = write(tmp_path, compression=False)
    lines = path.read_bytes().splitlines(keepends=True)
    for wrong, reason in [
        (b"nonsense\n", "line 6 is no event"),
        (b'{"seq":"5"}\n', "seq '5' where 5 is due"),
        (b"[5]\n", "line 6 is no event"),
        (lines[4], "seq 4 where 5 is due"),
        (lines[6], "seq 6 where 5 is due"),
        (b"\xff\n", "line 6 is no event"),
    ]:
        path.write_bytes(b"".join([*lines[:5], wrong, *lines[6:]]))
        reader = TraceReader(tmp_path)
        assert [event["seq"] for event in reader] == [0, 1, 2, 3, 4]
        assert reason in reader.damage.reason


def test_a_member_that_ends_inside_a_line_is_damage(tmp_path):
    (tmp_path / "events.jsonl.gz").write_bytes(gzip.compress(b'{"seq":0}\n{"seq":1}'))
    reader = TraceReader(tmp_path)
    assert [event["seq"] for event in reader] == [0]
    assert reader.damage.reason == "a member ends inside a line"


def test_s4_a_missing_part_ends_the_reading(tmp_path):
    tracer = EventTracer("t", DiskStorage(tmp_path, member_bytes=500, max_file_size_mb=3e-4))
    for n in range(12):
        tracer.observe(bar(n))
    tracer.close()
    (tmp_path / "events.0002.jsonl.gz").unlink()
    reader = TraceReader(tmp_path)
    assert [event["seq"] for event in reader] == list(range(6))
    assert reader.damage.reason == "part 2 is missing"


def test_files_of_two_kinds_are_not_mixed(tmp_path):
    write(tmp_path)
    write(tmp_path, compression=False)
    reader = TraceReader(tmp_path)
    assert list(reader) == []
    assert reader.damage.reason == "files of several kinds: events.jsonl, events.jsonl.gz"
    assert reader.found


def test_a_folder_without_a_trace_is_no_damage(tmp_path):
    reader = TraceReader(tmp_path / "none")
    assert (list(reader), reader.damage, reader.found) == ([], None, False)


def test_other_files_of_a_folder_are_read_by_their_stem(tmp_path):
    write(tmp_path)
    (tmp_path / "trades.jsonl").write_bytes(b'{"seq":0,"pnl":1.0}\n{"seq":1,"pnl":2.0}\n')
    assert [trade["pnl"] for trade in TraceReader(tmp_path, "trades")] == [1.0, 2.0]


def bomb(path):
    if path.suffix == ".gz":
        deflater = zlib.compressobj(1, wbits=31)
        path.write_bytes(b"".join(deflater.compress(bytes(MIB)) for _ in range(BOMB)) + deflater.flush())
    elif path.suffix == ".zst":
        packer = zstandard.ZstdCompressor().compressobj(size=BOMB * MIB)
        path.write_bytes(b"".join(packer.compress(bytes(MIB)) for _ in range(BOMB)) + packer.flush())
    else:
        with path.open("wb") as file:
            file.truncate(BOMB * MIB)


MIB = 1 << 20
BOMB = 128
"""Times the longest member that is accepted: with the 8 MiB of the product, one gigabyte."""


@pytest.mark.parametrize("name", NAMES.values())
def test_a_bomb_and_an_endless_line_are_refused_in_bounded_memory(tmp_path, monkeypatch, name):
    monkeypatch.setattr(members, "LONGEST_MEMBER", MIB)
    bomb(tmp_path / name)
    reader = TraceReader(tmp_path)
    tracemalloc.start()
    try:
        assert list(reader) == []
        assert tracemalloc.get_traced_memory()[1] < 4 * MIB
    finally:
        tracemalloc.stop()
    assert "than any that a tracer writes" in reader.damage.reason


class Disk:
    """Stands for os.write: the k-th write goes wrong, once or for good."""

    def __init__(self, fail_at, fault, *, for_good):
        self.calls, self.fail_at, self.fault, self.for_good = 0, fail_at, fault, for_good
        self.write = os.write

    def __call__(self, descriptor, data):
        self.calls += 1
        if self.calls == self.fail_at or (self.for_good and self.calls > self.fail_at):
            if self.fault == "short":
                return self.write(descriptor, data[: len(data) // 2])
            raise OSError(errno.EIO, "Input/output error")
        return self.write(descriptor, data)


@pytest.mark.parametrize("for_good", [True, False])
@pytest.mark.parametrize("fault", ["short", "error"])
@pytest.mark.parametrize("fail_at", [1, 2, 3, 4])
def test_s4_a_write_that_fails_leaves_the_file_as_it_was_and_ends_the_stream(
    tmp_path, monkeypatch, fail_at, fault, for_good
):
    monkeypatch.setattr(os, "write", Disk(fail_at, fault, for_good=for_good))
    tracer = EventTracer("t", DiskStorage(tmp_path, member_bytes=500))
    raised = []
    for n in range(30):
        try:
            tracer.observe(bar(n))
        except WriteFailedError as error:
            raised.append(error)
    tracer.close()
    (error,) = raised
    assert error.errno == (errno.ENOSPC if fault == "short" else errno.EIO)
    assert error.filename == str(tmp_path / "events.jsonl.gz")
    assert "bytes free" in str(error)
    reader = TraceReader(tmp_path)
    assert len(list(reader)) == tracer.accounting()["written"] == 3 * (fail_at - 1)
    assert reader.damage is None
    assert reader.found == (fail_at > 1)


def test_a_folder_that_cannot_be_made_is_reported(tmp_path):
    (tmp_path / "x").write_text("a file stands here")
    with pytest.raises(WriteFailedError) as raised:
        write(tmp_path / "x")
    assert raised.value.errno == errno.EEXIST
