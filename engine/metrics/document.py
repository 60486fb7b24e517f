"""The page docs/metrics.md, made of the docstrings of the metrics: `python -m engine.metrics.document > docs/metrics.md`."""

import sys
from collections.abc import Iterator, Sequence
from inspect import cleandoc
from typing import Any

from engine.metrics.account_metrics import ACCOUNT_METRICS, LOAN_AND_RISK_METRICS
from engine.metrics.benchmark_metrics import BENCHMARK_METRICS
from engine.metrics.container_metrics import CONTAINER_METRICS
from engine.metrics.daily_metrics import DAILY_METRICS
from engine.metrics.group_metrics import LONG_METRICS, SYMBOL_METRICS
from engine.metrics.metric import Metric
from engine.metrics.trade_metrics import TRADE_METRICS

INTRODUCTION = """\
# Metrics

<!-- Generated: edit the docstrings in engine/metrics, then run `python -m engine.metrics.document > docs/metrics.md`. -->

These are the figures under `metrics` in a portfolio's `metrics.json`, in the order in which they stand there. Each is a
number or null, never NaN or infinite. `metric_notes` beside them holds the constants used (`symbols`,
`days_per_year`, `risk_free_rate`, `day_zone`) and, for every null, the reason. Where that begins with `infinite`, something
was divided by nothing: it is better than any number, `admf inspect` prints `inf` and sorts it so, and conditions take it
so. The last chapter has the metrics of other containers.

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
The daily vector is the last mark of each day that has a bar, preceded by the initial cash. Returns run from one value to
the next: r = value / previous value - 1.

Days end where the portfolio's `day_zone` says: at the midnight of a zone (`Asia/Tokyo`, `UTC`), or at an hour of its clocks
(`17:00 America/New_York`, where the currency market's day ends). What is stamped at that very moment belongs to the new day.
Without `day_zone` they end at midnight UTC, unless sessions cross that, as those of Seoul and Sydney and the extended hours of
New York do: then in the middle of the longest pause that each day has, such as `14:45 UTC`. That needs bars shorter than half a
day, on three days or more, and a pause of 90 minutes; `day_zone_source` then says which. A benchmark whose stamps are dates keeps
the days of the calendar beside it (`benchmark_day_zone`).

What is annualised is so by `days_per_year`, the number of days with a bar that a year of this market has. It follows from
the data, `metric_notes` says it and its `days_per_year_source`, and `days_per_year` on the portfolio overrides it:

- Bars on nearly all days of so many weekdays: 365 for seven, 312 for six (the currency market with its Sunday evenings),
  252 for five, or 260 if there are 257 or more a year (markets without holidays; it takes a year of bars to see that),
  208, 156, 104, 52 (weekly bars) for fewer. Counted by the clock of the bars' own stamps, so a midnight of Berlin or Tokyo
  makes no weekend of a Friday; a weekday counts if it has a fourth as many bars as the others.
- Else as many as there are, by the mean distance of the bars: 12 for monthly ones, 4 for quarterly ones, 1 for yearly ones.
  Gaps of more than ten days, or of more than three times the usual distance, are missing data and count neither way.
- Of less than a week of bars: 365 with a Saturday among them, else 252, or 312 if there are six.

The days are those of all bars of a portfolio together: with a stock and a crypto currency there are 365. Sizing takes those
of the one symbol. Growth per year (`cagr`, `turnover`) goes by the calendar instead, from the first bar to the last.
"""

GROUPS = """\
Figures of all trades, over some of them: their formulas are those above.

- `long_<name>` and `short_<name>`, of the trades of one side: {side}.
- `<symbol>.<name>`, of the trades in one symbol, where a portfolio has several; they stand last: {symbol}.
"""

BENCHMARK = """\
A portfolio's `benchmark` names a data container, whether it trades that or not. Buying and holding it means the same
everywhere, here, in `buy_and_hold_return` and in the closing table: bought at the open of its first bar, worth its last
close. Its first bar here is the one at the portfolio's first, or if there is none on that day before it the first later.

Its returns run from its last close on each of the portfolio's days to that on the next, whatever the hours at which the bars
of either are stamped; the first one runs from that open. Days that have no bar
of the benchmark are left out on both sides: the returns before it begins and after it ends are in none of these figures,
and after a gap both returns run from the day before the gap. `benchmark_days` in `metric_notes` says how many days those are,
and pairs_per_year below is `days_per_year` times their share of the days from its first to its last. Without a benchmark
these figures are null.
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
CONTAINERS = """\
Each container counts the events that it published, by type, as `events_<TYPE>`; these stand last. The count is the number in
the id of the last of them, whether or not they were built: it does not depend on what is traced. ORDER and FILL are events of
the execution container, a portfolio's last in its file are SIGNAL, ORDER_REQUEST, POSITION_OPEN, POSITION_CLOSE, PORTFOLIO_UPDATE
and RISK_BREACH. An analysis container publishes nothing: it counts what its inputs carry to it. A type that a container does not
publish by its nature is left out where there was none of it, as ERROR and users' own types are. Of a container that failed, what
it had numbered by then counts.

An execution container adds up what became of the orders of the portfolios that it serves: first for each of them, event by
event, then portfolio by portfolio in the order of declaration, so that the sums are the same to the bit however a run is
computed. `rejected_<kind>` are all there are.

| of | metric | unit | what |
|---|---|---|---|
"""
LABELS = ("Formula: ", "Null: ", "Source: ")


def document() -> str:
    """The whole page as Markdown, ending with a line break."""
    return "\n".join((INTRODUCTION, *_chapters(CHAPTERS), _groups(), *_chapters(FURTHER), _containers()))


def _groups() -> str:
    side = (metric.name.removeprefix("long_") for metric in LONG_METRICS)
    symbol = (metric.name for metric in SYMBOL_METRICS)
    told = {"side": ", ".join(f"`{name}`" for name in side), "symbol": ", ".join(f"`{name}`" for name in symbol)}
    return f"## By side and by symbol\n\n{GROUPS.format(**told)}"


def _containers() -> str:
    rows = (f"| {each.of} | `{each.name}` | {each.unit} | {each.meaning} |\n" for each in CONTAINER_METRICS)
    return f"## Containers\n\n{CONTAINERS}{''.join(rows)}"


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
