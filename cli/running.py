"""`admf run`, step by step: read the config, prepare, claim the folder, simulate, report."""

from __future__ import annotations

import shlex
import sys
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cli.config_file import read_config
from cli.exits import ENVIRONMENT, FAILED, OK, REFUSED, SIGNALLED
from cli.render.messages import Messages
from cli.render.progress import progress_of
from cli.render.summary import print_dry_run, print_json, print_summary
from cli.signals import InterruptedBySignalError, Signals
from engine.config.errors import ConfigErrors, ConfigProblem
from engine.market.problems import BadData
from engine.orchestration.prepare import Prepared, prepare
from engine.orchestration.problems import PlanError
from engine.orchestration.results_folder import FolderRefusedError, ResultsFolder
from engine.orchestration.run import Outcome, Run
from engine.orchestration.worth import worthwhile_workers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from cli.config_file import LoadedConfig


_MOST_REPORTED = 20


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line; without `workers` the run decides."""

    config: Path
    environment: str | None
    assignments: tuple[str, ...]
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


class RefusedError(Exception):
    """The run is refused, for these reasons."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


def run_config(request: Request) -> int:
    """Does what was asked for; returns the exit code."""
    messages = Messages(quiet=request.quiet)
    with Signals() as signals:
        try:
            return _run(request, messages, signals)
        except BrokenPipeError:
            raise  # whoever read stdout has seen enough: typer leaves without a word
        except (RefusedError, InterruptedBySignalError, OSError, MemoryError) as error:
            if request.debug:
                traceback.print_exception(error)
            code, lines = _reason(error, signals)
        for line in lines:
            messages.error(line)
        return code


def _run(request: Request, messages: Messages, signals: Signals) -> int:
    prepared = _prepare(request, _load(request, messages), messages)
    if request.dry_run:
        if request.as_json or not request.quiet:
            print_dry_run(prepared, request.output, as_json=request.as_json)
        return OK
    try:
        with _claimed(request, prepared) as folder:
            workers = request.workers or worthwhile_workers(prepared)
            how: dict[str, int | str] = {"workers": workers, "path": request.path}
            outcome = _simulate(request, Run(prepared, folder, how, messages.warn, workers), signals)
    except FolderRefusedError as error:
        raise RefusedError(*_mended(error)) from error
    _report_failures(outcome, messages)
    if request.as_json:
        print_json(prepared, outcome, request.output)
    elif not request.quiet:
        print_summary(prepared, outcome, request.output)
    return _exit_code(outcome, signals)


def _claimed(request: Request, prepared: Prepared) -> ResultsFolder:
    durable = prepared.plan.config.results.durable
    return ResultsFolder(request.output, prepared.folders, overwrite=request.overwrite, durable=durable)


def _simulate(request: Request, run: Run, signals: Signals) -> Outcome:
    signals.on_first = run.stop
    with progress_of("none" if request.quiet else request.progress, run.standing) as progress:
        outcome = run.execute(progress.look)
    run.finish(outcome)
    if request.debug:
        sys.stderr.write("".join(outcome.traces))
    return outcome


def _load(request: Request, messages: Messages) -> LoadedConfig:
    try:
        loaded = read_config(
            request.config,
            str(request.config),
            environment=request.environment,
            assignments=request.assignments,
        )
    except ConfigErrors as error:
        raise RefusedError(*map(str, error.problems)) from error
    except OSError as error:
        raise RefusedError(f"{request.config}: {error.strerror or error}") from error
    _warn(request, messages, map(str, loaded.warnings))
    return loaded


def _prepare(request: Request, loaded: LoadedConfig, messages: Messages) -> Prepared:
    try:
        prepared = prepare(loaded.config, loaded.locations, loaded.base_folder)
    except PlanError as error:
        located = (ConfigProblem(loaded.locations.of(p.path), p.path, p.value, p.reason) for p in error.problems)
        raise RefusedError(*map(str, located)) from error
    except BadData as error:
        raise RefusedError(*map(str, error.problems)) from error
    _warn(request, messages, prepared.warnings)
    return prepared


def _warn(request: Request, messages: Messages, warnings: Iterable[str]) -> None:
    lines = list(warnings)
    if lines and request.strict:
        raise RefusedError(*(f"{line} (refused by --strict)" for line in lines))
    for line in lines:
        messages.warn(line)


def _report_failures(outcome: Outcome, messages: Messages) -> None:
    """Why the run ended before its time, and one line for each of the first containers that failed."""
    if outcome.broken_off:
        messages.error(outcome.broken_off)
    failures = list(outcome.failures.items())
    for id_, failure in failures[:_MOST_REPORTED]:
        messages.error(f"{id_} failed: {failure.splitlines()[0]}")
    if len(failures) > _MOST_REPORTED:
        messages.error(f"... and {len(failures) - _MOST_REPORTED} more: their metrics.json say why")


def _reason(error: BaseException, signals: Signals) -> tuple[int, Sequence[str]]:
    """The exit code and the words for what kept a run from ending by itself."""
    match error:
        case RefusedError():
            return REFUSED, error.reasons
        case InterruptedBySignalError():
            return SIGNALLED + (signals.received or 0), ("interrupted",)
        case OSError(filename=str(path), strerror=str(reason)):
            return ENVIRONMENT, (f"{path}: {reason}",)
        case _:
            return ENVIRONMENT, (str(error) or "out of memory",)


def _mended(error: FolderRefusedError) -> list[str]:
    if not error.holds_run:
        return [str(error)]
    return [str(error), f"to replace it: {shlex.join(['admf', *sys.argv[1:], '--overwrite'])}"]


def _exit_code(outcome: Outcome, signals: Signals) -> int:
    if outcome.status == "interrupted" and signals.received is not None:
        return SIGNALLED + signals.received
    if outcome.broken_off or outcome.environment_failed:
        return ENVIRONMENT
    return FAILED if outcome.failures else OK
