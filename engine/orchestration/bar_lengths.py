"""Bars that run side by side in one portfolio, of several lengths or with shifted stamps: each is known at its close (L3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.config.schema import DataContainer
from engine.market.bar_times import Overlap, overlap, timed_by_close, timed_by_open
from engine.market.durations import DAY, duration_text
from engine.market.sources import FileSource
from engine.market.timeline import union
from engine.metrics.days import UTC_DAYS, day_numbers
from engine.orchestration.problems import PlanError, PlanProblem
from tracing.record import Clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from engine.market.bars import Bars, IntArray
    from engine.market.sources import Source
    from engine.orchestration.plan import Plan


@dataclass(frozen=True, slots=True, eq=False)
class Timed:
    """The bars by data container as a run shall see them, and remarks, one line each."""

    bars: Mapping[str, Bars]
    warnings: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Mix:
    """Why bars of these data containers must be known at their closes.

    `words` complete "the portfolio ..."; `overlap` is that of the stamps of `shifted` with those of `against`, if it is that.
    """

    words: str
    data: tuple[str, ...]
    shifted: str = ""
    against: str = ""
    overlap: Overlap | None = None

    @property
    def is_certain(self) -> bool:
        """Whether it is more than a few irregular stamps."""
        return self.overlap is None or self.overlap.is_shift


def time_bars(plan: Plan, bars: Mapping[str, Bars]) -> Timed:
    """Puts bars at their closes where a portfolio mixes lengths or shifted stamps, unless their stamps have the same order.

    Bars that keep shifted stamps are met by what is decided before they open; all others stay as they are.

    A few irregular stamps, as of half-days, are no shift: where `stamped` is not said, they are warned of.

    Raises:
        PlanError: where a length is unknown, or whether the stamps are those of opens or closes.
    """
    found = {data: _mix(bars, data) for data in {data for _, data in _portfolios(plan)}}
    mixing = {id_: mix for id_, data in _portfolios(plan) if (mix := found[data])}
    said = {id_ for id_, mix in mixing.items() if not any(_unsaid(plan, bars, id_, mix))}
    problems = [
        problem
        for id_, mix in mixing.items()
        if mix.is_certain and id_ not in said
        for problem in _unsaid(plan, bars, id_, mix)
    ]
    if problems:
        raise PlanError(list({problem.path: problem for problem in problems}.values()))
    timing = {id_: mix for id_, mix in mixing.items() if id_ in said}
    timed, moved = dict(bars), set[str]()
    for data in _joined(mix.data for mix in timing.values()):
        closing = [_at_closes(plan, id_, bars[id_]) for id_ in data]
        opening = _at_opens(plan, data, bars, closing)
        timed |= zip(data, opening or closing, strict=True)
        moved.update(() if opening else data)
    timing = {id_: mix for id_, mix in timing.items() if mix.data[0] in moved}
    unsure = {mix: id_ for id_, mix in reversed(mixing.items()) if id_ not in said}
    irregular = [_irregular(bars, id_, mix) for mix, id_ in unsure.items()]
    return Timed(timed, [*irregular, *_elsewhere(plan, timing), *dict.fromkeys(_benchmarks_apart(plan, timed))])


def _portfolios(plan: Plan) -> Iterator[tuple[str, tuple[str, ...]]]:
    return ((planned.id, plan.data_of[planned.id]) for planned in plan.of_type("portfolio"))


def _mix(bars: Mapping[str, Bars], data: tuple[str, ...]) -> _Mix | None:
    """One bar alone says nothing of its length, and is no length of its own."""
    lengths = {bars[id_].bar_length for id_ in data if bars[id_].bar_length}
    if len(lengths) > 1:
        mix = ", ".join(f"{id_} of {duration_text(bars[id_].bar_length)}" for id_ in data)
        return _Mix(f"mixes lengths of bars ({mix})", data)
    return _shift(bars, data, *lengths) if lengths and len(data) > 1 else None


def _shift(bars: Mapping[str, Bars], data: tuple[str, ...], length: int) -> _Mix | None:
    """The first shift between the stamps of one and those of all before it, else the first few that are irregular."""
    irregular: _Mix | None = None
    seen = bars[data[0]].timestamps
    for number, id_ in enumerate(data[1:], 1):
        stamps = bars[id_].timestamps
        found = overlap(stamps, seen, length)
        if found.partly and (found.is_shift or irregular is None):
            against = next(each for each in data[:number] if found.other in bars[each].timestamps)
            moments = f"{against} at {Clock().text(found.other)}, {id_} at {Clock().text(found.stamp)}"
            words = f"mixes bars of {duration_text(length)} with shifted stamps ({moments})"
            irregular = _Mix(words, data, id_, against, found)
            if found.is_shift:
                break
        if found.bars < len(stamps) or found.partly:
            seen = union((seen, stamps))
    return irregular


def _unsaid(plan: Plan, bars: Mapping[str, Bars], portfolio: str, mix: _Mix) -> Iterator[PlanProblem]:
    places = {container.id: number for number, container in enumerate(plan.config.containers)}
    for id_ in mix.data:
        source = _source(plan, id_)
        path = f"containers.{places[id_]}.source"
        if source.stamped is None:
            yield PlanProblem(f"{path}.stamped", "missing", f"expected open or close, since {portfolio} {mix.words}")
        if not bars[id_].bar_length:
            reason = f"expected the length of the bar, since there is only one and {portfolio} {mix.words}"
            yield PlanProblem(f"{path}.bar_length", "missing", reason)


def _joined(groups: Iterable[tuple[str, ...]]) -> list[list[str]]:
    """The data of groups that share any, each once: a data container publishes its bars in one way."""
    joined: list[list[str]] = []
    for group in dict.fromkeys(groups):
        meeting = [each for each in joined if not set(group).isdisjoint(each)]
        joined = [each for each in joined if each not in meeting]
        joined.append([*dict.fromkeys(id_ for each in (*meeting, group) for id_ in each)])
    return joined


def _at_closes(plan: Plan, id_: str, bars: Bars) -> Bars:
    source = _source(plan, id_)
    timezone = source.timezone if isinstance(source, FileSource) else None
    return timed_by_close(bars, source.stamped or "open", timezone)


def _at_opens(plan: Plan, data: Sequence[str], bars: Mapping[str, Bars], closing: Sequence[Bars]) -> list[Bars] | None:
    if any(_source(plan, id_).stamped != "open" for id_ in data):
        return None
    return timed_by_open([bars[id_] for id_ in data], closing)


def _irregular(bars: Mapping[str, Bars], portfolio: str, mix: _Mix) -> str:
    found = mix.overlap or Overlap()
    return (
        f"{mix.shifted}: {found.partly:,} of its {len(bars[mix.shifted]):,} bars are stamped beside those of {mix.against}, the "
        f"first at {Clock().text(found.stamp)} beside {Clock().text(found.other)}; what {portfolio} decides there may be filled by a "
        "bar that was under way, unless `stamped` (open or close) is said of all its data"
    )


def _elsewhere(plan: Plan, timing: Mapping[str, _Mix]) -> Iterator[str]:
    """Data that is put at its closes for one portfolio is at its closes for all."""
    for id_, data in _portfolios(plan):
        for each in data if id_ not in timing else ():
            other = next((portfolio for portfolio, mix in timing.items() if each in mix.data), None)
            if other is not None and _source(plan, each).stamped == "open":
                beside = "with shifted stamps" if timing[other].overlap else "of other lengths"
                yield (
                    f"{each}: its bars are timed by their closes, also in {id_}, because {other} hears bars {beside} "
                    f"beside them (a second data container over the same file would keep its stamps)"
                )


def _benchmarks_apart(plan: Plan, bars: Mapping[str, Bars]) -> Iterator[str]:
    """A benchmark is compared day by day: where its days are dated otherwise than those of the portfolio, other days meet.

    A bar of 22:00 may be of the next day, or one that closes then; unless `stamped` says it, the nearest stamps are compared.
    """
    for id_, data in _portfolios(plan):
        config = plan.portfolio(id_)
        name, day_of = config.benchmark, day_numbers(config.day_zone or UTC_DAYS)
        if name is None or name in data or bars[name].bar_length < DAY:
            continue
        for each in (each for each in data if bars[each].bar_length == bars[name].bar_length):
            is_said = _source(plan, name).stamped is not None and _source(plan, each).stamped is not None
            ours, theirs = (_opens(plan, one, bars[one]) if is_said else bars[one].timestamps for one in (name, each))
            found = overlap(ours, theirs, bars[name].bar_length)
            stamp = bars[name].timestamps.item(int(ours.searchsorted(found.stamp)))
            other = bars[each].timestamps.item(int(theirs.searchsorted(found.other)))
            if found.is_shift and day_of(stamp) != day_of(other):
                yield (
                    f"{name}: a benchmark stamped at {Clock().text(stamp)} beside {each} at {Clock().text(other)} is compared "
                    "a day apart from it; `day_zone` can put both on one day"
                    + ("" if is_said else ", `stamped` of both says which bars are of one")
                )


def _opens(plan: Plan, id_: str, bars: Bars) -> IntArray:
    opens = (bars if bars.at_close else _at_closes(plan, id_, bars)).decided_until
    return bars.timestamps if opens is None else opens


def _source(plan: Plan, id_: str) -> Source:
    config = plan.containers[id_].config
    if not isinstance(config, DataContainer):
        raise LookupError(f"{id_} is no data container")  # noqa: TRY004 - the id is wrong, not a type
    return config.source
