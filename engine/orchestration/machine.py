"""The machine a run happens on: versions, memory and time, for run.json only. Nothing of it touches a result."""

from __future__ import annotations

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
_USED_BEFORE = time.process_time()
"""Processor seconds from the start of the process to the import of this module: interpreter and imports do little but compute."""


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
    """Seconds since Python was started in this process.

    The process itself can be older: a shell that has done other work may become it, as with
    `bash -c "pip install admf && admf run config.yaml"`.
    """
    return _USED_BEFORE + time.perf_counter() - _IMPORTED


def _own_peak_kib() -> float:
    """From /proc where there is one: what getrusage reports there includes the memory of whoever started us."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return float(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (_KIB if sys.platform == "darwin" else 1)
