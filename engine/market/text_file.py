"""A CSV file made ready for reading: unpacked, fingerprinted, its header and separator found."""

import csv
import gzip
import hashlib
import itertools
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import zstandard

from engine.market.problems import refuse

_PIECE = 1 << 20
_GZIP, _ZSTD, _ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SEPARATORS = ",;\t|"


@dataclass(frozen=True, slots=True)
class TextFile:
    """A plain CSV file.

    Attributes:
        path: the file itself, or its unpacked copy.
        names: the header's column names, without outer blanks.
        separator: the character between the columns.
        header_line: line on which the header begins, from 1.
        header_lines: number of lines up to the end of the header.
    """

    path: Path
    names: Sequence[str]
    separator: str
    header_line: int
    header_lines: int


def fingerprint(path: Path) -> str:
    """SHA-256 of a file's bytes, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def plain_copy(path: Path, scratch: Path) -> Path:
    """The path of the file's text: itself, or a copy in `scratch` unpacked from gzip or zstd.

    Raises:
        FileRefused: the compressed file is damaged or cut off.
    """
    with path.open("rb") as file:
        start = file.read(len(_ZSTD))
    if not start.startswith((_GZIP, _ZSTD)):
        return path
    copy = scratch / "plain.csv"
    with path.open("rb") as packed, copy.open("wb") as plain:
        try:
            _unpack(packed, plain, zstd=start == _ZSTD)
        except (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError) as error:
            raise refuse(f"the compressed file is damaged or cut off ({error})") from None
    return copy


def _unpack(packed: IO[bytes], plain: IO[bytes], *, zstd: bool) -> None:
    if zstd:
        _unpack_frames(packed, plain)
        return
    with gzip.GzipFile(fileobj=packed) as source:
        while piece := source.read(_PIECE):
            plain.write(piece)


def _unpack_frames(packed: IO[bytes], plain: IO[bytes]) -> None:
    # Frame by frame: the library's own stream reader takes a frame that is cut off for a whole one.
    frame = zstandard.ZstdDecompressor().decompressobj()
    begun = False
    while piece := packed.read(_PIECE):
        while piece:
            plain.write(frame.decompress(piece))
            begun = not frame.eof
            piece = frame.unused_data if frame.eof else b""
            if frame.eof:
                frame = zstandard.ZstdDecompressor().decompressobj()
    if begun:
        raise EOFError("the last frame has no end")


def read_header(path: Path) -> TextFile:
    """The header of a plain CSV file: its first line that is not blank.

    Raises:
        FileRefused: the file is empty or no text.
    """
    with path.open("rb") as file:
        _check_text(file.read(_PIECE))
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        before = 0
        for line in file:
            if line.strip():
                break
            before += 1
        else:
            raise refuse("the file is empty", 1)
        separator = _separator(line)
        reader = csv.reader(itertools.chain([line], file), delimiter=separator, skipinitialspace=True, strict=True)
        try:
            names = [name.strip() for name in next(reader)]
        except csv.Error as error:
            raise refuse(f"the header cannot be read: {error}", before + 1) from None
    return TextFile(path, names, separator, before + 1, before + reader.line_num)


def _check_text(start: bytes) -> None:
    if not start:
        raise refuse("the file is empty", 1)
    if start.startswith(_ZIP):
        raise refuse("this is a zip archive or a spreadsheet; export it as CSV")
    if start.startswith(_WIDE_MARKS):
        raise refuse("the file is UTF-16; save it as UTF-8")
    if b"\0" in start:
        raise refuse("this is neither CSV text nor Parquet")


def _separator(line: str) -> str:
    bare = re.sub(r'"[^"]*"', "", line)
    return max(_SEPARATORS, key=bare.count)
