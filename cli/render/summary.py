"""What a run came to: the closing table, the JSON object, and what a dry run would do."""

from __future__ import annotations

import shlex
import sys
from datetime import UTC, datetime
from time import time
from typing import TYPE_CHECKING

import msgspec
import psutil
from rich import box
from rich.console import Console
from rich.table import Table

from cli.render.safe_text import visible
from engine.orchestration.machine import peak_mib
from engine.orchestration.plan import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from engine.orchestration.prepare import Prepared
    from engine.orchestration.run import Outcome

    Metrics = dict[str, float | int | None]

BEST = 20
"""Portfolios in the closing table."""


def print_summary(prepared: Prepared, outcome: Outcome, output: Path) -> None:
    """Prints the closing table on stdout: one portfolio as a list, several as the best by return."""
    console = Console(markup=False, highlight=False)
    portfolios = {planned.id: outcome.metrics[planned.id] for planned in prepared.plan.of_type("portfolio")}
    console.print(_headline(prepared, outcome))
    if len(portfolios) == 1:
        id_, metrics = next(iter(portfolios.items()))
        console.print(_one(prepared, id_, metrics))
    elif portfolios:
        console.print(_best(prepared, portfolios, outcome, console.width))
    console.print(f"Next: {_next_command(prepared, portfolios, output)}", soft_wrap=True)


def print_json(prepared: Prepared, outcome: Outcome, output: Path) -> None:
    """Prints one JSON object on stdout."""
    portfolios = [planned.id for planned in prepared.plan.of_type("portfolio")]
    lane_bars = sum(len(prepared.bars[data]) for id_ in portfolios for data in prepared.plan.data_of[id_])
    _write_json(
        {
            "name": prepared.plan.config.name,
            "status": outcome.status,
            "output": str(output),
            "plan_hash": prepared.hash,
            "containers": {
                "total": len(prepared.plan.containers),
                "completed": outcome.completed,
                "failed": len(outcome.failures),
            },
            "bars": sum(len(bars) for bars in prepared.bars.values()),
            "events": outcome.events,
            "trades": outcome.metrics[ROOT]["total_trades"],
            "load_s": round(prepared.load_s, 6),
            "sim_s": round(outcome.sim_s, 6),
            "total_s": round(time() - psutil.Process().create_time(), 6),
            "bars_per_s": round(lane_bars / outcome.sim_s, 1),
            "peak_rss_mb": peak_mib(),
        }
    )


def print_dry_run(prepared: Prepared, output: Path, *, as_json: bool) -> None:
    """Prints what a run would do."""
    plan = prepared.plan
    counts = {
        kind: sum(1 for _ in plan.of_type(kind)) for kind in dict.fromkeys(p.type for p in plan.containers.values())
    }
    traced = [id_ for id_, settings in prepared.traces.items() if settings.enabled]
    streamed = [id_ for id_, settings in prepared.traces.items() if settings.streams]
    if as_json:
        rows = {id_: len(bars) for id_, bars in prepared.bars.items()}
        planned = {
            "plan_hash": prepared.hash,
            "containers": counts,
            "bars": rows,
            "traced": traced,
            "streamed": streamed,
        }
        _write_json({"name": plan.config.name, "status": "planned", "output": str(output), **planned})
        return
    console = Console(markup=False, highlight=False)
    console.print(f"{visible(plan.config.name)}: config and data are good; nothing was written.", soft_wrap=True)
    console.print("containers: " + ", ".join(f"{count} {kind}" for kind, count in counts.items()), soft_wrap=True)
    for id_, bars in prepared.bars.items():
        console.print(
            f"{id_}: {len(bars):,} bars of {visible(bars.symbol)}, {period(prepared, (id_,))}", soft_wrap=True
        )
    console.print(f"traced: {len(traced)}, of them to disk: {len(streamed)}", soft_wrap=True)
    console.print(f"would write to: {output}", soft_wrap=True)


def period(prepared: Prepared, data_ids: Iterable[str]) -> str:
    """The first and the last day of some data."""
    bars = [prepared.bars[id_] for id_ in data_ids]
    first = min(each.timestamps.item(0) for each in bars)
    last = max(each.timestamps.item(-1) for each in bars)
    return f"{_day(first)} to {_day(last)}"


def _headline(prepared: Prepared, outcome: Outcome) -> str:
    failed = f", {len(outcome.failures)} failed" if outcome.failures else ""
    count = f"{len(prepared.plan.containers)} containers"
    return f"{visible(prepared.plan.config.name)}: {outcome.status}, {count}{failed}, {outcome.sim_s:.2f} s"


def _one(prepared: Prepared, id_: str, metrics: Metrics) -> Table:
    table = Table(box=box.SIMPLE, show_header=False, title=id_, title_justify="left")
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for label, value in _rows(prepared, id_, metrics):
        table.add_row(label, value)
    return table


def _rows(prepared: Prepared, id_: str, metrics: Metrics) -> list[tuple[str, str]]:
    data = prepared.plan.data_of[id_]
    return [
        ("period", period(prepared, data)),
        ("bars", f"{sum(len(prepared.bars[each]) for each in data):,}"),
        ("trades", f"{metrics['total_trades']:,}"),
        ("win rate", percent(metrics["win_rate"])),
        ("net profit", money(_profit(metrics))),
        ("return", percent(metrics["total_return"])),
        ("buy and hold", percent(_held(prepared, data))),
        ("maximum drawdown", percent(metrics["max_drawdown"])),
        ("Sharpe", number(metrics["sharpe"])),
        ("costs", money(_costs(metrics))),
    ]


def _best(prepared: Prepared, portfolios: Mapping[str, Metrics], outcome: Outcome, width: int) -> Table:
    ranked = sorted(portfolios.items(), key=lambda item: -(item[1]["total_return"] or 0.0))
    shown = f"best {BEST} of {len(ranked)} by return" if len(ranked) > BEST else f"{len(ranked)} portfolios by return"
    table = Table(box=box.SIMPLE_HEAD, title=shown, title_justify="left")
    columns = [name for name, least in _COLUMNS.items() if width >= least]
    table.add_column("portfolio", overflow="ellipsis", no_wrap=True)
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    for id_, metrics in ranked[:BEST]:
        rows = {
            **dict(_rows(prepared, id_, metrics)),
            "status": "failed" if id_ in outcome.failures else outcome.status,
        }
        table.add_row(id_, *(rows[name] for name in columns))
    return table


_COLUMNS = {
    "trades": 40,
    "return": 0,
    "Sharpe": 60,
    "maximum drawdown": 60,
    "win rate": 80,
    "net profit": 80,
    "buy and hold": 100,
    "costs": 100,
    "status": 120,
    "period": 160,
}
"""Columns of the table of several portfolios, and the terminal width from which each is shown."""


def _next_command(prepared: Prepared, portfolios: Mapping[str, Metrics], output: Path) -> str:
    streamed = [id_ for id_ in portfolios if prepared.traces[id_].streams]
    words = ["admf", "inspect", str(output)]
    return shlex.join([*words, streamed[0], "--events"] if streamed else words)


def _profit(metrics: Metrics) -> float:
    return (metrics["final_equity"] or 0.0) - (metrics["initial_equity"] or 0.0)


def _costs(metrics: Metrics) -> float:
    return (metrics["total_commission"] or 0.0) + (metrics["total_slippage"] or 0.0)


def _held(prepared: Prepared, data_ids: Iterable[str]) -> float:
    """The mean over the symbols of what holding each from its first to its last close returned."""
    closes = [prepared.bars[id_].close for id_ in data_ids]
    return sum(close.item(-1) / close.item(0) - 1.0 for close in closes) / len(closes)


def percent(value: float | None) -> str:
    """A fraction as percent."""
    return "-" if value is None else f"{value:.2%}"


def money(value: float) -> str:
    """An amount with thousands separated."""
    return f"{value:,.2f}"


def number(value: float | None) -> str:
    """A plain figure."""
    return "-" if value is None else f"{value:.2f}"


def _day(timestamp: int) -> str:
    return datetime.fromtimestamp(timestamp // 1_000_000_000, UTC).strftime("%Y-%m-%d")


def _write_json(data: object) -> None:
    sys.stdout.write(msgspec.json.encode(data).decode() + "\n")
