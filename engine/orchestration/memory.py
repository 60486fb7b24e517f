"""How much memory a run may take: watched while it is at work, so that it ends cleanly."""

from __future__ import annotations

_MIB = 1 << 20


class MemoryLimit:
    """Compares what this process holds with `limit_mb`, in MiB; None is no limit."""

    def __init__(self, limit_mb: float | None) -> None:
        self._limit_mb = limit_mb

    def excess(self) -> str | None:
        """What to say if the process holds more than it may, None if it does not."""
        if self._limit_mb is None:
            return None
        import psutil  # noqa: PLC0415 - few runs have a limit

        held = psutil.Process().memory_info().rss / _MIB
        if held <= self._limit_mb:
            return None
        return f"out of memory: {held:,.1f} MiB are held, memory_mb allows {self._limit_mb:,g}: the run was broken off"
