"""Watching a run that is at work: what its containers have come to, as often as that changes (rule S12)."""

from __future__ import annotations

from time import sleep
from typing import TYPE_CHECKING, NamedTuple

import psutil

from cli.results.opening import RUN_FILE, meant, open_results
from cli.results.results import METRICS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.results.results import ResultsTree

_BETWEEN_LOOKS_S = 0.25
PATIENCE_S = 60
"""How long a run is waited for that has not begun: it reads its data before it makes its folder."""
_CLOCK_SLACK_S = 2.0

Version = tuple[int, int, int]
"""What is different once a file has been replaced."""


class Look(NamedTuple):
    """The results as they are now, and the ids of the containers whose results are new since the last look."""

    tree: ResultsTree
    changed: list[str]


def has_begun(root: Path) -> bool:
    """Whether there is anything in the folder `root`, or another was meant: if that is no run, none will begin there."""
    if not root.exists():
        return bool(meant(root))
    return not (root.is_dir() and all(path.name.startswith(".") for path in root.iterdir()))


def wait_for(root: Path) -> None:
    """Returns when a run has begun in the folder `root`, or after a while."""
    for _ in range(round(PATIENCE_S / _BETWEEN_LOOKS_S)):
        if has_begun(root):
            return
        sleep(_BETWEEN_LOOKS_S)


def follow(root: Path, container_id: str | None) -> Iterator[Look]:
    """A look whenever there is something new, the first and the last one always, until the run has ended or is dead.

    With `container_id` the others do not count as something new.

    Raises:
        RefusedError: if there is no run, or no such container.
    """
    tree, version = open_results(root), _version(root / RUN_FILE)
    watched = list(tree.types) if container_id is None else [tree.known(container_id)]
    seen: dict[str, Version] = {}
    while True:
        at_work, now = is_at_work(tree), _version(root / RUN_FILE)
        if now != version:  # it may have ended between the two
            tree, version = open_results(root), now
            at_work = is_at_work(tree)
        is_first, changed = not seen, _changed(root, watched, seen)
        if is_first or changed or not at_work:
            yield Look(tree, changed)
        if not at_work:
            return
        sleep(_BETWEEN_LOOKS_S)


def is_at_work(tree: ResultsTree) -> bool:
    """Whether the process that writes these results is alive on this machine.

    Numbers of processes are used again: one that began after run.json was written is another.
    """
    if tree.record is None or not tree.unfinished:
        return False
    try:
        process = psutil.Process(tree.record.pid)
        began, status = process.create_time(), process.status()
        written = (tree.root / RUN_FILE).stat().st_mtime
    except (psutil.Error, OSError, ValueError):
        return False
    return status != psutil.STATUS_ZOMBIE and began <= written + _CLOCK_SLACK_S


def _changed(root: Path, ids: list[str], seen: dict[str, Version]) -> list[str]:
    changed = []
    for id_ in ids:
        version = _version(root / id_ / METRICS_FILE)
        if version is not None and seen.get(id_) != version:
            seen[id_] = version
            changed.append(id_)
    return changed


def _version(path: Path) -> Version | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
