"""Which rows of a table are shown, in which order, with which columns: what `--where`, `--sort`, `--top`, `--columns` say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from cli.results.refusal import RefusedError, nearest
from tracing.expression import Expression
from tracing.expression_tokens import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tracing.expression import Sort

Value = str | int | float | None
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Names:
    """What a row may be asked for: `sorts` says of each name whether it is a number or a text.

    `aliases` maps other spellings to these names.
    """

    sorts: Mapping[str, Sort]
    aliases: Mapping[str, str]

    def meant(self, typed: str, option: str) -> str:
        """The name that was typed after an option.

        Raises:
            RefusedError: with the nearest name, if there is none like it.
        """
        name = self.aliases.get(typed, typed)
        if name not in self.sorts:
            raise RefusedError(f"{option}: no such name: {typed!r}{nearest(typed, [*self.sorts, *self.aliases])}")
        return name

    def spellings(self) -> dict[str, Sort]:
        """Every spelling with its sort."""
        return {**self.sorts, **{alias: self.sorts[name] for alias, name in self.aliases.items() if name in self.sorts}}


@dataclass(frozen=True, slots=True)
class Arrangement:
    """`where` is a condition as in dynamic rules; `sort` puts the largest first, texts from A to Z; `top` cuts."""

    where: str | None = None
    sort: str | None = None
    reverse: bool = False
    top: int | None = None

    def of(self, rows: Iterable[tuple[T, Mapping[str, Value]]], names: Names) -> list[T]:
        """What the rows stand for that are asked for, in order; rows without the value sorted by come last.

        Raises:
            RefusedError: for a fault in the condition (with its column), or a name that is not known.
        """
        chosen = self._chosen(list(rows), names)
        if self.sort is not None:
            chosen = self._sorted(chosen, names.meant(self.sort, "--sort"), names)
        elif self.reverse:
            chosen.reverse()
        return [item for item, _ in chosen[: self.top]]

    def _chosen(self, rows: list[tuple[T, Mapping[str, Value]]], names: Names) -> list[tuple[T, Mapping[str, Value]]]:
        if self.where is None:
            return rows
        spellings = names.spellings()
        try:
            condition = Expression(self.where, spellings, spellings)
        except ExpressionError as error:
            raise RefusedError(f"--where, column {error.column}: {error.message}") from error
        aliases = names.aliases
        return [
            (item, row)
            for item, row in rows
            if condition.evaluate(lambda name, row=row: _compared(row, aliases.get(name, name), names))  # type: ignore[misc]
        ]

    def _sorted(
        self, rows: list[tuple[T, Mapping[str, Value]]], name: str, names: Names
    ) -> list[tuple[T, Mapping[str, Value]]]:
        valued = [pair for pair in rows if pair[1].get(name) is not None]
        falling = (names.sorts[name] == "number") != self.reverse
        valued.sort(key=lambda pair: _compared(pair[1], name, names), reverse=falling)  # type: ignore[arg-type,return-value]
        return valued + [pair for pair in rows if pair[1].get(name) is None]


def _compared(row: Mapping[str, Value], name: str, names: Names) -> Value:
    """A value as others of its column can be compared with it: a parameter may be a number here and a text there."""
    value = row.get(name)
    if value is None or isinstance(value, str) or names.sorts.get(name) != "text":
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def named_columns(typed: str | None, names: Names) -> Sequence[tuple[str, str]]:
    """The columns of a list such as `trades,sharpe`: each as typed, with the name it means.

    Raises:
        RefusedError: for a name that is not known.
    """
    words = [word.strip() for word in (typed or "").split(",")]
    return [(word, names.meant(word, "--columns")) for word in words if word]
