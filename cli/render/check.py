"""What `admf check` found: market data at a first look, and whether cutting it changed the past."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from rich.text import Text

from cli.render.events import in_words
from cli.render.hanging import hung
from cli.render.safe_text import visible
from engine.market.durations import duration_text
from tracing.record import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.events import Event
    from engine.market.bars import Bars
    from engine.market.survey import Gaps, Survey
    from engine.orchestration.lookahead import Finding

_BELOW = 6
_MIDNIGHT = "T00:00:00Z"
_VERDICTS = {
    "ok": "ok",
    "looks_ahead": "looks ahead",
    "not_exercised": "not exercised",
    "not_repeatable": "not repeatable",
    "failed": "failed",
}
_AFTER = {"none": "no data", "high": "noise", "low": "noise"}
NOT_SEEN = "code that reads files itself, and columns of a file that were made from its later rows"
"""What no other future of the data can show."""

_NOTHING = "nothing"


def survey_in_words(found: Survey, width: int | None) -> Iterator[Text]:
    """A data container's source in a few lines of at most `width` cells."""
    yield from hung(
        Text(visible(found.container_id), "bold").append("  "), visible(f"{found.source} ({found.symbol})"), width
    )
    if found.bars is not None:
        for name, words in _facts(found, found.bars):
            yield from hung(Text(f"    {name}: "), words, width, _BELOW)
    dropped = ", ".join(f"{count} as {reason}" for reason, count in found.dropped.items())
    if dropped:
        yield from hung(Text("    bad rows: "), dropped, width, _BELOW)
    if not found.refused:
        yield Text("    refused: nothing")
        return
    yield Text("    refused:")
    for line in found.refused:
        yield from hung(Text(" " * _BELOW), visible(line), width, _BELOW)


def _facts(found: Survey, bars: Bars) -> Iterator[tuple[str, str]]:
    built = f", built into {len(bars):,} bars" if len(bars) != bars.rows else ""
    yield "rows", f"{bars.rows:,}{built}"
    yield "span", f"{moment(bars.timestamps.item(0))} to {moment(bars.timestamps.item(-1))}"
    yield "bar length", _length(bars.bar_length, "stated" if found.stated else "inferred")
    yield "stamped", f"at the {found.stamped}" if found.stamped else "not said whether at the open or the close"
    yield "zone", visible(bars.zone)
    yield "gaps", _gaps(found.gaps, bars.bar_length)
    if bars.extras:
        yield "further columns", visible(", ".join(bars.extras))


def _length(length: int, origin: str) -> str:
    return f"{duration_text(length)}, {origin}" if length else "unknown: there is one bar only"


def _gaps(gaps: Gaps, length: int) -> str:
    if gaps.longest is None:
        return "none"
    several = ", ".join(f"{count:,} of {duration_text(distance)}" for distance, count in gaps.lengths)
    longest, before, after = gaps.longest
    more = "" if sum(count for _, count in gaps.lengths) == gaps.count else ", ..."
    return (
        f"{gaps.count:,} times more than {duration_text(length)} to the next bar: {several}{more}; "
        f"the longest {duration_text(longest)}, {moment(before)} to {moment(after)}"
    )


def moment(timestamp: int) -> str:
    """A timestamp in ns; the day alone at midnight."""
    return Clock().text(timestamp).removesuffix(_MIDNIGHT)


def survey_as_data(found: Survey) -> dict[str, Any]:
    """The same for a program."""
    bars, gaps = found.bars, found.gaps
    known: dict[str, Any] = {}
    if bars is not None:
        known = {
            "rows": bars.rows,
            "bars": len(bars),
            "first": Clock().text(bars.timestamps.item(0)),
            "last": Clock().text(bars.timestamps.item(-1)),
            "bar_length": duration_text(bars.bar_length) if bars.bar_length else None,
            "bar_length_stated": found.stated,
            "stamped": found.stamped,
            "zone": bars.zone,
            "gaps": _gaps_as_data(gaps),
            "further_columns": list(bars.extras),
        }
    named = {"container_id": found.container_id, "source": found.source, "symbol": found.symbol}
    return named | known | {"dropped": dict(found.dropped), "refused": list(found.refused)}


def _gaps_as_data(gaps: Gaps) -> dict[str, Any]:
    lengths = [{"length": duration_text(length), "count": count} for length, count in gaps.lengths]
    if gaps.longest is None:
        return {"count": gaps.count, "lengths": lengths, "longest": None}
    length, before, after = gaps.longest
    longest = {"length": duration_text(length), "from": Clock().text(before), "to": Clock().text(after)}
    return {"count": gaps.count, "lengths": lengths, "longest": longest}


def finding_in_words(found: Finding, width: int | None) -> Iterator[Text]:
    """What cutting the data of a portfolio showed, in a few lines of at most `width` cells."""
    start = Text(visible(found.portfolio), "bold").append("  ").append(_VERDICTS[found.verdict]).append(": ")
    yield from hung(start, _said(found), width)
    if found.verdict == "looks_ahead":
        yield from hung(Text("    with all data: "), _event(found.whole), width, _BELOW)
        other = "with less" if found.future == "none" else "with noise"
        yield from hung(Text(f"    {other}: "), _event(found.part), width, _BELOW)


def not_seen_in_words(findings: Sequence[Finding], width: int | None) -> Iterator[Text]:
    """What the check cannot show, where it found a portfolio to be ok."""
    if any(found.verdict == "ok" for found in findings):
        yield from hung(Text("not seen: "), NOT_SEEN, width)


def _said(found: Finding) -> str:
    match found.verdict:
        case "looks_ahead":
            after = f"with {_AFTER[found.future]} after {moment(found.cut)}"
            return f"{after}, what happens at {moment(found.moment)} is different"
        case "failed":
            after = f"with no data after {moment(found.cut)}: " if found.cut else ""
            return visible(after + found.error)
        case "not_repeatable":
            return "the same data gave something else the second time (a generator of random numbers that is not made anew?)"
        case "not_exercised":
            return f"nothing happened before any of {found.cuts} cuts, so nothing is known"
        case _:
            asked = f"; targets the same whatever comes after each of {found.asked:,} bars" if found.asked else ""
            return f"{found.cuts} cuts, {found.exercised} with events before them, {found.compared:,} events the same{asked}"


def _event(event: Event | None) -> str:
    if event is None:
        return _NOTHING
    return visible(f"{moment(event.timestamp)} {event.type} {in_words(_plain(event))}")


def finding_as_data(found: Finding) -> dict[str, Any]:
    """The same for a program."""
    return {
        "container_id": found.portfolio,
        "verdict": found.verdict,
        "cuts": found.cuts,
        "exercised": found.exercised,
        "compared": found.compared,
        "asked": found.asked,
        "timestamp": Clock().text(found.moment) if found.moment else None,
        "cut": Clock().text(found.cut) if found.cut else None,
        "after_cut": _AFTER[found.future] if found.cut else None,
        "whole": None if found.whole is None else _plain(found.whole),
        "part": None if found.part is None else _plain(found.part),
        "error": found.error or None,
    }


def _plain(event: Event) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(event)
    return plain | {"timestamp": Clock().text(event.timestamp)}
