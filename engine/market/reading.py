"""The files of a run read: small texts here, the others by a process of their own."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from engine.market.exchange import ReadJob, ReadReport
from engine.market.file_kind import is_quick
from engine.market.problems import FileRefused, Flaw, absent
from engine.market.reader_call import Reader
from engine.market.text_file import fingerprint


def read_jobs(jobs: Sequence[ReadJob], reader: Reader) -> list[ReadReport]:
    """The reports on the jobs, in their order.

    Raises:
        ReaderFailed: the reading process died, for lack of memory or of disk space.
    """
    reports = {job.folder: read_job(job) for job in jobs if is_quick(Path(job.path))}
    others = [job for job in jobs if job.folder not in reports]
    if others:
        answer = msgspec.json.decode(reader.answer(msgspec.json.encode(others)), type=list[ReadReport])
        reports |= zip((job.folder for job in others), answer, strict=True)
    return [reports[job.folder] for job in jobs]


def read_job(job: ReadJob) -> ReadReport:
    """Read one file and leave its columns in the job's folder."""
    path, folder = Path(job.path), Path(job.folder)
    if not path.exists():
        return ReadReport(flaws=[Flaw(absent(path))])
    if not path.is_file():
        return ReadReport(flaws=[Flaw("this is not a file")])
    try:
        mark = fingerprint(path)
    except OSError as error:
        return ReadReport(flaws=[Flaw(f"the file cannot be read ({error.strerror})")])
    from engine.market.file_bars import read_file  # noqa: PLC0415 - a run whose files are large reads none itself

    try:
        bars = read_file(path, job.source, folder)
    except FileRefused as refusal:
        return ReadReport(flaws=refusal.flaws, more=refusal.more)
    return ReadReport(
        columns=list(bars.columns),
        fingerprint=mark,
        rows=bars.rows,
        bar_length=bars.bar_length,
        zone=bars.zone,
        dropped=dict(bars.dropped),
        notices=list(bars.notices),
    )
