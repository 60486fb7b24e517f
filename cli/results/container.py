"""What a container's metrics.json holds, as much of it as a question needs."""

from math import inf

import msgspec

from cli.results.json_file import Versioned
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
    """How many events are in the files of a trace."""

    written: int


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

    tracing: dict[str, int | str | None]
    memory_usage: dict[str, int]
    trace_settings: TraceSettings

    @property
    def written(self) -> int:
        """How many events are in the files of its trace."""
        written = self.tracing.get("written")
        return written if isinstance(written, int) else 0
