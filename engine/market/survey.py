"""A first look at market data: what a file holds, and what would be refused of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from engine.market.bars import Bars, IntArray
from engine.market.column_file import ColumnFile
from engine.market.load import DataRequest, load_bars
from engine.market.problems import BadData
from engine.market.sources import FileSource

MOST_LENGTHS = 4


@dataclass(frozen=True, slots=True)
class Gaps:
    """Where bars are further apart than their length.

    Attributes:
        count: how many such places.
        lengths: the most frequent distances, ns, with how often each, the most frequent first.
        longest: the longest distance, ns, with the timestamps of the bars around it.
    """

    count: int
    lengths: Sequence[tuple[int, int]]
    longest: tuple[int, int, int] | None


@dataclass(frozen=True, slots=True)
class Survey:
    """What a data container's source holds.

    `bars` are those that are good, None if the source cannot be read at all; `stated`: whether the config says their length;
    `stamped`: what it says of their stamps, if anything. `refused` says what a run would refuse, one line each; `dropped`
    counts bad rows by reason; `warnings` are remarks, one line each.
    """

    container_id: str
    source: str
    symbol: str
    stated: bool
    stamped: str | None
    bars: Bars | None
    gaps: Gaps
    refused: Sequence[str]
    dropped: Mapping[str, int]
    warnings: Sequence[str]


def survey(requests: Sequence[DataRequest], *, seed: int) -> list[Survey]:
    """Looks at the source of each data container; one that would be refused is read once more without its bad rows.

    Raises:
        ReaderFailed: the reading process died.
    """
    try:
        loaded = load_bars(requests, seed=seed)
    except BadData:
        file = ColumnFile()
        return [_alone(request, seed, file) for request in requests]
    return [
        _surveyed(request, loaded.bars[request.container_id], [], _about(request, loaded.warnings))
        for request in requests
    ]


def gaps_of(timestamps: IntArray, bar_length: int) -> Gaps:
    """The places where neighbours are further apart than `bar_length` ns."""
    distances = np.diff(timestamps)
    wide = np.flatnonzero(distances > bar_length)
    if not bar_length or not len(wide):
        return Gaps(0, (), None)
    lengths, counts = np.unique(distances[wide], return_counts=True)
    order = np.lexsort((lengths, -counts))[:MOST_LENGTHS]
    widest = wide[np.argmax(distances[wide])]
    around = timestamps.item(widest), timestamps.item(widest + 1)
    frequent = [(int(lengths[place]), int(counts[place])) for place in order]
    return Gaps(len(wide), frequent, (around[1] - around[0], *around))


def _alone(request: DataRequest, seed: int, file: ColumnFile) -> Survey:
    problems: list[str] = []
    try:
        loaded = load_bars([request], seed=seed, file=file)
    except BadData as error:
        problems = [str(problem) for problem in error.problems]
        try:
            loaded = load_bars([_dropping(request)], seed=seed, file=file)
        except BadData:
            return _surveyed(request, None, problems, [])
    return _surveyed(request, loaded.bars[request.container_id], problems, loaded.warnings)


def _dropping(request: DataRequest) -> DataRequest:
    source = request.source
    kind = msgspec.structs.replace(source, on_bad_row="drop") if isinstance(source, FileSource) else source
    return replace(request, source=kind)


def _about(request: DataRequest, warnings: Sequence[str]) -> list[str]:
    """The remarks about the request's file: each begins with its path."""
    return [line for line in warnings if line.startswith(f"{getattr(request.source, 'path', '')}: ")]


def _surveyed(request: DataRequest, bars: Bars | None, refused: Sequence[str], warnings: Sequence[str]) -> Survey:
    source = request.source
    return Survey(
        container_id=request.container_id,
        source=source.path if isinstance(source, FileSource) else "synthetic",
        symbol=source.symbol,
        stated=not isinstance(source, FileSource) or bool(source.bar_length or source.timeframe),
        stamped=source.stamped,
        bars=bars,
        gaps=Gaps(0, (), None) if bars is None else gaps_of(bars.timestamps, bars.bar_length),
        refused=refused,
        dropped={} if bars is None else bars.dropped,
        warnings=warnings,
    )
