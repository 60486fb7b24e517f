"""A results tree: which containers a run had, and what each of them left (rules S6, S9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec

from cli.results.container import ContainerHead, ContainerResult, ContainerSummary
from cli.results.json_file import LARGEST_METRICS, DamagedFileError, Versioned, parsed, read_text
from cli.results.refusal import RefusedError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

METRICS_FILE = "metrics.json"
ROOT = "root_container"
"""The run itself: its results stand beside those of its containers, and it is none of them."""

_Form = TypeVar("_Form", bound=ContainerHead)


class Declared(msgspec.Struct, frozen=True):
    """A container as the config of the run names it."""

    id: str
    type: str


class RunConfig(msgspec.Struct, frozen=True):
    """The part of a run's config that says who took part."""

    containers: list[Declared]


class DataSpan(msgspec.Struct, frozen=True):
    """The first and last timestamp (RFC 3339) of the bars of a data container."""

    first: str
    last: str


class RunRecord(Versioned, frozen=True):
    """What run.json says of the run as a whole. `folders` are those it writes into, event folders included.

    `pid` is the process that wrote it, 0 if that is not said.
    """

    name: str
    status: str
    folders: list[str]
    config: RunConfig
    pid: int = 0
    data: dict[str, DataSpan] = msgspec.field(default_factory=dict)


class Entry(NamedTuple):
    """A container in the table: what it came to, or the damage; neither, if the run has not come that far."""

    id: str
    type: str
    summary: ContainerSummary | None
    damage: DamagedFileError | None


@dataclass(frozen=True, slots=True)
class ResultsTree:
    """The results of one run. `types` maps container ids to types, in order of declaration, the root last.

    Without a usable run.json, `record` is None, `damage` says why, and the ids are those of the folders found.
    """

    root: Path
    record: RunRecord | None
    damage: DamagedFileError | None
    types: dict[str, str]

    @property
    def unfinished(self) -> bool:
        """Whether the run was not at its end when run.json was written: containers may have no results yet."""
        return self.record is not None and self.record.status == "running"

    def entries(self) -> Iterator[Entry]:
        """Every container with the little of it that the table shows."""
        return map(self.entry, self.types)

    def entry(self, id_: str) -> Entry:
        """The same of one container."""
        try:
            summary = self._read(id_, ContainerSummary)[0] if self.has_results(id_) else None
        except DamagedFileError as error:
            return Entry(id_, self.types[id_], None, error)
        return Entry(id_, summary.type if summary else self.types[id_], summary, None)

    def whole_result(self, id_: str) -> tuple[ContainerResult, str]:
        """All of a container's metrics.json: its meaning and its text.

        Raises:
            DamagedFileError: if it is damaged.
            RefusedError: if it is not written yet.
        """
        if not self.has_results(id_):
            raise RefusedError(f"{id_} has no results yet: the run is still at work, or was killed")
        return self._read(id_, ContainerResult)

    def result(self, id_: str) -> ContainerResult | None:
        """A container's metrics.json, None if it is not written yet.

        Raises:
            DamagedFileError: if it is damaged.
        """
        return self._read(id_, ContainerResult)[0] if self.has_results(id_) else None

    def has_results(self, id_: str) -> bool:
        """False where an unfinished run has not written a metrics.json yet; a finished run should have."""
        return not self.unfinished or (self.root / id_ / METRICS_FILE).exists()

    def known(self, id_: str) -> str:
        """`id_`, if there is such a container.

        Raises:
            RefusedError: with the nearest id, if there is none.
        """
        if id_ in self.types:
            return id_
        raise RefusedError(f"{self.root} has no container {id_!r}{nearest(id_, self.types)}")

    def _read(self, id_: str, form: type[_Form]) -> tuple[_Form, str]:
        path = self.root / id_ / METRICS_FILE
        text = read_text(path, LARGEST_METRICS)
        found = parsed(text, path, form)
        if found.container_id != id_:
            raise DamagedFileError(path, f"it holds the results of {found.container_id!r}")
        return found, text
