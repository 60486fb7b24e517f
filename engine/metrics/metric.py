"""What a metric is: a named, documented function of one source that gives a number or says why there is none."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from sys import intern
from typing import Generic, TypeVar

Source = TypeVar("Source")


INFINITE = "infinite: "
"""What the note on a null begins with that is to be taken for a number above all others."""


@dataclass(frozen=True, slots=True)
class Undefined:
    """The answer of a metric that has no value here: `note` is what a person reads beside the null.

    `unlimited`: something was divided by nothing, so the null stands for more than any number. The note says so.
    """

    reason: str
    unlimited: bool = False

    @property
    def note(self) -> str:
        """The reason, after INFINITE where that is meant."""
        return INFINITE + self.reason if self.unlimited else self.reason


Value = int | float | Undefined
NO_NUMBER = Undefined("the value is beyond what a floating-point number can hold")


@dataclass(frozen=True, slots=True)
class Metric(Generic[Source]):
    """One figure of the results: `function` computes it, and its docstring is its documentation.

    `prefix` tells apart the same figure of different groups: `long_` before `win_rate`.
    """

    function: Callable[[Source], Value]
    unit: str
    prefix: str = ""

    @property
    def name(self) -> str:
        """The key under which the figure stands in metrics.json."""
        return intern(self.prefix + self.function.__name__)  # one text for the results of all portfolios

    @property
    def description(self) -> str:
        """The docstring of the function: meaning, formula and source, as written."""
        return self.function.__doc__ or ""

    def measure(self, source: Source) -> Value:
        """The figure of this source, or Undefined; never NaN or infinite."""
        value = self.function(source)
        if isinstance(value, Undefined) or isfinite(value):
            return value
        return NO_NUMBER
