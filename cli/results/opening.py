"""Finding the results of a run in a folder, and what to say if there are none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cli.results.json_file import LARGEST_RUN, DamagedFileError, parsed, read_text
from cli.results.refusal import RefusedError
from cli.results.results import METRICS_FILE, ResultsTree, RunRecord

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

RUN_FILE = "run.json"
IMPLIED = {"execution_default": "execution", "root_container": "root"}
"""Containers that a run has without their being declared, and their types."""


def open_results(root: Path) -> ResultsTree:
    """The results in the folder `root`.

    Raises:
        RefusedError: if there is no such folder, or no run in it.
    """
    _refuse_no_run(root)
    path = root / RUN_FILE
    try:
        record = parsed(read_text(path, LARGEST_RUN), path, RunRecord)
        types = _types(record, path)
    except DamagedFileError as error:
        return ResultsTree(root, None, error, dict.fromkeys(_found(root), ""))
    left = {name: IMPLIED[name] for name in IMPLIED if name in record.folders}
    return ResultsTree(root, record, None, types | left)


def _types(record: RunRecord, path: Path) -> dict[str, str]:
    """Types by id, as declared. An id that is no folder's name would lead out of the results."""
    types = {container.id: container.type for container in record.config.containers}
    for id_ in types:
        if "/" in id_ or "\0" in id_ or id_.startswith(".") or not id_:
            raise DamagedFileError(path, f"{id_!r} cannot be the id of a container")
    return types


def _refuse_no_run(root: Path) -> None:
    if not root.exists():
        raise RefusedError(f"there is no folder {root}{meant(root)}")
    if not root.is_dir():
        raise RefusedError(f"{root} is not a folder: name the folder that a run wrote its results to")
    if not (root / RUN_FILE).exists():
        if (root / METRICS_FILE).exists() and (root.resolve().parent / RUN_FILE).exists():
            raise RefusedError(f"{root} is the folder of one container: admf inspect {root.parent} {root.name}")
        raise RefusedError(f"{root} holds no run: there is no {RUN_FILE} in it")


def meant(root: Path) -> str:
    """The command that was meant, if what was named is a container of the default results."""
    inside = root.parent / "results" / root.name
    return f"; did you mean: admf inspect {inside.parent} {root.name}" if (inside / METRICS_FILE).exists() else ""


def _found(root: Path) -> Iterable[str]:
    """The names of the folders that hold a container's results, 2 before 10."""
    return sorted((path.parent.name for path in root.glob(f"*/{METRICS_FILE}")), key=_natural)


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part) if part.isdecimal() else -1, part) for part in re.split(r"(\d+)", name)]
