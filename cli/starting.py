"""`admf init`: copies the starter project, which ships with the program, into a folder."""

from __future__ import annotations

import shlex
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from cli.exits import ENVIRONMENT, OK, REFUSED
from cli.render.messages import Messages
from cli.render.safe_text import visible
from cli.render.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

CONFIG = "config.yaml"


def start_project(folder: Path) -> int:
    """Writes the project into `folder`, which may exist but not hold any of its files; returns the exit code."""
    messages = Messages(quiet=False)
    if folder.exists() and not folder.is_dir():
        messages.error(f"{folder}: this is no folder; name another: admf init FOLDER")
        return REFUSED
    starter = dict(_files(files("cli") / "starter", Path()))
    taken = [path for path in starter if (folder / path).exists() or (folder / path).is_symlink()]
    if taken:
        named = ", ".join(map(str, taken))
        messages.error(f"{folder} already has {named}: nothing was written; name another folder: admf init FOLDER")
        return REFUSED
    try:
        for path, content in starter.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    except OSError as error:
        messages.error(f"{error.filename or folder}: {error.strerror or error}")
        return ENVIRONMENT
    lines = [*(visible(str(folder / path)) for path in starter), "", f"Next: {_next_command(folder)}"]
    Terminal().print(map(Text, lines))
    return OK


def _files(folder: Traversable, below: Path) -> Iterator[tuple[Path, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _files(entry, below / entry.name)
        else:
            yield below / entry.name, entry.read_bytes()


def _next_command(folder: Path) -> str:
    return shlex.join(["admf", "run", str(folder / CONFIG)])
