"""What a reader of a run's figures should know about them: under the closing table, and in its JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.config.schema import ExecutionContainer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.orchestration.prepare import Prepared
    from engine.orchestration.run import Outcome


def notices(prepared: Prepared, outcome: Outcome) -> Iterator[str]:
    """One sentence each."""
    if _free(prepared):
        yield "trading was free, no commission or slippage is set; real trading is not"
    yield from outcome.notices
    portfolios = [outcome.metrics[planned.id] for planned in prepared.plan.of_type("portfolio")]
    orders = sum(metrics["orders"] or 0 for metrics in portfolios)
    rejected = sum(metrics["rejected_orders"] or 0 for metrics in portfolios)
    if rejected:
        first = "".join(f", the first of {id_}: {why}" for id_, why in [*outcome.rejections.items()][:1])
        others = "; the ORDER events of a traced portfolio say why" if rejected > 1 else ""
        yield f"{rejected:,} of {orders:,} orders were rejected{first}{others}"


def _free(prepared: Prepared) -> bool:
    """Whether some portfolio trades without any costs (rule X8)."""
    plan = prepared.plan
    executions = (plan.containers[id_].config for id_ in plan.clients_of)
    return any(
        not isinstance(each, ExecutionContainer) or not (each.commissions or each.slippages) for each in executions
    )
