"""Folders inside the results: what a `storage_path` may name, and which containers would share one (rule S8)."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_OUTPUT_ROOT = "results"
_LONGEST_NAME_BYTES = 128
_FORBIDDEN = frozenset('\\:*?"<>|')
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³")})
_OF_FILES = (".json", ".jsonl", ".gz", ".zst")


class StoragePathError(ValueError):
    """A `storage_path` that is not a folder inside the results."""


def folder_within_results(storage_path: str) -> str:
    """A `storage_path` as a folder relative to the output folder; `./results/` in front means the output folder.

    Raises:
        StoragePathError: if it is absolute, names the output folder itself or one outside it, or cannot be a folder's
            name on every system.
    """
    if storage_path.startswith("/"):
        raise StoragePathError("must be relative to the output folder")
    names = [name for name in storage_path.split("/") if name not in {"", "."}]
    if names[:1] == [_OUTPUT_ROOT]:
        names = names[1:]
    if not names:
        raise StoragePathError("must name a folder inside the output folder")
    for name in names:
        _check(name)
    return "/".join(names)


def shared_folders(folders: Mapping[str, str]) -> list[tuple[str, str]]:
    """Pairs of containers, in the order given, the second of which would write into the first's folder, or below it.

    `folders` maps each container id to the folder its events go to. A container's own id is taken whether or not it writes
    there. Folders that some file system takes for one are one (`same_folder`).
    """
    owners: dict[tuple[str, ...], str] = {(same_folder(id_),): id_ for id_ in folders}
    places = {id_: tuple(map(same_folder, folder.split("/"))) for id_, folder in folders.items()}
    pairs = []
    for id_, place in places.items():
        if (owner := owners.setdefault(place, id_)) != id_:
            pairs.append((owner, id_))
    for id_, place in places.items():
        above = (owners.get(place[:depth], id_) for depth in range(1, len(place)))
        pairs += [(owner, id_) for owner in above if owner != id_]
    return pairs


def same_folder(name: str) -> str:
    """What two names have in common if some file system keeps them in one folder.

    Neither case nor Unicode form counts, nor do dots and blanks at the end.
    """
    folded = unicodedata.normalize("NFC", name).casefold()
    return unicodedata.normalize("NFC", folded).rstrip(". ")


def is_device(name: str) -> bool:
    """Whether Windows takes the name for a device, whatever stands behind its first dot."""
    return same_folder(name).partition(".")[0] in _DEVICES


def _check(name: str) -> None:
    if name.startswith("."):
        raise StoragePathError(f"{name!r}: a folder's name does not start with a dot")
    if len(name.encode()) > _LONGEST_NAME_BYTES:
        raise StoragePathError(f"a folder's name has at most {_LONGEST_NAME_BYTES} bytes")
    if strange := next((letter for letter in name if not letter.isprintable() or letter in _FORBIDDEN), None):
        raise StoragePathError(f"a folder's name cannot hold {strange!a}")
    if is_device(name):
        raise StoragePathError(f"{name!r} is the name of a device on Windows")
    if same_folder(name).endswith(_OF_FILES):
        raise StoragePathError(f"{name!r} may be the name of a file that the run writes")
