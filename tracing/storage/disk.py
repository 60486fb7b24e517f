"""Streaming events to disk: lines gather in memory until they fill a member (rule S2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracing.record import LineEncoder, UnwritableRecordError
from tracing.settings import DEFAULT_FILE_SIZE_MB
from tracing.storage.compression import codec_of
from tracing.storage.limits import KIB, LARGEST_MEMBER, LONGEST_LINE
from tracing.storage.members import MemberFile
from tracing.storage.memory import MemoryStorage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tracing.record import Stamped
    from tracing.settings import Compression

_CHUNK = 4 * KIB
_TOGETHER = 32

ENCODER = LineEncoder()
"""One for every tracer of the process: they share the text of the moment they are at."""


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

    def add(self, record: Stamped) -> None:
        """Takes one more event.

        Raises:
            WriteFailedError: if this filled a member and it could not be written.
            UnwritableRecordError: if the event has no form that can be written.
            LineTooLongError: if its line is longer than readers accept.
        """
        line = self._encoded(self.taken, record)
        self.taken += 1
        self._lines.append(line)
        self._size += len(line)
        if self._size >= self._next:
            self._settle(len(line))

    def add_all(self, records: Sequence[Stamped]) -> None:
        """Takes several events in turn; raises what `add` raises, having taken those before."""
        for start in range(0, len(records), _TOGETHER):
            self._add_some(records[start : start + _TOGETHER])

    def _add_some(self, records: Sequence[Stamped]) -> None:
        """A few events at once, unless the member that they fill must close between them."""
        try:
            lines = ENCODER.lines(self.taken, records)
        except UnwritableRecordError:
            lines = []
        size = sum(map(len, lines))
        if self.failed or not lines or self._size + size >= self._limit:
            for record in records:
                self.add(record)
            return
        self._chunks.append(b"".join((*self._lines, *lines)))
        self._lines = []
        self.taken += len(lines)
        self._size += size
        self._next = min(self._size + _CHUNK, self._limit)

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
        if last > LONGEST_LINE:
            self._drop()
            raise LineTooLongError(f"an event of {last:,} bytes: at most {LONGEST_LINE:,} can be read back")
        if self.failed:
            self._drop()
        elif self._size >= self._limit:
            self._write()
        else:
            self._chunks.append(b"".join(self._lines))
            self._lines = []
            self._next = min(self._size + _CHUNK, self._limit)

    def _write(self) -> None:
        data = b"".join((*self._chunks, *self._lines))
        self._drop()
        self.failed = True
        self._file.append(data)
        self.failed = False
        self.written = self.taken

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
