"""The short-lived process that reads the larger files of a run.

DuckDB takes 90 to 170 MB that a process never gives back; here they end with the process, and the run maps the
columns this one leaves in files. Jobs come as JSON on stdin, reports go as JSON to stdout.
"""

import os
import sys

import msgspec

from engine.market.exchange import ReadJob
from engine.market.reading import read_job


def main() -> None:
    """Read the jobs of stdin and report on each, in their order."""
    # Whatever a library prints must not get into the reports.
    with os.fdopen(os.dup(1), "wb") as reports:
        os.dup2(2, 1)
        jobs = msgspec.json.decode(sys.stdin.buffer.read(), type=list[ReadJob])
        reports.write(msgspec.json.encode([read_job(job) for job in jobs]))
