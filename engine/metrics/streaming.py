"""The metrics that are known at every moment of a run, at a cost that does not grow with it: T1, and two of T2."""

from math import inf

from engine.metrics.account_metrics import ACCOUNT_METRICS, Account
from engine.metrics.metric import Undefined
from engine.metrics.trade_metrics import TRADE_METRICS

_OF_TRADES = {metric.name: metric for metric in TRADE_METRICS}
_NAMES = ("open_trades", "unrealised_pnl", "total_return", "max_drawdown")
_OF_THE_ACCOUNT = {metric.name: metric for metric in ACCOUNT_METRICS if metric.name in _NAMES}

STREAMING = (*_OF_TRADES, *_OF_THE_ACCOUNT)
"""Their names, in the order of metrics.json."""

MARKED = frozenset({"unrealised_pnl", "total_return", "max_drawdown"})
"""Those that stand at the last mark of the equity; the others change with every order, fill and trade."""


def streaming_metric(name: str, account: Account) -> float | None:
    """The figure as it stands, None where it has no value, infinity where that is unlimited.

    Raises:
        KeyError: if it is none of STREAMING.
    """
    value = _OF_TRADES[name].measure(account.trades) if name in _OF_TRADES else _OF_THE_ACCOUNT[name].measure(account)
    if isinstance(value, Undefined):
        return inf if value.unlimited else None
    return float(value)
