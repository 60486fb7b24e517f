"""The ways a block of lines becomes a member of a file: gzip, zstd, or plain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import zstandard
from isal import igzip

if TYPE_CHECKING:
    from tracing.settings import Compression

_FASTEST = 1


class Codec(Protocol):
    """Makes whole, independent members."""

    suffix: str

    def member(self, lines: bytes) -> bytes:
        """The member that holds these lines: by itself, and appended to others, it is a valid file."""


class Gzip:
    """Gzip members with no time and no name in the header, so that equal lines give equal bytes (rule S5)."""

    suffix = ".jsonl.gz"

    def member(self, lines: bytes) -> bytes:
        """One gzip member."""
        compressed: bytes = igzip.compress(lines, _FASTEST, mtime=0)
        return compressed


class Zstd:
    """Zstandard frames that state their size and end in a checksum, so that damage shows."""

    suffix = ".jsonl.zst"

    def __init__(self) -> None:
        self._compressor: zstandard.ZstdCompressor | None = None

    def member(self, lines: bytes) -> bytes:
        """One zstd frame. The compressor is made at the first one: it costs more than a megabyte."""
        if self._compressor is None:
            self._compressor = zstandard.ZstdCompressor(_FASTEST, write_checksum=True, write_content_size=True)
        return self._compressor.compress(lines)


class Plain:
    """The lines as they are."""

    suffix = ".jsonl"

    def member(self, lines: bytes) -> bytes:
        """The same bytes."""
        return lines


GZIP, ZSTD, PLAIN = Gzip(), Zstd(), Plain()
"""One of each serves every file of the process: a member needs no state between calls (rule S3)."""


def codec_of(compression: Compression) -> Codec:
    """The codec a `compression` setting names: True and "gzip", "zstd", or False for plain text."""
    if compression == "zstd":
        return ZSTD
    return GZIP if compression else PLAIN
