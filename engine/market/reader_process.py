"""The short-lived process that reads the larger files of a run.

DuckDB takes 90 to 170 MB that a process never gives back; here they end with the process, and the run maps the
columns this one leaves in files. Jobs come as JSON on stdin, reports go as JSON to stdout.
"""

import os
import sys

import msgspec

import engine.market.csv_columns
import engine.market.file_bars  # noqa: F401 - both take long: done while the run still finds out what there is to read
from engine.market.exchange import ReadJob
from engine.market.reading import read_job


def main() -> None:
    """Read the jobs of stdin and report on each, in their order."""
    # Whatever a library prints must not get into the reports.
    with os.fdopen(os.dup(1), "wb") as reports:
        os.dup2(2, 1)
        question = sys.stdin.buffer.read()
        if question:  # else the run has ended without asking
            jobs = msgspec.json.decode(question, type=list[ReadJob])
            reports.write(msgspec.json.encode([read_job(job) for job in jobs]))
