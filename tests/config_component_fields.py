"""Rows for the parameters of components: strategies, sizing, costs, features. `tests/config_fields.py` has the others."""

from __future__ import annotations

from tests.config_changes import Change, change, component

_TIERED = "{name: tiered, tiers: [{above: 0, percent: 1}, {above: 100, percent: 0.1}]}"
_VOLATILITY = "{name: volatility_target, percent: 1, bars: 3}"


def strategy(given: str, **changed: str) -> dict[str, Change]:
    """The rows of a strategy that portfolio_2 follows; its parameters are named `Struct__parameter`."""
    return {
        name.replace("__", "."): component("portfolio_2.strategy", given, f"{name.partition('__')[2]}={value}")
        for name, value in changed.items()
    }


def featured(features: str, given: str, **changed: str) -> dict[str, Change]:
    """The same, with other features of portfolio_2."""
    own = f"containers.portfolio_2.features={features}"
    return {name: row._replace(given=(own, *row.given)) for name, row in strategy(given, **changed).items()}


def entered(given: str, good_for: str, **changed: str) -> dict[str, Change]:
    """The rows of an order by which portfolio_2 enters, at a market of which it may take little at each bar.

    `good_for` is how long it is good in the row that changes just that.
    """
    little = "containers.execution_2.participation=0.000001"
    timed = f"{given[:-1]}, time_in_force: gtd, good_for: {good_for}}}"
    rows: dict[str, Change] = {}
    for name, value in changed.items():
        form, _, field = name.partition("__")
        row = component("portfolio_2.entry", timed if field == "good_for" else given, f"{field}={value}")
        rows[f"{form}.{field}"] = row._replace(given=(little, *row.given))
    return rows


_OF = "[{name: crossover, fast: own_fast, slow: own_slow, direction: both}, {name: time_series_momentum, lookback: 2, direction: both}]"
_THREE = (
    "containers.portfolio_2.inputs=[data_x, data_y, data_spare]",
    "containers.portfolio_2.strategy={name: pair_spread, first: X, second: Y, window: 5, enter: 1}",
)
_BOTH_DATA = ("containers.portfolio_2.inputs=[data_x, data_y]",)

COMPONENTS: dict[str, Change] = {
    "BasisPoints.bps": change("containers.execution_2.slippage.bps=50"),
    "Percent.percent": change("containers.execution_2.commission.percent=1"),
    "Percent.minimum": change("containers.execution_2.commission.minimum=20"),
    "Percent.maximum": change("containers.execution_2.commission.maximum=0.01"),
    "PerShare.amount": change("containers.execution_1.commission.amount=1"),
    "PerShare.minimum": change("containers.execution_1.commission.minimum=200"),
    "PerShare.maximum": change("containers.execution_1.commission.maximum=0.01"),
    "PerTrade.amount": component("execution_2.commission", "{name: per_trade, amount: 1}", "amount=2"),
    "Tiered.tiers": component("execution_2.commission", _TIERED, "tiers.0.percent=2"),
    "Tiered.over": component("execution_2.commission", _TIERED, "over=month"),
    "Tiered.minimum": component("execution_2.commission", _TIERED, "minimum=20"),
    "Tiered.maximum": component("execution_2.commission", _TIERED, "maximum=0.01"),
    "Tier.above": component("execution_2.commission", _TIERED, "tiers.1.above=50"),
    "Tier.percent": component("execution_2.commission", _TIERED, "tiers.0.percent=2"),
    "Ticks.ticks": component("execution_2.slippage", "{name: ticks, ticks: 1, tick_size: 0.01}", "ticks=2"),
    "Ticks.tick_size": component("execution_2.slippage", "{name: ticks, ticks: 1, tick_size: 0.01}", "tick_size=0.1"),
    "RangeFraction.fraction": component("execution_2.slippage", "{name: range_fraction, fraction: 0.1}", "fraction=0.2"),
    "SquareRootImpact.coefficient": component("execution_2.slippage", "{name: square_root_impact, coefficient: 0.1}", "coefficient=0.2"),
    "VolatilityTarget.percent": component("portfolio_2.sizing", _VOLATILITY, "percent=2"),
    "VolatilityTarget.bars": component("portfolio_2.sizing", _VOLATILITY, "bars=4"),
    "VolatilityTarget.max_percent": component("portfolio_2.sizing", _VOLATILITY, "max_percent=1"),
    "VolatilityTarget.bars_per_year": component("portfolio_2.sizing", _VOLATILITY, "bars_per_year=100"),
    "FixedQuantity.quantity": change("containers.portfolio_2.sizing.quantity=4"),
    "FixedNotional.notional": change(
        "containers.portfolio_2.sizing.notional=50",
        given=("containers.portfolio_2.sizing={name: fixed_notional, notional: 1000}",),
    ),
    "PercentOfEquity.percent": change(
        "containers.portfolio_2.sizing.percent=50",
        given=("containers.portfolio_2.sizing={name: percent_of_equity, percent: 10}",),
    ),
    "Crossover.fast": change("containers.strategy_1.strategy.fast=close"),
    "Crossover.slow": change("containers.strategy_1.strategy.slow=close"),
    "Crossover.direction": change("containers.strategy_1.strategy.direction=both"),
    "FeatureSpec.indicator": change("containers.portfolio_2.features.own_fast.indicator=EMA"),
    "FeatureSpec.input": change("containers.portfolio_2.features.own_fast.input=high"),
    "FeatureSpec.parameters": change("containers.portfolio_2.features.own_fast.timeperiod=3"),
    "UserComponent.name": change(
        "containers.portfolio_2.strategy.name=strategies_of_fields.Never",
        given=("containers.portfolio_2.strategy={name: strategies_of_fields.After, bars: 5}",),
    ),
    "UserComponent.parameters": change(
        "containers.portfolio_2.strategy.bars=9",
        given=("containers.portfolio_2.strategy={name: strategies_of_fields.After, bars: 5}",),
    ),
    **strategy("{name: time_series_momentum, lookback: 3}", TimeSeriesMomentum__lookback="5", TimeSeriesMomentum__skip="2", TimeSeriesMomentum__direction="short"),
    **featured(
        "{rsi: {indicator: RSI, timeperiod: 3}, rsi_2: {indicator: RSI, timeperiod: 4}}",
        "{name: rsi_reversion, rsi: rsi, low: 45, high: 80, direction: both}",
        RsiReversion__rsi="rsi_2", RsiReversion__low="5", RsiReversion__high="95", RsiReversion__middle="79", RsiReversion__direction="short",
    ),
    **featured(
        "{bands: {indicator: BBANDS, timeperiod: 4, nbdevup: 1, nbdevdn: 1}, wide: {indicator: BBANDS, timeperiod: 8, nbdevup: 1, nbdevdn: 1}}",
        "{name: bollinger_reversion, bands: bands}",
        BollingerReversion__bands="wide", BollingerReversion__direction="short",
    ),
    **featured(
        "{up: {indicator: MAX, input: high, timeperiod: 3}, up_2: {indicator: MAX, input: high, timeperiod: 6}, down: {indicator: MIN, input: low, timeperiod: 3}, down_2: {indicator: MIN, input: low, timeperiod: 2}}",
        "{name: donchian_breakout, upper: up, lower: down}",
        DonchianBreakout__upper="up_2", DonchianBreakout__lower="down_2", DonchianBreakout__direction="short",
    ),
    **strategy(
        "{name: average_envelope, average: own_slow, percent: 0.5}",
        AverageEnvelope__average="own_fast", AverageEnvelope__percent="2", AverageEnvelope__mode="follow", AverageEnvelope__direction="short",
    ),
    **featured(
        "{atr: {indicator: ATR, timeperiod: 3}, atr_2: {indicator: TRANGE}}",
        "{name: volatility_breakout, range: atr, multiple: 0.5}",
        VolatilityBreakout__range="atr_2", VolatilityBreakout__multiple="1", VolatilityBreakout__direction="short",
    ),
    **{
        name: row._replace(given=(*_BOTH_DATA, *row.given))
        for name, row in strategy(
            "{name: pair_spread, first: X, second: Y, window: 5, enter: 1}",
            PairSpread__window="8", PairSpread__enter="1.5", PairSpread__leave="0.9",
        ).items()
    },
    "PairSpread.first": change("containers.portfolio_2.strategy.first=Z", given=_THREE),
    "PairSpread.second": change("containers.portfolio_2.strategy.second=Z", given=_THREE),
    **strategy(
        "{name: calendar, weekdays: [monday]}",
        Calendar__weekdays="[friday]", Calendar__month_start="2", Calendar__timezone="America/New_York", Calendar__direction="short",
    ),
    "Calendar.month_end": change(
        "containers.portfolio_2.strategy.month_end=2",
        given=("containers.data_x.source.bars=40", "containers.portfolio_2.strategy={name: calendar, weekdays: [monday]}"),
    ),
    **strategy(f"{{name: all_of, of: {_OF}}}", AllOf__of="[{name: buy_and_hold}]"),
    **strategy(f"{{name: any_of, of: {_OF}}}", AnyOf__of="[{name: buy_and_hold}]"),
    **strategy(f"{{name: vote, of: {_OF}}}", Vote__of="[{name: buy_and_hold}]", Vote__at_least="1"),
    **strategy("{name: invert, of: {name: buy_and_hold}}", Invert__of="{name: crossover, fast: own_fast, slow: own_slow}"),
    **strategy("{name: hold_for, of: {name: buy_and_hold}, bars: 3}", HoldFor__of="{name: crossover, fast: own_fast, slow: own_slow}", HoldFor__bars="5"),
    **strategy(
        "{name: cool_down, of: {name: crossover, fast: own_fast, slow: own_slow, direction: both}, bars: 3}",
        CoolDown__of="{name: buy_and_hold}", CoolDown__bars="5",
    ),
    **entered("{order: market}", "1d", MarketForm__time_in_force="ioc", MarketForm__good_for="9d"),
    **entered(
        "{order: limit, limit: {percent: 1}}",
        "2d",
        LimitForm__limit="{percent: 0.1}", LimitForm__time_in_force="ioc", LimitForm__good_for="9d",
    ),
    **entered(
        "{order: stop, stop: {percent: 1}}",
        "2d",
        StopForm__stop="{percent: 0.1}", StopForm__time_in_force="ioc", StopForm__good_for="9d",
    ),
    **entered(
        "{order: stop_limit, stop: {percent: 1}, limit: {percent: 0.5}}",
        "2d",
        StopLimitForm__stop="{percent: 0.1}", StopLimitForm__limit="{percent: 0.01}", StopLimitForm__time_in_force="ioc", StopLimitForm__good_for="9d",
    ),
    **entered(
        "{order: trailing_stop, trail: {percent: 1}}",
        "2d",
        TrailingForm__trail="{percent: 0.1}", TrailingForm__time_in_force="ioc", TrailingForm__good_for="9d",
    ),
    "ExitForm.on_signal": component("portfolio_2.exit", "{}", "on_signal={order: limit, limit: {percent: 1}}"),
    "ExitForm.stop_loss": component("portfolio_2.exit", "{}", "stop_loss={percent: 0.5}"),
    "ExitForm.take_profit": component("portfolio_2.exit", "{}", "take_profit={percent: 0.5}"),
    "ExitForm.trailing_stop": component("portfolio_2.exit", "{}", "trailing_stop={percent: 0.5}"),
    "Distance.percent": component("portfolio_2.exit", "{stop_loss: {percent: 2}}", "stop_loss.percent=0.5"),
    "Distance.amount": component("portfolio_2.exit", "{stop_loss: {amount: 2}}", "stop_loss.amount=0.5"),
    "Distance.atr": component("portfolio_2.exit", "{stop_loss: {atr: 2, timeperiod: 2}}", "stop_loss.atr=0.5"),
    "Distance.timeperiod": component("portfolio_2.exit", "{stop_loss: {atr: 1, timeperiod: 2}}", "stop_loss.timeperiod=4"),
}  # fmt: skip
