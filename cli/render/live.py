"""Lines that change in place on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

_LEFT_FREE = 2


class LiveLines:
    """Shows lines in place of those before, as many as the screen is high; they go when it is left.

    `is_on` is False, and nothing is shown, if there is no terminal of a `width`.
    """

    def __init__(self, width: int | None) -> None:
        self.is_on = width is not None
        self._console = Console(markup=False, highlight=False, emoji=False)
        self._live = Live(console=self._console, transient=True, auto_refresh=False)

    def __enter__(self) -> Self:
        """Begins to show."""
        if self.is_on:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leaves the screen as it was."""
        if self.is_on:
            self._live.stop()

    def show(self, lines: Sequence[Text]) -> None:
        """Shows these lines; where they are too many, how many more there are."""
        room = max(self._console.height - _LEFT_FREE, 1)
        shown = list(lines[:room])
        if len(lines) > room:
            shown.append(Text(f"... and {len(lines) - room} more"))
        self._live.update(Group(*shown), refresh=True)
