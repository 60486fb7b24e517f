"""The page docs/metrics.md, made of the docstrings of the metrics: `python -m engine.metrics.document > docs/metrics.md`."""

import sys
from collections.abc import Iterator, Sequence
from inspect import cleandoc
from typing import Any

from engine.metrics.account_metrics import ACCOUNT_METRICS, LOAN_AND_RISK_METRICS
from engine.metrics.benchmark_metrics import BENCHMARK_METRICS
from engine.metrics.daily_metrics import DAILY_METRICS
from engine.metrics.group_metrics import LONG_METRICS, SYMBOL_METRICS
from engine.metrics.metric import Metric
from engine.metrics.trade_metrics import TRADE_METRICS

INTRODUCTION = """\
# Metrics

<!-- Generated: edit the docstrings in engine/metrics, then run `python -m engine.metrics.document > docs/metrics.md`. -->

These are the figures under `metrics` in a portfolio's `metrics.json`, in the order in which they stand there. Each is a
number or null, never NaN or infinite. `metric_notes` beside them holds the constants used (`symbols`,
`days_per_year`, `risk_free_rate`, `day_zone`) and, for every null, the reason.

Money is in quote currency. A fraction of 0.01 is one percent. A drawdown, a loss and a bad day are negative numbers.

All of them are computed from the trades and the equity themselves while the run goes on. They do not depend on what is
traced or kept.
"""

TRADES = """\
Sums over closed trades, orders and fills. Profit is net of commission; slippage is inside the prices.
"""

ACCOUNT = """\
A mark is the value of cash and positions: once before the first bar (the initial cash), once at every bar's close, and
once after the last bar, when open positions have been closed. Each of them counts here.
"""

DAILY = """\
The daily vector is the last mark of each day that has a bar, preceded by the initial cash. Days are cut at midnight UTC,
or of the portfolio's `day_zone`. A year has 252 days, or 365 where bars fall on weekends; `days_per_year` on the
portfolio overrides it. Returns run from one value to the next: r = value / previous value - 1.
"""

GROUPS = """\
Figures of all trades, over some of them: their formulas are those above.

- `long_<name>` and `short_<name>`, of the trades of one side: {side}.
- `<symbol>.<name>`, of the trades in one symbol, where a portfolio has several; they stand last: {symbol}.
"""

BENCHMARK = """\
A portfolio's `benchmark` names a data container, whether it trades that or not. Its returns run from close to close at the
ends of the portfolio's days, the first from its last close before the portfolio's first bar, or if there is none from
the open of its own first bar. Days for which it has no return are left out. Without a benchmark these are null.
"""

Chapters = tuple[tuple[str, str, Sequence[Metric[Any]]], ...]

CHAPTERS: Chapters = (
    ("Trades, orders and fills", TRADES, TRADE_METRICS),
    ("The account, mark by mark", ACCOUNT, ACCOUNT_METRICS),
    ("Daily returns", DAILY, DAILY_METRICS),
)
LOANS_AND_RISK = """\
Nights are counted from one day that has a bar to the next, in calendar days; each is paid for at the first bar of the later
day, at the closes of the earlier one.
"""

FURTHER: Chapters = (
    ("Beside a benchmark", BENCHMARK, BENCHMARK_METRICS),
    ("Loans and risk", LOANS_AND_RISK, LOAN_AND_RISK_METRICS),
)
LABELS = ("Formula: ", "Null: ", "Source: ")


def document() -> str:
    """The whole page as Markdown, ending with a line break."""
    return "\n".join((INTRODUCTION, *_chapters(CHAPTERS), _groups(), *_chapters(FURTHER)))


def _groups() -> str:
    side = (metric.name.removeprefix("long_") for metric in LONG_METRICS)
    symbol = (metric.name for metric in SYMBOL_METRICS)
    told = {"side": ", ".join(f"`{name}`" for name in side), "symbol": ", ".join(f"`{name}`" for name in symbol)}
    return f"## By side and by symbol\n\n{GROUPS.format(**told)}"


def _chapters(chapters: Chapters) -> Iterator[str]:
    for title, text, metrics in chapters:
        yield f"## {title}\n\n{text}"
        yield from map(_entry, metrics)


def _entry(metric: Metric[Any]) -> str:
    summary, details = cleandoc(metric.description).split("\n\n", 1)
    items = "\n".join(_item(line) for line in details.splitlines())
    return f"### `{metric.name}`\n\n{summary} Unit: {metric.unit}.\n\n{items}\n"


def _item(line: str) -> str:
    """A list item for a line that opens a part of the docstring; a line that continues one is indented below it."""
    return f"- {line}" if line.startswith(LABELS) else f"  {line}"


if __name__ == "__main__":
    sys.stdout.write(document())
