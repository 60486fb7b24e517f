"""Rows for what portfolios say of combinations, weights, accounts and risk. `tests/config_fields.py` has the others."""

from __future__ import annotations

from tests.config_changes import Change, change

_AT = "containers.portfolio_2."
_VOICES = (f"{_AT}inputs=[data_x, strategy_1, strategy_spare]",)
_MARGIN = (f"{_AT}account={{name: margin, leverage: 3}}",)


def rule(name: str, changed: str) -> Change:
    """A change of one way to combine three strategies."""
    return change(
        f"{_AT}combine.{changed}", given=(*_VOICES, f"{_AT}combine={{name: {name}, weights: {{portfolio_2: 1}}}}")
    )


def risk(given: str, changed: str) -> Change:
    """A change of one risk rule."""
    return change(f"{_AT}risk.0.{changed}", given=(f"{_AT}risk=[{given}]",))


PORTFOLIOS: dict[str, Change] = {
    "PortfolioContainer.combine": change(f"{_AT}combine={{name: vote}}", given=_VOICES),
    "CombineVote.weights": rule("vote", "weights.portfolio_2=5"),
    "CombinePriority.weights": rule("priority", "weights.portfolio_2=5"),
    "CombineWeighted.weights": rule("weighted", "weights.portfolio_2=5"),
    "CombineWeighted.threshold": rule("weighted", "threshold=0.9"),
    "PortfolioContainer.account": change(f"{_AT}account={{name: cash}}"),
    "MarginAccount.leverage": change(
        f"{_AT}account.leverage=0.001", given=(f"{_AT}account={{name: margin, leverage: 2}}",)
    ),
    "MarginAccount.borrow_percent": change(f"{_AT}account.borrow_percent=5", given=_MARGIN),
    "MarginAccount.interest_percent": change(
        f"{_AT}account.interest_percent=5", given=(*_MARGIN, f"{_AT}sizing={{name: percent_of_equity, percent: 200}}")
    ),
    "PortfolioContainer.risk": change(
        f"{_AT}risk=[{{name: max_open_positions, count: 1}}, {{name: stop, loss: {{percent: 1}}}}]"
    ),
    "MaxPosition.percent": risk("{name: max_position, percent: 50}", "percent=0.1"),
    "MaxGrossExposure.percent": risk("{name: max_gross_exposure, percent: 50}", "percent=0.1"),
    "MaxOpenPositions.count": change(
        f"{_AT}risk.0.count=1",
        given=(
            f"{_AT}inputs=[data_x, data_y]",
            f"{_AT}strategy={{name: buy_and_hold}}",
            f"{_AT}risk=[{{name: max_open_positions, count: 2}}]",
        ),
    ),
    "MaxDrawdown.percent": risk("{name: max_drawdown, percent: 50}", "percent=0.001"),
    "MaxDrawdown.action": risk("{name: max_drawdown, percent: 0.001}", "action=flatten"),
    "DailyLoss.percent": risk("{name: daily_loss, percent: 50}", "percent=0.001"),
    "DailyLoss.action": risk("{name: daily_loss, percent: 0.001}", "action=flatten"),
    "Stop.loss": risk("{name: stop, loss: {percent: 90}}", "loss.percent=0.1"),
    "Stop.cool_down": risk("{name: stop, loss: {percent: 0.1}}", "cool_down=9"),
    "Target.profit": risk("{name: target, profit: {percent: 90}}", "profit.percent=0.1"),
    "PortfolioContainer.weights": change(f"{_AT}weights={{X: 0.5}}"),
}
