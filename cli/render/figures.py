"""How numbers are shown to a person."""

_PERCENT = frozenset(
    {
        "win_rate",
        "total_return",
        "max_drawdown",
        "exposure",
        "cagr",
        "volatility",
        "value_at_risk_95",
        "best_day",
        "worst_day",
        "benchmark_return",
        "alpha",
        "tracking_error",
    }
)
_MONEY = frozenset(
    {
        "total_pnl",
        "gross_profit",
        "gross_loss",
        "expectancy",
        "average_win",
        "average_loss",
        "largest_win",
        "largest_loss",
        "total_commission",
        "total_slippage",
        "total_borrow_cost",
        "unrealised_pnl",
        "initial_equity",
        "final_equity",
    }
)
NOTHING = "-"
_KILO = 1_000


def metric(name: str, value: float | None) -> str:
    """The value of a metric in its unit: a fraction as percent, money with two decimals."""
    bare = _of_a_group(name)
    if bare in _PERCENT:
        return percent(value)
    return money(value) if bare in _MONEY else number(value)


def _of_a_group(name: str) -> str:
    """The name of the metric that `long_`, `short_` or a symbol stands before, which has the same unit."""
    return name.rpartition(".")[2].removeprefix("long_").removeprefix("short_")


def percent(value: float | None) -> str:
    """A fraction as percent."""
    return NOTHING if value is None else f"{value:z.2%}"


def money(value: float | None) -> str:
    """An amount, thousands separated."""
    return NOTHING if value is None else f"{value:,.2f}"


def number(value: float | None) -> str:
    """A count as it is, a ratio with four decimals."""
    if value is None:
        return NOTHING
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4f}"


def quantity(value: float) -> str:
    """A price or quantity with the ten digits that matter."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.10g}"


def file_size(count: int) -> str:
    """A number of bytes in decimal units."""
    size, units = float(count), ["bytes", "kB", "MB", "GB"]
    while size >= _KILO and len(units) > 1:
        size /= _KILO
        units.pop(0)
    return f"{size:,.1f} {units[0]}" if units[0] != "bytes" else f"{count} bytes"
