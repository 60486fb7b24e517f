"""Taking files apart into whole members, with bounded memory whatever they hold (rule S7)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, BinaryIO

import zstandard

from tracing.storage.limits import LONGEST_MEMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Members = Iterator[tuple[int, bytes]]

_CHUNK = 65_536
_GZIP_FORMAT = 31
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_SHORTEST_ZSTD_HEADER = 6
_HAS_CHECKSUM = 4
_BLOCK_HEADER = 3
_RLE_BLOCK = 1
_CHECKSUM = 4


class DamagedMemberError(ValueError):
    """The rest of a file cannot be trusted from byte `offset` on."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(reason)
        self.offset = offset
        self.reason = reason


def members_of(path: Path) -> Callable[[BinaryIO], Members]:
    """What takes a file of this name apart: a function from the open file to (offset, lines) of each whole member.

    The iterator raises DamagedMemberError where the file is torn, damaged, or unlike anything a tracer writes.
    """
    return {".gz": gzip_members, ".zst": zstd_members}.get(path.suffix, plain_members)


def gzip_members(file: BinaryIO) -> Members:
    """The gzip members of a file, each yielded once its checksum is known to be right."""
    data, offset = b"", 0
    while data or (data := file.read(_CHUNK)):
        start, size = offset, 0
        inflater = zlib.decompressobj(_GZIP_FORMAT)
        pieces = []
        while not inflater.eof:
            if not data and not (data := file.read(_CHUNK)):
                raise DamagedMemberError(start, "the file ends inside a gzip member")
            pieces.append(_inflated(inflater, data, start, LONGEST_MEMBER - size))
            size += len(pieces[-1])
            rest = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            offset += len(data) - len(rest)
            data = rest
        yield start, b"".join(pieces)


def zstd_members(file: BinaryIO) -> Members:
    """The zstd frames of a file, each yielded once its checksum is known to be right."""
    data, offset = b"", 0
    while data or (data := file.read(_CHUNK)):
        while (length := _frame_length(data, offset)) is None:
            more = file.read(_CHUNK)
            if not more:
                raise DamagedMemberError(offset, "the file ends inside a zstd frame")
            data += more
            if len(data) > LONGEST_MEMBER + _CHUNK:
                raise DamagedMemberError(offset, "a zstd frame longer than any that a tracer writes")
        yield offset, _unpacked(data[:length], offset)
        offset += length
        data = data[length:]


def plain_members(file: BinaryIO) -> Members:
    """Runs of whole lines of an uncompressed file."""
    data, offset = b"", 0
    while chunk := file.read(_CHUNK):
        data += chunk
        end = data.rfind(b"\n") + 1
        if end:
            yield offset, data[:end]
            offset += end
            data = data[end:]
        elif len(data) > LONGEST_MEMBER:
            raise DamagedMemberError(offset, "a line longer than any that a tracer writes")
    if data:
        raise DamagedMemberError(offset, "the file ends inside a line")


def _inflated(inflater: zlib._Decompress, data: bytes, start: int, room: int) -> bytes:
    try:
        piece = inflater.decompress(data, room + 1)
    except zlib.error as error:
        raise DamagedMemberError(start, f"a damaged gzip member ({error})") from error
    if len(piece) > room:
        raise DamagedMemberError(start, "a gzip member larger than any that a tracer writes")
    return piece


def _frame_length(data: bytes, offset: int) -> int | None:
    """Bytes of the zstd frame that `data` begins with, None if it goes on behind `data`."""
    if not data.startswith(_ZSTD_MAGIC[: len(data)]):
        raise DamagedMemberError(offset, "not the beginning of a zstd frame")
    if len(data) < _SHORTEST_ZSTD_HEADER:
        return None
    position, last = zstandard.frame_header_size(data), False
    while not last:
        if len(data) < position + _BLOCK_HEADER:
            return None
        block = int.from_bytes(data[position : position + _BLOCK_HEADER], "little")
        last, kind, size = bool(block & 1), block >> 1 & 3, block >> 3
        position += _BLOCK_HEADER + (1 if kind == _RLE_BLOCK else size)
    length = position + (_CHECKSUM if data[len(_ZSTD_MAGIC)] & _HAS_CHECKSUM else 0)
    return length if length <= len(data) else None


def _unpacked(frame: bytes, offset: int) -> bytes:
    try:
        if zstandard.get_frame_parameters(frame).content_size > LONGEST_MEMBER:
            raise DamagedMemberError(offset, "a zstd frame of unknown size, or larger than any that a tracer writes")
        return zstandard.ZstdDecompressor().decompress(frame)
    except zstandard.ZstdError as error:
        raise DamagedMemberError(offset, f"a damaged zstd frame ({error})") from error
