"""What a run came to, as the closing table, and what a dry run would do."""

from __future__ import annotations

import shlex
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.text import Text

from cli.render.columns import Column, laid_out, shortened
from cli.render.containers import STATUS_STYLES, ratio
from cli.render.figures import money, number, percent
from cli.render.hanging import hung
from cli.render.notices import notices
from cli.render.run_json import write_json
from cli.render.safe_text import visible
from cli.render.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from engine.orchestration.prepare import Prepared
    from engine.orchestration.run import Outcome

    Metrics = dict[str, float | int | None]

_COSTS = ("total_commission", "total_slippage", "total_borrow_cost")

BEST = 20
"""Portfolios in the closing table."""
_IMPORTANCE = {
    "return": 9,
    "trades": 8,
    "Sharpe": 7,
    "max drawdown": 6,
    "net profit": 5,
    "buy and hold": 4,
    "win rate": 3,
    "costs": 2,
    "period": 1,
    "bars": 0,
}
"""Which columns of the table stay longest on a narrow terminal; the status does if it is not the same for all."""


def print_summary(prepared: Prepared, outcome: Outcome, output: Path) -> None:
    """Prints the closing table on stdout: one portfolio as a list, several as the best by return."""
    terminal = Terminal()
    terminal.print(_summary(prepared, outcome, output, terminal.width))
    sys.stdout.flush()


def print_dry_run(prepared: Prepared, output: Path, *, as_json: bool) -> None:
    """Prints what a run would do."""
    plan = prepared.plan
    kinds = [planned.type for planned in plan.containers.values()]
    counts = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
    traced = [id_ for id_, settings in prepared.traces.items() if settings.enabled]
    streamed = [id_ for id_, settings in prepared.traces.items() if settings.streams]
    if as_json:
        planned = {
            "plan_hash": prepared.hash,
            "containers": counts,
            "bars": {id_: len(bars) for id_, bars in prepared.bars.items()},
            "traced": traced,
            "streamed": streamed,
        }
        write_json({"name": plan.config.name, "status": "planned", "output": str(output), **planned})
        return
    terminal = Terminal()
    facts = [
        (plan.config.name, "config and data are good; nothing was written"),
        ("containers", ", ".join(f"{count} {kind}" for kind, count in counts.items())),
        *((id_, _described((id_,), prepared)) for id_ in prepared.bars),
        ("traced", f"{len(traced)}, of them to disk: {len(streamed)}"),
        ("would write to", str(output)),
    ]
    for name, fact in facts:
        terminal.print(hung(Text(f"{visible(name)}: "), visible(fact), terminal.width))
    sys.stdout.flush()


def _summary(prepared: Prepared, outcome: Outcome, output: Path, width: int | None) -> Iterator[Text]:
    portfolios = {planned.id: outcome.metrics[planned.id] for planned in prepared.plan.of_type("portfolio")}
    yield from hung(Text(f"{visible(prepared.plan.config.name)}: "), _headline(outcome), width)
    yield Text()
    if len(portfolios) == 1:
        id_, metrics = next(iter(portfolios.items()))
        yield from _one(id_, _figures(id_, metrics, prepared, outcome), width)
    elif portfolios:
        yield from _best(portfolios, prepared, outcome, width)
    for notice in notices(prepared, outcome):
        yield Text()
        yield from hung(Text("Notice: "), notice, width)
    yield Text()
    yield Text(f"Next: {_next_command(prepared, portfolios, outcome, output)}")


def _headline(outcome: Outcome) -> str:
    counts = outcome.containers
    words = [
        outcome.status,
        f"{counts.total} containers",
        f"{counts.failed} failed",
        f"{counts.interrupted} interrupted",
        f"{outcome.total_s:.2f} s",
    ]
    return ", ".join(word for word in words if not word.startswith("0 "))


def _one(id_: str, figures: Mapping[str, str], width: int | None) -> Iterator[Text]:
    yield Text(shortened(id_, width) if width else id_, "bold")
    names = max(map(len, figures))
    values = max(map(len, figures.values()))
    for name, value in figures.items():
        yield Text(f"{name:<{names}}  ").append(f"{value:>{values}}", STATUS_STYLES.get(value))


def _best(portfolios: Mapping[str, Metrics], prepared: Prepared, outcome: Outcome, width: int | None) -> Iterator[Text]:
    ranked = sorted(
        portfolios.items(), key=lambda item: (item[0] in outcome.failures, -(item[1]["total_return"] or 0.0))
    )
    shown = f"best {BEST} of {len(ranked)} by return" if len(ranked) > BEST else f"{len(ranked)} portfolios by return"
    rows = [_figures(id_, metrics, prepared, outcome) for id_, metrics in ranked[:BEST]]
    common = _common_data(portfolios, prepared)
    if common:
        yield from hung(Text(), _described(common, prepared, held=True), width)
    yield Text(shown)
    ids = Column("portfolio", [id_ for id_, _ in ranked[:BEST]], 0, right=False)
    importance = _IMPORTANCE | {"status": 10 if outcome.failures else -1}
    hidden = {"period", "bars", "buy and hold"} if common else set()
    columns = [Column(name, [row[name] for row in rows], importance[name]) for name in rows[0] if name not in hidden]
    yield from laid_out([ids, *columns], width, STATUS_STYLES)


def _common_data(portfolios: Iterable[str], prepared: Prepared) -> tuple[str, ...]:
    """The data of all portfolios, if they all have the same: what is true of it need not stand in each row."""
    data = {prepared.plan.data_of[id_] for id_ in portfolios}
    return data.pop() if len(data) == 1 else ()


def _described(data_ids: Sequence[str], prepared: Prepared, *, held: bool = False) -> str:
    """Some data in a few words; `held` says what buying and holding them returned."""
    symbols = ", ".join(dict.fromkeys(visible(prepared.bars[id_].symbol) for id_ in data_ids))
    words = f"{_bars(prepared, data_ids):,} bars of {symbols}, {_period(prepared, data_ids)}"
    return f"{words}, buy and hold {percent(_held(prepared, data_ids))}" if held else words


def _figures(id_: str, metrics: Metrics, prepared: Prepared, outcome: Outcome) -> dict[str, str]:
    data = prepared.plan.data_of[id_]
    return {
        "period": _period(prepared, data),
        "bars": f"{_bars(prepared, data):,}",
        "trades": number(metrics["total_trades"]),
        "win rate": percent(metrics["win_rate"]),
        "net profit": money((metrics["final_equity"] or 0.0) - (metrics["initial_equity"] or 0.0)),
        "return": percent(metrics["total_return"]),
        "buy and hold": percent(_held(prepared, data)),
        "max drawdown": percent(metrics["max_drawdown"]),
        "Sharpe": ratio(metrics["sharpe"]),
        "costs": money(sum(metrics[name] or 0.0 for name in _COSTS)),
        "status": outcome.statuses[id_],
    }


def _next_command(prepared: Prepared, portfolios: Iterable[str], outcome: Outcome, output: Path) -> str:
    words = ["admf", "inspect", str(output)]
    if outcome.failures:
        return shlex.join([*words, next(iter(outcome.failures))])
    streamed = [id_ for id_ in portfolios if prepared.traces[id_].streams]
    return shlex.join([*words, streamed[0], "--events"] if streamed else words)


def _period(prepared: Prepared, data_ids: Iterable[str]) -> str:
    """The first and the last day of some data."""
    timestamps = [prepared.bars[id_].timestamps for id_ in data_ids]
    first = min(column.item(0) for column in timestamps)
    last = max(column.item(-1) for column in timestamps)
    return f"{_day(first)} to {_day(last)}"


def _bars(prepared: Prepared, data_ids: Iterable[str]) -> int:
    return sum(len(prepared.bars[id_]) for id_ in data_ids)


def _held(prepared: Prepared, data_ids: Iterable[str]) -> float:
    """The mean over the symbols of what holding each from its first open to its last close returned."""
    held = [prepared.bars[id_].held for id_ in data_ids]
    return sum(held) / len(held)


def _day(timestamp: int) -> str:
    return datetime.fromtimestamp(timestamp // 1_000_000_000, UTC).strftime("%Y-%m-%d")
