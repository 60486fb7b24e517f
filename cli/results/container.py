"""What a container's metrics.json holds, as much of it as a question needs."""

import msgspec

from cli.results.json_file import Versioned
from tracing.settings import TraceSettings

Figure = int | float | None


class ContainerHead(Versioned, frozen=True):
    """Who a container is and how it ended; `error` is None unless it failed."""

    container_id: str
    type: str
    status: str
    error: str | None = None


class TableFigures(msgspec.Struct, frozen=True):
    """The metrics that the table shows; None where the container has no such metric."""

    total_trades: Figure = None
    win_rate: Figure = None
    total_pnl: Figure = None
    initial_equity: Figure = None
    final_equity: Figure = None
    total_return: Figure = None
    max_drawdown: Figure = None
    sharpe: Figure = None

    @property
    def net_profit(self) -> Figure:
        """What was gained in all, open positions included; of the root, the closed trades of all portfolios."""
        if self.final_equity is None or self.initial_equity is None:
            return self.total_pnl
        return self.final_equity - self.initial_equity


class Written(msgspec.Struct, frozen=True):
    """How many events are in the files of a trace."""

    written: int


class ContainerSummary(ContainerHead, frozen=True, kw_only=True):
    """One row of the table."""

    metrics: TableFigures
    tracing: Written


class ContainerResult(ContainerHead, frozen=True, kw_only=True):
    """All of it: metrics and notes on them by name, what became of the events, memory use, resolved trace settings."""

    metrics: dict[str, Figure]
    metric_notes: dict[str, int | float | str | None]
    tracing: dict[str, int | str | None]
    memory_usage: dict[str, int]
    trace_settings: TraceSettings

    @property
    def written(self) -> int:
        """How many events are in the files of its trace."""
        written = self.tracing.get("written")
        return written if isinstance(written, int) else 0
