"""The files behind a view: those that are whole as they are, what is whole of the others in a copy (rule S7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cli.results.json_file import DamagedFileError
from cli.results.trace import event_folder
from tracing.reading.members import DamagedMemberError, members_of
from tracing.reading.parts import find_parts
from tracing.reading.reader import TraceReader

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cli.results.results import ResultsTree

_PLAIN = ".jsonl"


class Source(NamedTuple):
    """The files of one container, in order."""

    container_id: str
    paths: list[Path]


class Sources:
    """Finds the files of a tree. `damage` collects what is wrong with them; copies go to `scratch`."""

    def __init__(self, tree: ResultsTree, scratch: Path) -> None:
        self.damage: list[str] = []
        self._tree = tree
        self._scratch = scratch
        self._copies = 0

    def of(self, ids: Iterable[str], stem: str) -> list[Source]:
        """The files called `stem` of these containers; those that have none are left out."""
        found = (Source(id_, self._paths(id_, stem)) for id_ in ids)
        return [source for source in found if source.paths]

    def _paths(self, id_: str, stem: str) -> list[Path]:
        folder = self._folder(id_, stem)
        parts = find_parts(folder, stem)
        if not parts.paths or (parts.fault is None and _are_whole(folder, stem, parts.paths)):
            return parts.paths
        return [self._copy(folder, stem)]

    def _folder(self, id_: str, stem: str) -> Path:
        if stem != "events":
            return self._tree.root / id_
        try:
            return event_folder(self._tree, id_, self._tree.result(id_))
        except DamagedFileError:
            return event_folder(self._tree, id_, None)

    def _copy(self, folder: Path, stem: str) -> Path:
        """A plain file of every whole line before the first damage."""
        self._copies += 1
        path = self._scratch / f"salvaged-{self._copies}{_PLAIN}"
        reader, encode = TraceReader(folder, stem), msgspec.json.Encoder().encode
        with path.open("wb") as file:
            file.writelines(encode(event) + b"\n" for event in reader)
        if reader.damage is not None:
            self.damage.append(str(reader.damage))
        return path


def _are_whole(folder: Path, stem: str, paths: list[Path]) -> bool:
    """Whether every member of the files is there and right. Plain files have no checksums: they are read line by line."""
    if any(path.suffix == _PLAIN for path in paths):
        reader = TraceReader(folder, stem)
        return all(True for _ in reader) and reader.damage is None
    try:
        for path in paths:
            with path.open("rb") as file:
                if not all(lines.endswith(b"\n") for _, lines in members_of(path)(file)):
                    return False
    except DamagedMemberError:
        return False
    return True
