"""Folders inside the results: what a `storage_path` may name, and who would share one (rule S8)."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_OUTPUT_ROOT = "results"
_LONGEST_NAME_BYTES = 128
_FORBIDDEN = frozenset('\\:*?"<>|')


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
    """Pairs of containers, in the order given, the later of which would write into the earlier's folder.

    `folders` maps each container id to the folder its events go to. Folders that differ in case or Unicode form only are
    the same on some systems; and a container's own id is taken whether or not it writes there.
    """
    owners = {_folded(container_id): container_id for container_id in folders}
    pairs = []
    for container_id, folder in folders.items():
        owner = owners.setdefault(_folded(folder), container_id)
        if owner != container_id:
            pairs.append((owner, container_id))
    return pairs


def _check(name: str) -> None:
    if name.startswith("."):
        raise StoragePathError(f"{name!r}: a folder's name does not start with a dot")
    if len(name.encode()) > _LONGEST_NAME_BYTES:
        raise StoragePathError(f"a folder's name has at most {_LONGEST_NAME_BYTES} bytes")
    if strange := next((letter for letter in name if not letter.isprintable() or letter in _FORBIDDEN), None):
        raise StoragePathError(f"a folder's name cannot hold {strange!a}")


def _folded(folder: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", folder).casefold())
