"""The results folder of a run: claimed by one run at a time, written so that what is there is whole (rules S6, S10)."""

from __future__ import annotations

import fcntl
import os
import re
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

RUN_FILE = "run.json"
METRICS_FILE = "metrics.json"
_OURS = re.compile(r"metrics\.json|(events|trades|equity)(\.\d{4,})?\.jsonl(\.gz|\.zst)?")


class FolderRefusedError(ValueError):
    """The output folder cannot take this run; `holds_run` says that `--overwrite` would mend it."""

    def __init__(self, message: str, *, holds_run: bool = False) -> None:
        super().__init__(message)
        self.holds_run = holds_run


class ResultsFolder:
    """A claim on a folder for the length of a run, to be used in a `with` statement.

    Raises on entering:
        FolderRefusedError: if it holds a run and `overwrite` is not set, or anything else; if it is no folder; if another
            run is writing into it.
        OSError: if it cannot be made or written to.
    """

    def __init__(self, root: Path, *, overwrite: bool) -> None:
        self.root = root
        self._overwrite = overwrite
        self._lock = -1

    def __enter__(self) -> Self:
        """Makes the folder if need be, locks it, and clears what an earlier run left if that is asked for."""
        if self.root.exists() and not self.root.is_dir():
            raise FolderRefusedError(f"{self.root} is not a folder")
        self.root.mkdir(parents=True, exist_ok=True)
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
        os.close(self._lock)

    def write_run(self, run: dict[str, Any]) -> None:
        """Writes run.json."""
        write_json(self.root / RUN_FILE, run)

    def write_metrics(self, container_id: str, metrics: dict[str, Any]) -> None:
        """Writes the metrics.json of one container."""
        folder = self.root / container_id
        folder.mkdir(exist_ok=True)
        if folder.is_symlink():
            raise FolderRefusedError(f"{folder} is a symbolic link: refused")
        write_json(folder / METRICS_FILE, metrics)

    def _claim(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderRefusedError(f"{self.root} is in use by {self._holder()}") from error
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise PermissionError(13, "the output folder cannot be written to", str(self.root))
        entries = sorted(path.name for path in self.root.iterdir() if not path.name.startswith("."))
        if not entries:
            return
        if RUN_FILE not in entries:
            raise FolderRefusedError(f"{self.root} holds {entries[0]} and is not the results of a run")
        if not self._overwrite:
            raise FolderRefusedError(f"{self.root} holds the results of a run", holds_run=True)
        self._clear(_listed_folders(self.root / RUN_FILE))

    def _holder(self) -> str:
        try:
            held = msgspec.json.decode((self.root / RUN_FILE).read_bytes())
            return f"another run, process {int(held['pid'])}"
        except (OSError, ValueError, KeyError, TypeError):
            return "another run"

    def _clear(self, folders: Iterable[str]) -> None:
        """Deletes what run.json lists, and nothing else: files of other names and their folders stay."""
        for name in folders:
            folder = self.root / name
            if folder.is_symlink() or not folder.is_dir() or self.root.resolve() not in folder.resolve().parents:
                continue
            for path in folder.iterdir():
                if _OURS.fullmatch(path.name) and path.is_file():
                    path.unlink()
            while folder != self.root and not any(folder.iterdir()):
                folder.rmdir()
                folder = folder.parent
        (self.root / RUN_FILE).unlink()


def write_json(path: Path, data: object) -> None:
    """Writes indented JSON by way of a temporary file: `path` is the old file or the new one, always whole."""
    text = msgspec.json.format(msgspec.json.encode(data), indent=2) + b"\n"
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(text)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _listed_folders(run_file: Path) -> list[str]:
    try:
        listed = msgspec.json.decode(run_file.read_bytes())["folders"]
        return [str(name) for name in listed]
    except (ValueError, KeyError, TypeError) as error:
        raise FolderRefusedError(f"{run_file} is damaged: remove the folder by hand") from error
