"""What the portfolios of the batch path work with, handed to them before the run (rule B1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.batch.cohort import Cohort, lanes_together
from engine.batch.entries import Entries
from engine.batch.portfolio import Account, BatchPortfolio
from engine.batch.turns import FoundTurns, SlicedTurns
from engine.config.schema import ExecutionContainer as ExecutionConfig
from engine.config.schema import OwnModel
from engine.strategies.buy_and_hold import BuyAndHold
from engine.strategies.crossover import Crossover
from engine.strategies.targets import wanted
from engine.trading.costs import Terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.batch.turns import TurnFinder
    from engine.config.schema import PortfolioContainer as PortfolioConfig
    from engine.config.schema import RunConfig
    from engine.containers.base import Container
    from engine.containers.root import RootContainer
    from engine.market.timeline import Clock
    from engine.orchestration.plan import Plan
    from engine.orchestration.stage import Stage
    from engine.trading.sizing import Sizer


def find_turns(stage: Stage, ids: Iterable[str]) -> dict[str, TurnFinder]:
    """What tells the portfolios of these ids when to turn.

    A strategy that fails leaves its portfolios out: the event path knows what becomes of them.
    """
    finders: dict[str, TurnFinder] = {}
    shared: dict[str, TurnFinder] = {}
    for id_ in ids:
        host = next(source for source in (id_, *stage.plan.behind[id_]) if stage.plan.strategy(source) is not None)
        try:
            if host == id_:
                finders[id_] = _finder(stage, id_)
            else:
                finders[id_] = shared[host] = shared.get(host) or _finder(stage, host)
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001, S112 - raised again there
            continue
    return finders


def _finder(stage: Stage, host: str) -> TurnFinder:
    plan, scenery = stage.plan, stage.scenery
    clock = scenery.clock(plan.data_of[host])
    columns = scenery.store.columns(clock.feeds[0].bars, plan.readable_features(host))
    own = plan.own_code.get(host)
    strategy = plan.strategy(host) if own is None else own.make()
    if isinstance(strategy, Crossover | BuyAndHold):
        return SlicedTurns(strategy, {name: columns[name] for name in strategy.columns()})
    (targets,) = wanted(strategy, clock, lambda _: columns)
    rows = np.flatnonzero(np.diff(targets, prepend=np.int8(0)))
    return FoundTurns(rows.astype(np.int32), targets[rows])


def equip_batch(
    stage: Stage, containers: Mapping[str, Container], finders: Mapping[str, TurnFinder], root: RootContainer
) -> None:
    """Gives each portfolio on the batch path what it works with."""
    cohorts: dict[Clock, Cohort] = {}
    for id_, find in finders.items():
        portfolio = containers[id_]
        if isinstance(portfolio, BatchPortfolio):
            clock = stage.scenery.clock(stage.plan.data_of[id_])
            portfolio.outlet = stage.outlet(portfolio, portfolio.lane, id_)
            portfolio.clock = clock
            portfolio.finished = root.announce
            if clock not in cohorts or len(cohorts[clock].lanes) == _lanes_together(stage.plan.config, clock):
                cohorts[clock] = Cohort(clock)
            portfolio.open_books(_account(stage, id_), find, cohorts[clock])


def _lanes_together(config: RunConfig, clock: Clock) -> int:
    """The lanes of a cohort: one where each has a time of its own to be watched."""
    return 1 if config.timeout_s is not None else lanes_together(min(config.block_size, len(clock)))


def _account(stage: Stage, id_: str) -> Account:
    config = stage.plan.portfolio(id_)
    days = stage.scenery.days(stage.plan.data_of[id_], config.day_zone)
    days_per_year = days.year(config.days_per_year)
    return Account(
        cash=config.cash,
        entries=Entries(_sizer(config), config.lot_size, config.minimum_notional, days_per_year.number),
        terms=_terms(stage.plan, id_),
        close_at_end=config.close_at_end,
        day_rows=days.rows,
        days_per_year=days_per_year,
        risk_free_rate=config.risk_free_rate,
        day_zone=config.day_zone,
        defines_features=bool(stage.plan.features(id_)),
    )


def _sizer(config: PortfolioConfig) -> Sizer:
    if isinstance(config.sizing, OwnModel):
        raise TypeError(f"{config.id}: a sizing of the user's own takes the event path")
    return config.sizing


def _terms(plan: Plan, id_: str) -> Terms:
    """The terms of its execution; models of the user's own are none of them, as those take the event path."""
    execution = plan.containers[plan.execution_of[id_]].config
    if not isinstance(execution, ExecutionConfig):
        return Terms()
    return Terms(
        fill_at=execution.fill_at,
        commissions=tuple(model for model in execution.commissions if not isinstance(model, OwnModel)),
        slippages=tuple(model for model in execution.slippages if not isinstance(model, OwnModel)),
    )
