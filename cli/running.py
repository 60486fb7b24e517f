"""`admf run`, step by step: read the config, prepare, claim the folder, simulate, report."""

from __future__ import annotations

import shlex
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from cli.exits import ENVIRONMENT, FAILED, OK, REFUSED, SIGNALLED, unread_is
from cli.loading import RefusedConfigError, load, located, of_data, refused_by_strict
from cli.render.excerpt import source_line
from cli.render.messages import Messages
from cli.render.progress import progress_of
from engine.market.held_signals import HeldSignals
from engine.market.problems import BadData
from engine.orchestration.estimate import estimate
from engine.orchestration.prepare import Prepared, prepare
from engine.orchestration.problems import PlanError
from engine.orchestration.results_folder import FolderRefusedError, ResultsFolder
from engine.orchestration.worth import worthwhile_workers
from engine.users_calls import imports_kept, streams_kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cli.loading import Reason
    from cli.request import Request
    from cli.signals import Signals
    from engine.market.reader_call import Reader
    from engine.orchestration.run import Outcome, Run


_MOST_REPORTED = 20


def run_config(request: Request, signals: Signals, reader: Reader) -> int:
    """Does what was asked for; returns the exit code.

    Raises:
        InterruptedBySignalError: a signal came while there was nothing to end cleanly, or a second one.
    """
    messages = Messages(quiet=request.quiet)
    try:
        return _run(request, messages, signals, reader)
    except BrokenPipeError:
        raise  # what reads stdout has left
    except (RefusedConfigError, OSError, MemoryError) as error:
        if request.debug:
            traceback.print_exception(error)
        code, lines = _reason(error)
    for line in lines:
        messages.error(line)
    return code


def _run(request: Request, messages: Messages, signals: Signals, reader: Reader) -> int:
    kind = "none" if request.quiet or request.dry_run else request.progress
    start = Path.cwd()
    with progress_of(kind) as progress:
        prepared = _prepare(request, messages, reader)
        if request.dry_run:
            return _dry_run(request, prepared)
        with HeldSignals():
            from engine.orchestration.run import Run  # noqa: PLC0415 - by now it is there, if a process has read the data
        try:
            with _claimed(request, prepared, start) as folder:
                show = _shown(request)
                workers = request.workers or _worthwhile(prepared)
                how: dict[str, int | str] = {
                    "workers": workers,
                    "path": request.path,
                    "kernel": prepared.kernel.form,
                }
                run = Run(prepared, folder, how, messages.warn, workers)
                if kind != "none":
                    progress.follow(run.standing, _expected_mib(prepared, workers))
                signals.on_first = run.stop
                with imports_kept(), streams_kept():
                    outcome = run.execute(progress.look)
                    unwritten = _finish(run, outcome)
        except FolderRefusedError as error:
            raise RefusedConfigError(*_mended(error)) from error
    if request.debug:
        sys.stderr.write("".join(outcome.traces))
    _report_failures(outcome, messages)
    if unwritten is not None:
        raise unwritten
    code = _exit_code(outcome, signals)
    with unread_is(code):
        show(prepared, outcome, request.output)
    return code


def _shown(request: Request) -> Callable[[Prepared, Outcome, Path], None]:
    """How the end of a run is shown. It is imported before the run: what users' code does to imports cannot keep it."""
    if request.as_json:
        from cli.render.run_json import print_json  # noqa: PLC0415 - what draws tables takes long to import

        return print_json
    if request.quiet:
        return lambda *_: None
    from cli.render.summary import print_summary  # noqa: PLC0415 - as above

    return print_summary


def _worthwhile(prepared: Prepared) -> int:
    bars = {id_: len(each) for id_, each in prepared.bars.items()}
    return worthwhile_workers(prepared.plan, prepared.traces, prepared.on_kernel, bars)


def _expected_mib(prepared: Prepared, workers: int) -> float:
    return estimate(prepared.plan, prepared.traces, prepared.on_kernel, workers).memory_mb


def _dry_run(request: Request, prepared: Prepared) -> int:
    from cli.render.summary import print_dry_run  # noqa: PLC0415 - as above

    if request.as_json or not request.quiet:
        print_dry_run(prepared, request.output, as_json=request.as_json)
    return OK


def _claimed(request: Request, prepared: Prepared, start: Path) -> ResultsFolder:
    durable = prepared.plan.config.results.durable
    return ResultsFolder(request.output, prepared.folders, overwrite=request.overwrite, durable=durable, start=start)


def _finish(run: Run, outcome: Outcome) -> OSError | None:
    """Writes run.json; why that failed comes after what there is to say of the containers."""
    try:
        run.finish(outcome)
    except OSError as error:
        return error
    return None


def _prepare(request: Request, messages: Messages, reader: Reader) -> Prepared:
    """Reads the config and plans it; under `--strict`, what is only odd refuses it too."""
    loaded = load(request.config, request.environment, request.assignments)
    refusals: list[Reason] = []

    def warn(warnings: Iterable[Reason]) -> None:
        for warning in warnings:
            if request.strict:
                refusals.append(refused_by_strict(warning))
            else:
                messages.warn(warning)

    warn(loaded.warnings)
    try:
        prepared = prepare(
            loaded.config,
            loaded.locations,
            loaded.base_folder,
            reader,
            path=request.path,
            workers=request.workers,
            parameters=loaded.parameters,
        )
        warn((*prepared.warnings, *_off_the_path(request, prepared)))
    except PlanError as error:
        refusals += located(error, loaded)
    except BadData as error:
        refusals += of_data(error)
    else:
        if not refusals:
            _say_how_slow(prepared, messages)
            return prepared
    raise RefusedConfigError(*refusals)


def _say_how_slow(prepared: Prepared, messages: Messages) -> None:
    if prepared.on_kernel and prepared.kernel.reason and prepared.path != "python":
        messages.warn(f"the kernel is interpreted, which is slower: {prepared.kernel.reason}")


def _off_the_path(request: Request, prepared: Prepared) -> list[str]:
    """A line for each reason for which portfolios the kernel cannot simulate, if it was asked for."""
    reasons: dict[str, list[str]] = {}
    for id_, taken in prepared.paths.items() if request.path == "kernel" else ():
        if taken.path == "event":
            reasons.setdefault(taken.reason, []).append(id_)
    return [f"{_and_others(ids)}: simulated event by event: {reason}" for reason, ids in reasons.items()]


def _and_others(ids: Sequence[str]) -> str:
    return ids[0] if len(ids) == 1 else f"{ids[0]} and {len(ids) - 1} more"


def _report_failures(outcome: Outcome, messages: Messages) -> None:
    """Why the run ended before its time, and one line for each of the first containers that failed."""
    if outcome.broken_off:
        messages.error(outcome.broken_off)
    failures = list(outcome.failures.items())
    for id_, failure in failures[:_MOST_REPORTED]:
        first = failure.splitlines()[0]
        messages.error(f"{id_} failed: {first}", source_line(first, outcome.traces))
    if len(failures) > _MOST_REPORTED:
        messages.error(f"... and {len(failures) - _MOST_REPORTED} more: their metrics.json say why")


def _reason(error: Exception) -> tuple[int, Sequence[Reason]]:
    """The exit code and the words for what kept a run from ending by itself."""
    match error:
        case RefusedConfigError():
            return REFUSED, error.reasons
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
