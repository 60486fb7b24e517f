"""Rows for what portfolios say of combinations, weights, accounts and risk. `tests/config_fields.py` has the others."""

from __future__ import annotations

from tests.config_changes import Change, change

_AT = "containers.portfolio_2."
_VOICES = (f"{_AT}inputs=[data_x, strategy_1, strategy_spare]",)


def rule(name: str, changed: str) -> Change:
    """A change of one way to combine three strategies."""
    return change(
        f"{_AT}combine.{changed}", given=(*_VOICES, f"{_AT}combine={{name: {name}, weights: {{portfolio_2: 1}}}}")
    )


PORTFOLIOS: dict[str, Change] = {
    "PortfolioContainer.combine": change(f"{_AT}combine={{name: vote}}", given=_VOICES),
    "CombineVote.weights": rule("vote", "weights.portfolio_2=5"),
    "CombinePriority.weights": rule("priority", "weights.portfolio_2=5"),
    "CombineWeighted.weights": rule("weighted", "weights.portfolio_2=5"),
    "CombineWeighted.threshold": rule("weighted", "threshold=0.9"),
    "PortfolioContainer.weights": change(f"{_AT}weights={{X: 0.5}}"),
}
