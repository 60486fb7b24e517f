"""What a tracer keeps in memory, written to a file of its own: `events.window.jsonl.gz` (rule K8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracing.storage.compression import codec_of
from tracing.storage.disk import LineStream
from tracing.storage.members import MemberFile

if TYPE_CHECKING:
    from pathlib import Path

    from tracing.settings import Compression
    from tracing.storage.memory import MemoryStorage

WINDOW_STEM = "events.window"


class WindowFile:
    """Writes kept events to `<folder>/events.window.jsonl.gz`, each once, under the `seq` that it has among all traced ones.

    Nothing is made before the first is written. `compression` and `max_file_size_mb` may change: what is written later is then
    written so, in a next part if need be.
    """

    __slots__ = ("_durable", "_folder", "_member_bytes", "_next", "_stream", "compression", "max_file_size_mb")

    def __init__(
        self,
        folder: Path,
        member_bytes: int,
        *,
        compression: Compression,
        max_file_size_mb: float,
        durable: bool,
    ) -> None:
        self._folder = folder
        self._member_bytes = member_bytes
        self._durable = durable
        self._stream: LineStream | None = None
        self._next = 0
        self.compression = compression
        self.max_file_size_mb = max_file_size_mb

    @property
    def written(self) -> int:
        """How many events it holds."""
        return 0 if self._stream is None else self._stream.written

    def write(self, memory: MemoryStorage) -> None:
        """Writes those of the kept events that no file holds.

        Raises:
            WriteFailedError: if that fails; the file ends with a whole member.
        """
        for seq, record in memory.unwritten(self._next):
            self._next = seq + 1
            self._begun().add(record, seq)
        if self._stream is not None:
            self._stream.close()

    def _begun(self) -> LineStream:
        if self._stream is None:
            codec = codec_of(self.compression)
            file = MemberFile(self._folder, WINDOW_STEM, codec, self.max_file_size_mb, durable=self._durable)
            self._stream = LineStream(file, self._member_bytes)
        else:
            self._stream.go_on_as(self.compression, self.max_file_size_mb)
        return self._stream
