"""What survives the loss of power, where that is asked for: written through to the disk (rule S6)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def sync(path: Path) -> None:
    """Waits until a file, or the names in a folder, are on the disk.

    Raises:
        OSError: if that cannot be said. What was written may then be lost, and asking again would prove nothing.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        error.filename = str(path)
        raise
    finally:
        os.close(descriptor)


def make_folder(folder: Path, *, durable: bool) -> None:
    """Makes a folder and those above it; one that is there is no error.

    Raises:
        OSError: if that fails.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing if durable else ():
        sync(made.parent)
