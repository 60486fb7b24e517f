"""What only planning finds out about a config."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """What only planning finds out: where in the config (dotted path), and what is wrong there."""

    path: str
    value: str
    reason: str


class PlanError(ValueError):
    """The config cannot become a run."""

    def __init__(self, problems: list[PlanProblem]) -> None:
        super().__init__("\n".join(f"{p.path}: {p.value}: {p.reason}" for p in problems))
        self.problems = problems

    def __reduce__(self) -> tuple[type[PlanError], tuple[list[PlanProblem]]]:
        """It may be raised in another process."""
        return PlanError, (self.problems,)
