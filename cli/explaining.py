"""`admf explain`, step by step: read the config, plan it, choose containers, print. Nothing is run, read or written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cli.answering import answered
from cli.asked import chosen
from cli.exits import OK
from cli.loading import RefusedConfigError, load, located, refused_by_strict
from cli.render.explanation import as_data, explained
from cli.render.terminal import Terminal
from engine.orchestration.explanation import explain
from engine.orchestration.problems import PlanError

if TYPE_CHECKING:
    from pathlib import Path

    from cli.config_file import LoadedConfig
    from cli.render.messages import Messages
    from engine.orchestration.explanation import Explanation


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line; `container_id` may be a pattern."""

    config: Path
    environment: str | None
    assignments: tuple[str, ...]
    container_id: str | None
    workers: int | None
    path: str
    strict: bool
    as_json: bool


def explain_config(request: Request) -> int:
    """Prints what was asked for; returns the exit code."""
    return answered(partial(_explain, request))


def _explain(request: Request, messages: Messages) -> int:
    loaded = load(request.config, request.environment, request.assignments)
    explanation = _planned(loaded, request)
    warnings = [*loaded.warnings, *explanation.warnings]
    if warnings and request.strict:
        raise RefusedConfigError(*map(refused_by_strict, warnings))
    ids = chosen(request.container_id, list(explanation.plan.containers))
    terminal = Terminal()
    if request.as_json:
        terminal.print_value(as_data(explanation, ids, [*map(str, warnings)]))
        return OK
    terminal.print(explained(explanation, ids, terminal.width, whole=request.container_id is None))
    for warning in warnings:
        messages.warn(warning)
    return OK


def _planned(loaded: LoadedConfig, request: Request) -> Explanation:
    try:
        return explain(loaded.config, loaded.locations, loaded.base_folder, path=request.path, workers=request.workers)
    except PlanError as error:
        raise RefusedConfigError(*located(error, loaded)) from error
