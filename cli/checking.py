"""`admf check`, step by step: read the config, look at its data, cut the data for each portfolio, print."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cli.answering import answered
from cli.asked import chosen
from cli.exits import FAILED, OK, REFUSED
from cli.loading import Reason, RefusedConfigError, load, located, of_data, refused_by_strict
from cli.render.check import (
    NOT_SEEN,
    finding_as_data,
    finding_in_words,
    not_seen_in_words,
    survey_as_data,
    survey_in_words,
)
from cli.render.terminal import Terminal
from engine.market.problems import BadData
from engine.market.survey import survey
from engine.orchestration.bar_lengths import time_bars
from engine.orchestration.explanation import explain
from engine.orchestration.lookahead import look_ahead
from engine.orchestration.prepare import data_requests, prepare
from engine.orchestration.problems import PlanError
from engine.orchestration.unknown import hopeless

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from cli.config_file import LoadedConfig
    from cli.render.messages import Messages
    from engine.market.survey import Survey
    from engine.orchestration.lookahead import Finding
    from engine.orchestration.prepare import Prepared

_WRONG = ("looks_ahead", "failed")


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line; `container_id` may be a pattern."""

    config: Path
    container_id: str | None
    environment: str | None
    assignments: tuple[str, ...]
    data: bool
    lookahead: bool
    points: int
    strict: bool
    as_json: bool


def check_config(request: Request) -> int:
    """Prints what was asked for; returns the exit code: 2 if data is refused, 1 if a portfolio looks ahead or fails."""
    return answered(partial(_check, request))


def _check(request: Request, messages: Messages) -> int:
    loaded = load(request.config, request.environment, request.assignments)
    terminal = Terminal()
    surveys, refusals, planned, timing = _surveyed(loaded) if request.data else ([], [], [], [])
    is_refused = bool(refusals) or any(each.refused for each in surveys)
    prepared = _prepared(loaded) if request.lookahead and not is_refused else None
    planned = planned if prepared is None else prepared.warnings
    seen = [*(line for each in surveys for line in each.warnings), *timing]
    remarks: list[Reason] = [*loaded.warnings, *planned, *(line for line in seen if line not in planned)]
    is_refused = is_refused or bool(request.strict and remarks)
    if not request.as_json:
        terminal.print(line for each in surveys for line in survey_in_words(each, terminal.width))
    findings = _looked(request, prepared) if prepared is not None and not is_refused else iter(())
    if request.as_json:
        found = list(findings)
        terminal.print_value(_as_json(request, surveys, found, [*map(str, refusals)], [*map(str, remarks)]))
    else:
        found = []
        for each in findings:
            found.append(each)
            terminal.print(finding_in_words(each, terminal.width))
        terminal.print(not_seen_in_words(found, terminal.width))
    for line in remarks:
        if request.strict:
            messages.error(refused_by_strict(line))
        else:
            messages.warn(line)
    for line in refusals:
        messages.error(line)
    if is_refused:
        return REFUSED
    return FAILED if any(each.verdict in _WRONG for each in found) else OK


def _surveyed(loaded: LoadedConfig) -> tuple[Sequence[Survey], Sequence[Reason], Sequence[Reason], Sequence[str]]:
    """What the data containers hold, what a run would refuse of them together, and what it would warn of: plan, then data."""
    try:
        explained = explain(loaded.config, loaded.locations, loaded.base_folder)
    except PlanError as error:
        raise RefusedConfigError(*located(error, loaded)) from error
    plan = explained.plan
    surveys = survey(data_requests(plan, loaded.locations), seed=loaded.config.seed)
    bars = {each.container_id: each.bars for each in surveys if each.bars is not None}
    if len(bars) < len(surveys):
        return surveys, [], explained.odd, []
    planned = [*explained.odd, *hopeless(plan, bars, loaded.locations)]
    try:
        return surveys, [], planned, time_bars(plan, bars).warnings
    except PlanError as error:
        return surveys, located(error, loaded), planned, []


def _prepared(loaded: LoadedConfig) -> Prepared:
    try:
        return prepare(loaded.config, loaded.locations, loaded.base_folder)
    except PlanError as error:
        raise RefusedConfigError(*located(error, loaded)) from error
    except BadData as error:
        raise RefusedConfigError(*of_data(error)) from error


def _looked(request: Request, prepared: Prepared) -> Iterator[Finding]:
    portfolios = [planned.id for planned in prepared.plan.of_type("portfolio")]
    for id_ in chosen(request.container_id, portfolios):
        yield look_ahead(prepared.plan, prepared.bars, id_, request.points)


def _as_json(
    request: Request,
    surveys: Sequence[Survey],
    findings: Sequence[Finding],
    refusals: Sequence[str],
    warnings: Sequence[str],
) -> str:
    parts: dict[str, object] = {}
    if request.data:
        parts |= {"data": [survey_as_data(each) for each in surveys], "refused": list(refusals)}
    if request.lookahead:
        parts |= {"lookahead": [finding_as_data(each) for each in findings], "not_seen": NOT_SEEN}
    return json.dumps(parts | {"warnings": list(warnings)}, indent=2)
