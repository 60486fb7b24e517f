"""The replay of one container: who can be replayed, its events taken in turn, its metrics.json made once more (rule T6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from engine.metrics.container_metrics import EVENTS, PORTFOLIO_EVENTS, events_by_type
from engine.metrics.definitions import compute_metrics
from engine.metrics.year import DaysPerYear
from engine.orchestration.results_folder import json_text
from engine.replay.account import AccountReplay
from engine.replay.difference import NO_EVENT, Difference, DifferenceFoundError, shown, values_differ
from engine.replay.sequence import Sequence
from engine.trading.accounts import Borrowing
from tracing.settings import TraceSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

Outcome = Literal["replayed", "differs", "skipped", "damaged"]


class Notes(msgspec.Struct, frozen=True):
    """The constants among the notes on metrics."""

    symbols: list[str]
    days_per_year: int
    days_per_year_source: str
    risk_free_rate: float
    day_zone: str
    day_zone_source: str = ""
    benchmark: str | None = None
    benchmark_day_zone: str | None = None
    borrow_percent: float = 0.0
    interest_percent: float = 0.0

    @property
    def borrowing(self) -> Borrowing | None:
        """What loans cost, if anything."""
        rates = Borrowing(self.borrow_percent, self.interest_percent)
        return rates if any(rates) else None


class Cash(msgspec.Struct, frozen=True):
    """The one constant among the metrics."""

    initial_equity: float


class Record(msgspec.Struct, frozen=True):
    """What a replay reads of a portfolio's metrics.json: constants, and how it was traced."""

    container_id: str
    type: str
    status: str
    metrics: dict[str, Any]
    metric_notes: dict[str, Any]
    tracing: dict[str, Any]
    trace_settings: TraceSettings


class DamagedTraceError(Exception):
    """The events cannot be read any further; the text says why."""


class Verdict(msgspec.Struct, frozen=True):
    """What came of it. `events`: how many were read; `reason`: why it was skipped or is damaged."""

    container_id: str
    outcome: Outcome
    events: int = 0
    reason: str | None = None
    difference: Difference | None = None


def why_not(record: Record) -> str | None:
    """Why a container's metrics cannot be recomputed from its events, None if they can."""
    settings = record.trace_settings
    started = record.tracing.get("started_at")
    if record.status == "running":
        return "its run has not finished"
    if record.type != "portfolio":
        return f"only portfolios have metrics made of events, and this is of type {record.type}"
    if started is not None:
        return f"a dynamic rule changed what was traced, from {started} on"
    if not settings.streams:
        kept = record.tracing.get("window")
        return "only events that it kept in memory were written" if kept else "its events were not written to disk"
    if settings.events_to_trace != "ALL":
        return f"only {', '.join(settings.events_to_trace)} were traced"
    return None


def replay(document: bytes, events: Iterable[dict[str, Any]]) -> Verdict:
    """Recomputes the metrics of a fully traced portfolio, and with them its metrics.json, which `document` holds.

    `events` come in order as dicts; where they cannot be read to the end, iterating raises DamagedTraceError.
    """
    record = msgspec.json.decode(document, type=Record)
    sequence = Sequence()
    try:
        notes, cash = _constants(record)
        account = AccountReplay(
            record.container_id,
            cash,
            notes.symbols,
            notes.day_zone,
            benchmark=notes.benchmark,
            benchmark_zone=notes.benchmark_day_zone or notes.day_zone,
            borrowing=notes.borrowing,
        )
        for timestamp, step in sequence.steps(events):
            account.take(timestamp, step)
        if record.status == "completed":
            account.check_complete()
            if account.benchmark is not None:
                account.benchmark.mark()
        metrics, new_notes = _recompute(account, notes)
        _check_document(document, record, metrics | _events(record, sequence), new_notes)
    except DifferenceFoundError as error:
        return Verdict(record.container_id, "differs", sequence.events, difference=error.difference)
    except DamagedTraceError as error:
        return Verdict(record.container_id, "damaged", sequence.events, reason=str(error))
    return Verdict(record.container_id, "replayed", sequence.events)


def _constants(record: Record) -> tuple[Notes, float]:
    try:
        cash = msgspec.convert(record.metrics, Cash).initial_equity
        return msgspec.convert(record.metric_notes, Notes), cash
    except msgspec.ValidationError as error:
        what = f"metrics.json lacks a constant that a replay needs ({error})"
        raise DifferenceFoundError(Difference(NO_EVENT, "", what)) from error


def _recompute(account: AccountReplay, notes: Notes) -> tuple[dict[str, Any], dict[str, Any]]:
    metrics, new_notes = compute_metrics(
        account.statistics.book,
        account.curve(),
        open_trades=account.books.open_positions,
        unrealised_pnl=account.unrealised_pnl,
        symbols=notes.symbols,
        days_per_year=DaysPerYear(notes.days_per_year, notes.days_per_year_source),
        years=account.years,
        risk_free_rate=notes.risk_free_rate,
        day_zone=notes.day_zone,
        day_zone_source=notes.day_zone_source,
        benchmark=account.benchmark,
        borrow_cost=account.books.borrow_cost,
        rates=None if notes.borrowing is None else notes.borrowing._asdict(),
    )
    return dict(metrics), dict(new_notes)


def _events(record: Record, sequence: Sequence) -> dict[str, Any]:
    """The counts of the portfolio's own events. What failed may have numbered some that its failure then kept back."""
    if record.status == "failed":
        return {name: count for name, count in record.metrics.items() if name.startswith(EVENTS)}
    return dict(events_by_type(sequence.published(record.container_id), PORTFOLIO_EVENTS))


def _check_document(document: bytes, record: Record, metrics: dict[str, Any], notes: dict[str, Any]) -> None:
    _check_same("metrics", record.metrics, metrics)
    _check_same("metric_notes", record.metric_notes, notes)
    whole = msgspec.json.decode(document) | {"metrics": metrics, "metric_notes": notes}
    if json_text(whole) != document:
        raise DifferenceFoundError(
            Difference(NO_EVENT, "", "metrics.json holds these values in other bytes than a run writes")
        )


def _check_same(place: str, recorded: dict[str, Any], recomputed: dict[str, Any]) -> None:
    """Compares as bytes, names and their order included."""
    nowhere = NO_EVENT, ""
    for name in {**recomputed, **recorded}:
        pair = recorded.get(name), recomputed.get(name)
        if shown(pair[0]) != shown(pair[1]):
            raise values_differ(nowhere, f"{place}.{name}", pair)
    if list(recorded) != list(recomputed):
        raise values_differ(nowhere, f"the order of {place}", (list(recorded), list(recomputed)))
