"""Streaming events to disk: lines gather in memory until they fill a member (rule S2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracing.columns import ColumnEncoder, numbered
from tracing.record import LineEncoder
from tracing.settings import DEFAULT_FILE_SIZE_MB
from tracing.storage.compression import codec_of
from tracing.storage.limits import KIB, LARGEST_MEMBER, LONGEST_LINE
from tracing.storage.members import MemberFile
from tracing.storage.memory import MemoryStorage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tracing.columns import Rows
    from tracing.record import Stamped
    from tracing.settings import Compression

_CHUNK = 4 * KIB
_TOGETHER = 256

ENCODER = LineEncoder()
COLUMN_ENCODER = ColumnEncoder()
"""One of each for every tracer of the process: they share the text of the moment they are at."""


class LineTooLongError(ValueError):
    """A single event is longer than readers accept."""


class LineStream:
    """Numbered lines on their way to a file. `taken` counts the lines given to it, `written` those in whole members.

    Lines wait in chunks of a few KiB: a list of thousands of small objects would cost a fifth more memory. After a
    failed write nothing more is written, so that the file stays a prefix without gaps.
    """

    __slots__ = ("_chunks", "_encoded", "_file", "_limit", "_lines", "_next", "_size", "failed", "taken", "written")

    def __init__(self, file: MemberFile, limit: int) -> None:
        self._file = file
        self._limit = limit
        self._encoded = ENCODER.line
        self._lines: list[bytes] = []
        self._chunks: list[bytes] = []
        self._size = 0
        self._next = min(_CHUNK, limit)
        self.taken = 0
        self.written = 0
        self.failed = False

    def add(self, record: Stamped, seq: int | None = None) -> None:
        """Takes one more event, which is numbered `seq`, without it by how many came before.

        Raises:
            WriteFailedError: if this filled a member and it could not be written.
            UnwritableRecordError: if the event has no form that can be written.
            LineTooLongError: if its line is longer than readers accept.
        """
        line = self._encoded(self.taken if seq is None else seq, record)
        self.taken += 1
        self._lines.append(line)
        self._size += len(line)
        if self._size >= self._next:
            self._settle(len(line))

    def add_columns(self, stretches: Sequence[Rows]) -> None:
        """Takes the events of several stretches, the first of each, then the second of each, and so on.

        Raises:
            WriteFailedError: if they filled a member that could not be written.
            LineTooLongError: as `add`.
        """
        for start in range(0, stretches[0].end - stretches[0].start, _TOGETHER):
            tails = [COLUMN_ENCODER.tails_of(stretch, start, start + _TOGETHER) for stretch in stretches]
            self._take_some(numbered(self.taken, tails), len(tails) * len(tails[0]))

    def _take_some(self, lines: bytes, count: int) -> None:
        """Takes so many lines at once. A member closes with the line in which it has its last byte."""
        if self.failed:
            self.taken += count
            self._drop()
            return
        if len(lines) > LONGEST_LINE:
            self._refuse_beyond(max(map(len, lines.splitlines(keepends=True))))
        while len(lines) >= self._limit - self._size:
            end = lines.index(b"\n", self._limit - self._size - 1) + 1
            full, lines = lines[:end], lines[end:]
            self._lines.append(full)
            taken = full.count(b"\n")
            self.taken, count = self.taken + taken, count - taken
            self._write()
        self.taken += count
        self._lines.append(lines)
        self._size += len(lines)
        if self._size >= self._next:
            self._gather()

    def go_on_as(self, compression: Compression, max_file_size_mb: float) -> None:
        """Writes what comes from now on with another compression, or into files of another size.

        Raises:
            WriteFailedError: if what waits cannot be written as it was to be.
        """
        codec = codec_of(compression)
        if codec is not self._file.codec:
            self.close()
        self._file.go_on_as(codec, max_file_size_mb)

    def close(self) -> None:
        """Writes what is still waiting.

        Raises:
            WriteFailedError: if that fails.
        """
        if self._size and not self.failed:
            self._write()

    def _settle(self, last: int) -> None:
        self._refuse_beyond(last)
        if self.failed:
            self._drop()
        elif self._size >= self._limit:
            self._write()
        else:
            self._gather()

    def _refuse_beyond(self, longest: int) -> None:
        if longest > LONGEST_LINE:
            self._drop()
            raise LineTooLongError(f"an event of {longest:,} bytes: at most {LONGEST_LINE:,} can be read back")

    def _gather(self) -> None:
        self._chunks.append(b"".join(self._lines))
        self._lines = []
        self._next = min(self._size + _CHUNK, self._limit)

    def _write(self) -> None:
        data = b"".join((*self._chunks, *self._lines))
        self._drop()
        self.failed = True
        for member, count in self._file.packed(data):
            self._file.append(member)
            self.written += count
        self.failed = False

    def _drop(self) -> None:
        self._lines = []
        self._chunks = []
        self._size = 0
        self._next = min(_CHUNK, self._limit)


class DiskStorage:
    """Streams every event to `<folder>/events.jsonl.gz`, and keeps in memory what the retention keeps (rule K7).

    A file is continued in a next one before it grows beyond `max_file_size_mb` (1 MB is 1,000,000 bytes); a member closes
    at `member_bytes` raw bytes. With `durable` each member is on the disk before the next event is taken.

    Raises:
        ValueError: if `member_bytes` is not 1 to 262,144, which is what readers rely on.
    """

    __slots__ = ("memory", "stream")

    def __init__(
        self,
        folder: Path,
        *,
        compression: Compression = True,
        max_file_size_mb: float = DEFAULT_FILE_SIZE_MB,
        member_bytes: int = LARGEST_MEMBER,
        durable: bool = False,
    ) -> None:
        if not 0 < member_bytes <= LARGEST_MEMBER:
            raise ValueError(f"member_bytes={member_bytes}: must be 1 to {LARGEST_MEMBER}")
        self.memory = MemoryStorage()
        file = MemberFile(folder, "events", codec_of(compression), max_file_size_mb, durable=durable)
        self.stream = LineStream(file, member_bytes)

    def count(self) -> int:
        """How many events are kept in memory."""
        return self.memory.count()
