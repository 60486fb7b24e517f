"""The files behind a view: large ones where they stand, small and damaged ones gathered in one (rule S7).

DuckDB takes milliseconds to open a file, so a thousand small ones are read from a single copy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from cli.results.json_file import DamagedFileError
from cli.results.trace import event_folder, trace_of
from tracing.reading.members import DamagedMemberError, members_of
from tracing.reading.parts import Parts, find_parts
from tracing.reading.reader import Damage
from tracing.storage.compression import codec_of
from tracing.storage.window import WINDOW_STEM

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from cli.results.results import ResultsTree
    from cli.results.trace import Extent, Trace

_SMALL = 256 * 1024
_PLAIN = ".jsonl"
_TOGETHER = 1_000
_NO_PARTS = Parts([], None)


@dataclass(slots=True)
class Found:
    """The lines of some containers: `owners` says whose each file is; in `gathered` each line begins with its container_id."""

    ids: set[str] = field(default_factory=set)
    owners: list[tuple[Path, str]] = field(default_factory=list)
    gathered: Path | None = None


class Sources:
    """Finds the files of a tree. `damage` collects what is wrong with them; copies go to `scratch`.

    `extents`: what is not there of the events of containers that kept only some of them.
    """

    def __init__(self, tree: ResultsTree, scratch: Path) -> None:
        self.damage: list[str] = []
        self.extents: dict[str, Extent] = {}
        self._tree = tree
        self._scratch = scratch
        self._compress = codec_of(compression=True).member
        self._copies = 0

    def of(self, ids: Iterable[str], stem: str) -> Found:
        """The files called `stem` of these containers, as far as they are whole; those that have none are left out."""
        found = Found()
        for id_ in ids:
            folder = self._folder(id_, stem)
            parts = find_parts(folder, stem)
            if stem == "events" and (window := find_parts(folder, WINDOW_STEM)) != _NO_PARTS:
                trace = trace_of(self._tree, id_)
                self.extents |= {id_: extent} if (extent := trace.extent) is not None else {}
                if parts != _NO_PARTS:
                    found.ids.add(id_)
                    self._gather(found, id_, self._merged_lines(trace))
                    continue
                parts = window
            if parts == _NO_PARTS:
                continue
            found.ids.add(id_)
            if sum(path.stat().st_size for path in parts.paths) > _SMALL and _are_whole(parts):
                found.owners += [(path, id_) for path in parts.paths]
            else:
                self._gather(found, id_, self._whole_lines(folder, parts))
        return found

    def _folder(self, id_: str, stem: str) -> Path:
        if stem != "events":
            return self._tree.root / id_
        try:
            return event_folder(self._tree, id_, self._tree.result(id_))
        except DamagedFileError:
            return event_folder(self._tree, id_, None)

    def _gather(self, found: Found, id_: str, runs: Iterator[bytes]) -> None:
        if found.gathered is None:
            self._copies += 1
            found.gathered = self._scratch / f"lines-{self._copies}.jsonl.gz"
            found.gathered.write_bytes(self._compress(b""))  # DuckDB takes no file without a member
        head = b'{"container_id":%b,' % msgspec.json.encode(id_)
        with found.gathered.open("ab") as file:
            for lines in runs:
                owned = head + lines[1:-1].replace(b"\n{", b"\n" + head) + b"\n"
                file.write(self._compress(owned))

    def _merged_lines(self, trace: Trace) -> Iterator[bytes]:
        """The lines of streamed and kept events in the order in which they came."""
        events = iter(trace)
        while some := list(islice(events, _TOGETHER)):
            yield b"".join(msgspec.json.encode(event) + b"\n" for event in some)
        self.damage += [trace.fault] if trace.fault else []

    def _whole_lines(self, folder: Path, parts: Parts) -> Iterator[bytes]:
        """Runs of whole lines up to the first damage, which is noted."""
        count, path = 0, folder
        try:
            for path in parts.paths:
                for lines in _members(path):
                    yield lines
                    count += lines.count(b"\n")
        except DamagedMemberError as error:
            self.damage.append(str(Damage(str(path), error.offset, error.reason, count)))
        else:
            if parts.fault is not None:
                self.damage.append(str(Damage(str(folder), 0, parts.fault, count)))


def _are_whole(parts: Parts) -> bool:
    """Whether every member of the files is there and right."""
    try:
        return parts.fault is None and all(True for path in parts.paths for _ in _members(path))
    except DamagedMemberError:
        return False


def _members(path: Path) -> Iterator[bytes]:
    """The lines of each whole member. A plain file has no checksums, so there each line is read.

    Raises:
        DamagedMemberError: where the file is damaged.
    """
    with path.open("rb") as file:
        for offset, lines in members_of(path)(file):
            if not lines.endswith(b"\n"):
                raise DamagedMemberError(offset, "a member ends inside a line")
            if path.suffix == _PLAIN:
                _check_lines(offset, lines)
            yield lines


def _check_lines(offset: int, lines: bytes) -> None:
    try:
        for line in lines.splitlines():
            msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DamagedMemberError(offset, f"a line is no event ({error})") from error
