"""Files that are chains of whole members: each appended by one write, none held open (rules S1, S3, S4)."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from tracing.storage.durable import make_folder, sync

if TYPE_CHECKING:
    from pathlib import Path

    from tracing.storage.compression import Codec

BYTES_PER_MB = 1_000_000
_FLAGS = os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_READABLE = 0o666


class WriteFailedError(OSError):
    """A member could not be written; what the file held before is untouched."""

    def __init__(self, cause: OSError, path: Path) -> None:
        free = f"; {shutil.disk_usage(path.parent).free:,} bytes free" if path.parent.is_dir() else ""
        super().__init__(cause.errno, f"{cause.strerror or cause}{free}", str(path))

    def __str__(self) -> str:
        """The file, and why."""
        return f"{self.filename}: {self.strerror}"


class ForeignWriteError(OSError):
    """The file is not as long as we left it: somebody else's bytes are not ours to cut away."""


class MemberFile:
    """Appends members to `<stem>.jsonl.gz` in a folder, going on in `<stem>.0001.jsonl.gz` before a file grows too big.

    The folder is made with the first member. No file is bigger than `max_file_size_mb`: lines whose member would be are
    packed as several. Another codec, too, goes on in a next file. What is written `durable` is on the disk when `append` returns. `path` is the file
    the last member went to, or the first one will.
    """

    __slots__ = ("_durable", "_folder", "_max_bytes", "_part", "_size", "_stem", "codec", "path")

    def __init__(
        self, folder: Path, stem: str, codec: Codec, max_file_size_mb: float, *, durable: bool = False
    ) -> None:
        self._folder = folder
        self._stem = stem
        self.codec = codec
        self._max_bytes = max_file_size_mb * BYTES_PER_MB
        self._part = 0
        self._size = 0
        self._durable = durable
        self.path = self._path_of_part()

    def go_on_as(self, codec: Codec, max_file_size_mb: float) -> None:
        """Writes later members with another codec, or up to another size of file."""
        if self._size and codec is not self.codec:
            self._next_part()
        self.codec = codec
        self.path = self._path_of_part()
        self._max_bytes = max_file_size_mb * BYTES_PER_MB

    def packed(self, lines: bytes) -> list[tuple[bytes, int]]:
        """The lines as one member or, where a file could not hold that, as several; each with the number of its lines.

        Raises:
            WriteFailedError: if a file cannot hold one of the lines alone.
        """
        member = self.codec.member(lines)
        if len(member) <= self._max_bytes:
            return [(member, lines.count(b"\n"))]
        last = len(lines) - 1
        middle = lines.find(b"\n", last // 2, last) + 1 or lines.rfind(b"\n", 0, last) + 1
        if not middle:
            reason = f"an event of {len(member):,} bytes, where max_file_size_mb allows {self._max_bytes:,.0f}"
            raise WriteFailedError(OSError(errno.EFBIG, reason), self.path)
        return [*self.packed(lines[:middle]), *self.packed(lines[middle:])]

    def append(self, member: bytes) -> None:
        """Writes a member.

        Raises:
            WriteFailedError: if that fails or only part of it could be written; the file then ends as it did before.
        """
        if self._size and self._size + len(member) > self._max_bytes:
            self._next_part()
        try:
            self._write(self.path, member)
        except OSError as error:
            raise WriteFailedError(error, self.path) from error
        self._size += len(member)

    def _next_part(self) -> None:
        self._part += 1
        self._size = 0
        self.path = self._path_of_part()

    def _path_of_part(self) -> Path:
        part = f".{self._part:04d}" if self._part else ""
        return self._folder / f"{self._stem}{part}{self.codec.suffix}"

    def _write(self, path: Path, member: bytes) -> None:
        if self._size == 0:
            self._make_folder()
        descriptor = os.open(path, _FLAGS | (0 if self._size else os.O_CREAT | os.O_EXCL), _READABLE)
        try:
            self._append_and_close(descriptor, member)
            if self._durable and self._size == 0:
                sync(self._folder)
        except ForeignWriteError:
            raise
        except OSError:
            self._cut_back(path)
            raise

    def _append_and_close(self, descriptor: int, member: bytes) -> None:
        try:
            _append_whole(descriptor, member, self._size)
            if self._durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _cut_back(self, path: Path) -> None:
        """Has the file end as it did before. If that fails too, its tail is torn, which readers bear."""
        with suppress(OSError):
            if self._size:
                os.truncate(path, self._size)
            else:
                path.unlink()

    def _make_folder(self) -> None:
        make_folder(self._folder, durable=self._durable)
        if self._folder.is_symlink():
            raise OSError(errno.ELOOP, "refused: the folder is a symbolic link", str(self._folder))


def _append_whole(descriptor: int, member: bytes, size: int) -> None:
    """One write, to a file that is `size` bytes long."""
    if os.fstat(descriptor).st_size != size:
        raise ForeignWriteError(errno.EBUSY, "somebody else has written to this file")
    written = os.write(descriptor, member)
    if written != len(member):
        raise OSError(errno.ENOSPC, f"only {written} of {len(member)} bytes could be written")
