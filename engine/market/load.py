"""All market data of a run: every file read once, the large ones in a process that ends before the run begins."""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.market.bars import COLUMNS, Bars
from engine.market.column_file import ColumnFile, release_pages
from engine.market.exchange import ReadJob, ReadReport
from engine.market.growing import moved_columns
from engine.market.problems import BadData, DataProblem
from engine.market.reader_call import Reader
from engine.market.reading import read_jobs
from engine.market.source_checks import check_source
from engine.market.sources import FileSource, Source
from engine.market.synthetic import synthetic_bars


@dataclass(frozen=True, slots=True)
class DataRequest:
    """A data container's wish: its source, the folder relative paths start at, and where the config states it."""

    container_id: str
    source: Source
    base_folder: Path
    config_location: str


@dataclass(frozen=True, slots=True)
class LoadedData:
    """The bars of each data container by its id, and remarks for the user, one line each."""

    bars: Mapping[str, Bars]
    warnings: Sequence[str]


def load_bars(
    requests: Sequence[DataRequest], *, seed: int, reader: Reader | None = None, file: ColumnFile | None = None
) -> LoadedData:
    """The bars that each request asks for; requests for the same share one Bars, and all their columns one file.

    Args:
        requests: one for each data container.
        seed: the run's seed, for synthetic sources without one of their own.
        reader: the reading process, where it may have been started already.
        file: where the columns are put; without it one of their own.

    Raises:
        BadData: a source or a file cannot be used; all problems of all of them together.
        ReaderFailed: the reading process died, for lack of memory or of disk space.
        OSError: the columns cannot be written.
    """
    problems = [problem for request in requests for problem in _source_problems(request)]
    if problems:
        raise BadData(problems)
    distinct = {_key(request): request for request in reversed(requests)}
    ordered = {key: distinct[key] for key in map(_key, requests)}
    of_files = {key: request for key, request in ordered.items() if isinstance(request.source, FileSource)}
    file = file or ColumnFile()
    with reader or Reader() as asked:
        loaded = _from_files(of_files, asked, file)
    bars = dict(loaded.bars)
    bars.update({key: _made(request, seed, file) for key, request in ordered.items() if key not in bars})
    release_pages()
    return LoadedData({request.container_id: bars[_key(request)] for request in requests}, loaded.warnings)


def _key(request: DataRequest) -> str:
    """What two requests have in common if they ask for the same bars."""
    return f"{request.base_folder.absolute()}\n{msgspec.json.encode(request.source).decode()}"


def _source_problems(request: DataRequest) -> list[DataProblem]:
    source = request.source
    name = source.path if isinstance(source, FileSource) else "synthetic"
    return [
        DataProblem(name, None, None, f"{key}: {reason}", request.config_location)
        for key, reason in check_source(source)
    ]


def _made(request: DataRequest, seed: int, file: ColumnFile) -> Bars:
    if isinstance(request.source, FileSource):
        raise TypeError("a file is read, not made")
    try:
        return synthetic_bars(request.source, seed, file=file)
    except ValueError as error:
        raise BadData([DataProblem("synthetic", None, None, str(error), request.config_location)]) from None


def _from_files(requests: Mapping[str, DataRequest], reader: Reader, file: ColumnFile) -> LoadedData:
    """The bars of file sources under the keys of their requests."""
    if not requests:
        return LoadedData({}, [])
    folder = Path(tempfile.mkdtemp(prefix="admf-columns-"))
    try:
        jobs = [_job(request, folder / str(index)) for index, request in enumerate(requests.values())]
        reports = read_jobs(jobs, reader)
        problems = [
            problem
            for job, report, request in zip(jobs, reports, requests.values(), strict=True)
            for problem in _file_problems(job, report, request.config_location)
        ]
        if problems:
            raise BadData(problems)
        bars = {key: _bars(job, report, file) for key, job, report in zip(requests, jobs, reports, strict=True)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    warnings = [
        f"{job.source.path}: {notice}" for job, report in zip(jobs, reports, strict=True) for notice in report.notices
    ]
    return LoadedData(bars, list(dict.fromkeys(warnings)))


def _job(request: DataRequest, folder: Path) -> ReadJob:
    if not isinstance(request.source, FileSource):
        raise TypeError("only files are read by the reading process")
    folder.mkdir()
    path = request.base_folder.absolute() / request.source.path
    return ReadJob(path=str(path), source=request.source, folder=str(folder))


def _file_problems(job: ReadJob, report: ReadReport, location: str) -> list[DataProblem]:
    path = job.source.path
    problems = [DataProblem(path, flaw.line, flaw.column, flaw.reason, location) for flaw in report.flaws]
    if report.more:
        problems.append(DataProblem(path, None, None, f"... and {report.more} more bad rows", ""))
    return problems


def _bars(job: ReadJob, report: ReadReport, file: ColumnFile) -> Bars:
    timestamps, columns = moved_columns(Path(job.folder), report.columns, file)
    return Bars(
        symbol=job.source.symbol,
        timestamps=timestamps,
        open=columns["open"],
        high=columns["high"],
        low=columns["low"],
        close=columns["close"],
        volume=columns["volume"],
        extras={name: values for name, values in columns.items() if name not in COLUMNS},
        source_name=Path(job.path).name,
        fingerprint=report.fingerprint,
        dropped=report.dropped,
        bar_length=report.bar_length,
        rows=report.rows,
        zone=report.zone,
    )
