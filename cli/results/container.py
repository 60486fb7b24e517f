"""What a container's metrics.json holds, as much of it as a question needs."""

from math import inf

import msgspec

from cli.results.json_file import Versioned
from tracing.rules import RuleRecord
from tracing.settings import TraceSettings

INFINITE = "infinite: "
"""What the note on a null begins with that stands for more than any number, as engine.metrics writes it."""

Figure = int | float | None
Notes = dict[str, int | float | str | list[str] | None]


class ContainerHead(Versioned, frozen=True):
    """Who a container is and how it ended; `error` is None unless it failed. `parameters`: those of the sweeps behind it."""

    container_id: str
    type: str
    status: str
    error: str | None = None
    parameters: dict[str, str | int | float | bool | None] = msgspec.field(default_factory=dict)


class Written(msgspec.Struct, frozen=True):
    """How many events are in the files of a trace: streamed ones, and those that were kept in memory and then written."""

    written: int
    window: int = 0

    @property
    def in_files(self) -> int:
        """Both."""
        return self.written + self.window


class Tracing(Written, frozen=True):
    """What became of a container's events and of its dynamic rules."""

    seen: int = 0
    filtered: int = 0
    kept: int = 0
    pruned: int = 0
    evicted: int = 0
    refused: int = 0
    peak_in_memory: int = 0
    started_at: str | None = None
    rules: list[RuleRecord] = []

    @property
    def counts(self) -> dict[str, int | str | None]:
        """The counts by name, in the order of metrics.json."""
        names = ("seen", "filtered", "kept", "pruned", "evicted", "refused", "written", "window", "peak_in_memory")
        return {name: getattr(self, name) for name in (*names, "started_at")}


class ContainerFigures(ContainerHead, frozen=True, kw_only=True):
    """Its metrics, and the notes on them, by name."""

    metrics: dict[str, Figure]
    metric_notes: Notes

    @property
    def figures(self) -> dict[str, Figure]:
        """The metrics to compare by: a null that stands for more than any number is infinity."""
        unlimited = (
            name for name, note in self.metric_notes.items() if isinstance(note, str) and note.startswith(INFINITE)
        )
        return {**self.metrics, **dict.fromkeys(unlimited, inf)}


class ContainerSummary(ContainerFigures, frozen=True, kw_only=True):
    """What the table of containers can show of one."""

    tracing: Written

    @property
    def net_profit(self) -> Figure:
        """What was gained in all, open positions included; of the root, the closed trades of all portfolios."""
        final, initial = self.metrics.get("final_equity"), self.metrics.get("initial_equity")
        return self.metrics.get("total_pnl") if final is None or initial is None else final - initial


class ContainerResult(ContainerFigures, frozen=True, kw_only=True):
    """All of it: metrics and notes on them by name, what became of the events, memory use, resolved trace settings."""

    tracing: Tracing
    memory_usage: dict[str, int]
    trace_settings: TraceSettings

    @property
    def written(self) -> int:
        """How many events are in the files of its trace."""
        return self.tracing.in_files
