"""The short-lived process that reads all files of a run.

DuckDB takes 90 to 170 MB that a process never gives back; here they end with the process, and the run maps the
columns this one leaves in files. Jobs come as JSON on stdin, reports go as JSON to stdout.
"""

import os
import sys
from pathlib import Path

import msgspec

from engine.market.exchange import ReadJob, ReadReport
from engine.market.file_bars import read_file
from engine.market.problems import FileRefused, Flaw, absent
from engine.market.text_file import fingerprint


def main() -> None:
    """Read the jobs of stdin and report on each, in their order."""
    # Whatever a library prints must not get into the reports.
    with os.fdopen(os.dup(1), "wb") as reports:
        os.dup2(2, 1)
        jobs = msgspec.json.decode(sys.stdin.buffer.read(), type=list[ReadJob])
        reports.write(msgspec.json.encode([read_job(job) for job in jobs]))


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
