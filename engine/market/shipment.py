"""Objects on their way to another process: their columns go as places in a file that both map, everything else as a copy."""

from __future__ import annotations

import io
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.market.column_file import mapped

if TYPE_CHECKING:
    import mmap
    from pathlib import Path

    from engine.market.column_file import ColumnFile

_WORTH_MAPPING = 64
"""Values from which on an array is put into the file."""
_VALUE = 8


class _Packer(pickle.Pickler):
    def __init__(self, buffer: io.BytesIO, file: ColumnFile) -> None:
        super().__init__(buffer, pickle.HIGHEST_PROTOCOL)
        self._file = file

    def persistent_id(self, obj: object) -> tuple[int, int, str] | None:
        """Where an array stands in the file; one that does not yet is put there."""
        if not isinstance(obj, np.ndarray) or obj.itemsize != _VALUE or obj.size < _WORTH_MAPPING:
            return None
        place = self._file.place_of(obj) if obj.flags.c_contiguous else None
        if place is None:
            place = self._file.place_of(self._file.put(obj))
        return place or 0, obj.size, obj.dtype.str


class _Unpacker(pickle.Unpickler):
    def __init__(self, buffer: io.BytesIO, mapping: mmap.mmap) -> None:
        super().__init__(buffer)
        self._mapping = mapping

    def persistent_load(self, pid: Any) -> np.ndarray[Any, Any]:  # noqa: ANN401 - as pickle has it
        """The array over the mapping, read-only."""
        place, size, dtype = pid
        return np.frombuffer(self._mapping, dtype, size, place)


def packed(content: object, file: ColumnFile) -> bytes:
    """What `unpacked` makes the same objects of. The file must have a path, and every array one dimension.

    Raises:
        OSError: if an array cannot be put into the file.
    """
    buffer = io.BytesIO()
    _Packer(buffer, file).dump(content)
    return buffer.getvalue()


def unpacked(content: bytes, path: Path) -> Any:  # noqa: ANN401 - whatever was packed
    """The objects that `packed` took, their arrays read-only over the file at `path`, which this maps."""
    with path.open("rb") as file:
        mapping = mapped(file.fileno(), 0)
    return _Unpacker(io.BytesIO(content), mapping).load()
