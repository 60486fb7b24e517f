"""What `admf run` was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from engine.config.assignments import Assignment


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line; without `workers` the run decides."""

    config: Path
    environment: str | None
    assignments: tuple[str | Assignment, ...]
    output: Path
    overwrite: bool
    strict: bool
    dry_run: bool
    as_json: bool
    quiet: bool
    progress: str
    debug: bool
    workers: int | None
    path: str
