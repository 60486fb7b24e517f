"""The machine a run happens on: versions, memory and time, for run.json only. Nothing of it touches a result."""

from __future__ import annotations

import os
import platform
import resource
import sys
import time
from functools import cache
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("admf", "numpy", "ta-lib", "duckdb", "msgspec")
_KIB = 1024
_IMPORTED = time.perf_counter()
_START_TIME = 19
"""Its place behind the name of the program in /proc/self/stat: ticks after the machine was started. It is exact to a tick, where
a date of the start would be the boot's whole second off."""


@cache
def versions() -> dict[str, str]:
    """The versions of Python and of what results could depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}


def peak_mib() -> float:
    """The most memory held so far by this process or by the largest one it started and awaited, in MiB."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    unit = _KIB if sys.platform != "darwin" else _KIB * _KIB
    return round(max(_own_peak_kib(), children * _KIB / unit) / _KIB, 1)


def process_s() -> float:
    """Seconds since this process was started, before its first line of Python."""
    status = Path("/proc/self/stat")
    if not hasattr(time, "CLOCK_BOOTTIME") or not status.exists():
        return time.perf_counter() - _IMPORTED
    started = int(status.read_text().rpartition(")")[2].split()[_START_TIME]) / os.sysconf("SC_CLK_TCK")
    return max(time.clock_gettime(time.CLOCK_BOOTTIME) - started, time.perf_counter() - _IMPORTED)


def _own_peak_kib() -> float:
    """From /proc where there is one: what getrusage reports there includes the memory of whoever started us."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return float(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (_KIB if sys.platform == "darwin" else 1)
