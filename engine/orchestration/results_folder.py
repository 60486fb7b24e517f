"""The results folder of a run: claimed by one run at a time, written so that what is there is whole (rules S6, S10)."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tracing.storage.durable import make_folder, sync
from tracing.storage.members import WriteFailedError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Self

RUN_FILE = "run.json"
METRICS_FILE = "metrics.json"
SPOOLS = ".spools"
"""Folder of what lanes bring to shared containers, until that is merged (rule Z2)."""

_OURS = re.compile(r"metrics\.json|(events(\.window)?|trades|equity)(\.\d{4,})?\.jsonl(\.gz|\.zst)?")
_LEFT_BEHIND = re.compile(r"\.(run|metrics)\.json\.\d+")
"""A temporary file of a run that was killed while it wrote."""


class FolderRefusedError(ValueError):
    """The output folder cannot take this run; `holds_run` says that `--overwrite` would mend it."""

    def __init__(self, message: str, *, holds_run: bool = False) -> None:
        super().__init__(message)
        self.holds_run = holds_run


class ResultsFolder:
    """A claim on a folder for the length of a run, to be used in a `with` statement.

    `folders` are those inside `root` that the run may write into, relative to it. A relative `root` begins at `start`, where the process
    stood in the beginning: users' code may go elsewhere. With `durable`, what is written survives the loss of power (rule S6).

    Raises on entering:
        FolderRefusedError: if it holds a run and `overwrite` is not set, or anything else; if it is no folder; if another
            run is writing into it; if one of `folders` leads elsewhere or holds results that no run wrote here.
        OSError: if it cannot be made or written to.
    """

    def __init__(
        self,
        root: Path,
        folders: Iterable[str],
        *,
        overwrite: bool,
        durable: bool = False,
        start: Path | None = None,
    ) -> None:
        self._start = start or Path.cwd()
        self.root = self._start / root
        self._named = root
        self._folders = tuple(folders)
        self._overwrite = overwrite
        self._durable = durable
        self._lock = -1

    def __enter__(self) -> Self:
        """Makes the folder if need be, locks it, and clears what an earlier run left if that is asked for."""
        nearest = next(path for path in (self._named, *self._named.parents) if os.path.lexists(self._start / path))
        if not (self._start / nearest).is_dir():
            raise FolderRefusedError(f"{nearest} is not a folder")
        make_folder(self.root, durable=self._durable)
        self._lock = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self._claim()
        except BaseException:
            os.close(self._lock)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Lets go of the lock, which leaves no file behind."""
        with suppress(OSError):  # nothing was written through it
            os.close(self._lock)

    def write_run(self, run: dict[str, Any]) -> None:
        """Writes run.json."""
        write_json(self.root / RUN_FILE, run, durable=self._durable)

    def _claim(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderRefusedError(f"{self._named} is in use by {self._holder()}") from error
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise PermissionError(13, "the output folder cannot be written to", str(self.root))
        entries = sorted(path.name for path in self.root.iterdir() if not path.name.startswith("."))
        if not entries:
            return
        if RUN_FILE not in entries:
            raise FolderRefusedError(f"{self._named} holds {entries[0]} and is not the results of a run")
        if not self._overwrite:
            raise FolderRefusedError(f"{self._named} holds the results of a run", holds_run=True)
        listed = _listed_folders(self.root / RUN_FILE)
        self._refuse_foreign(set(listed))
        self._clear(listed)

    def _holder(self) -> str:
        try:
            held = msgspec.json.decode((self.root / RUN_FILE).read_bytes())
            return f"another run, process {int(held['pid'])}"
        except (OSError, ValueError, KeyError, TypeError):
            return "another run"

    def _refuse_foreign(self, listed: set[str]) -> None:
        """Refuses to write through symbolic links, and over results that the run found here did not write."""
        root = self.root.resolve()
        for name in self._folders:
            folder = root / name
            if folder.resolve() != folder:
                raise FolderRefusedError(f"{self._named / name} is a symbolic link, or lies behind one")
            nearest = next(path for path in (folder, *folder.parents) if path.exists())
            if not nearest.is_dir():
                raise FolderRefusedError(f"{self._named / nearest.relative_to(root)} is in the way: it is not a folder")
            if name not in listed and nearest == folder and (theirs := _results_in(folder)):
                raise FolderRefusedError(f"{self._named / name / theirs[0].name} is in the way: no run wrote it here")

    def _clear(self, folders: Iterable[str]) -> None:
        """Deletes what run.json lists, and nothing else: files of other names and their folders stay."""
        root = self.root.resolve()
        clear_results(root, folders)
        shutil.rmtree(root / SPOOLS, ignore_errors=True)
        for path in root.iterdir():
            if _LEFT_BEHIND.fullmatch(path.name):
                path.unlink()
        (root / RUN_FILE).unlink()


def clear_results(root: Path, folders: Iterable[str]) -> None:
    """Deletes a run's files from these folders below `root`, and the folders that are then empty."""
    root = root.resolve()
    for name in folders:
        folder = root / name
        if folder.resolve() == folder and root in folder.parents and folder.is_dir():
            for path in _results_in(folder):
                path.unlink()
            _remove_empty(folder, root)


def write_metrics(root: Path, container_id: str, metrics: dict[str, Any], *, durable: bool = False) -> None:
    """Writes the metrics.json of one container into its folder below `root`; raises what `write_json` raises."""
    write_json(root / container_id / METRICS_FILE, metrics, durable=durable)


def json_text(data: object) -> bytes:
    """The bytes of a JSON file of a results tree."""
    return msgspec.json.format(msgspec.json.encode(data), indent=2) + b"\n"


def write_json(path: Path, data: object, *, durable: bool = False) -> None:
    """Writes indented JSON by way of a temporary file: `path` is the old file or the new one, always whole.

    Its folder is made if need be.

    Raises:
        WriteFailedError: if that fails.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        make_folder(path.parent, durable=durable)
        temporary.write_bytes(json_text(data))
        if durable:
            sync(temporary)
        temporary.replace(path)
        if durable:
            sync(path.parent)
    except OSError as error:
        raise WriteFailedError(error, path) from error
    finally:
        with suppress(OSError):  # it is gone already, unless something went wrong
            temporary.unlink()


def _results_in(folder: Path) -> list[Path]:
    """The files of a folder that bear the names of a run's files, sorted."""
    files = (path for path in folder.iterdir() if _OURS.fullmatch(path.name) or _LEFT_BEHIND.fullmatch(path.name))
    return sorted(path for path in files if path.is_file())


def _remove_empty(folder: Path, root: Path) -> None:
    """Removes the folder, and those between it and `root`, as far as nothing is in them."""
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _listed_folders(run_file: Path) -> list[str]:
    try:
        listed = msgspec.json.decode(run_file.read_bytes())["folders"]
        return [str(name) for name in listed]
    except (ValueError, KeyError, TypeError) as error:
        raise FolderRefusedError(f"{run_file} is damaged: remove the folder by hand") from error
