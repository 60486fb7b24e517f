"""Fields whose text must mean something more than its type says: zones, lengths of time, dates, ids, event types."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from zoneinfo import available_timezones

from engine.config.components import component_readers
from engine.config.containers import ContainersReader
from engine.config.dynamic_rules import ActionReader, ConditionReader
from engine.config.forms import ListReader, TableReader, UnionReader
from engine.config.identity import id_fault
from engine.config.readers import ChoiceReader, Reader, TextReader
from engine.config.schema import (
    ENVIRONMENTS,
    AnalysisContainer,
    AnyContainer,
    Container,
    FeatureContainer,
    PortfolioContainer,
    RunConfig,
    Settings,
    Strategy,
    StrategyContainer,
)
from engine.config.structs import StructReader, TaggedReader
from engine.config.walker import ReaderFactory
from engine.events import EVENT_TYPES
from engine.features.spec import FeatureSpec
from engine.guesses import closest, nearest
from engine.market.durations import duration_ns
from engine.market.sources import ROLES, FileSource, SyntheticSource
from engine.market.time_patterns import strptime_pattern
from engine.market.zones import zone_named
from engine.metrics.days import day_zone
from engine.own_events import is_own_type
from engine.strategies.calendar import Calendar
from engine.strategies.columns import BuiltinStrategy
from engine.strategies.combinator import ListCombinator, SingleCombinator
from engine.strategies.combine import CombineRule
from engine.trading.accounts import AccountModel
from engine.trading.costs import CostModel
from engine.trading.order_forms import OrderForm
from engine.trading.risk import RiskRule
from engine.trading.sizing import SizingModel
from tracing.settings import (
    ContainerTraceSettings,
    DynamicRule,
    PartialTraceSettings,
    RuleAction,
    TraceAction,
    TypeSettings,
)
from tracing.storage.paths import StoragePathError, folder_within_results

_FIRST_YEAR, _LAST_YEAR = 1678, 2261
_KINDS: dict[type, str] = {
    Container: "container type",
    BuiltinStrategy: "strategy",
    SizingModel: "sizing",
    RiskRule: "risk rule",
    AccountModel: "kind of account",
    CombineRule: "way to combine",
    CostModel: "cost model",
    OrderForm: "order type",
    SyntheticSource: "source",
}


_HOUR = re.compile(r"(\d{1,2})(?:[:.h](\d\d))? *(am|pm)?")
_HOURS_OF_HALF, _MINUTES = 12, 60


@lru_cache(maxsize=256)
def _zone_fault(text: str) -> str | None:
    try:
        zone_named(text)
    except ValueError:
        return f"expected an IANA time zone such as Europe/Paris{nearest(text, available_timezones())}"
    return None


@lru_cache(maxsize=256)
def _day_zone_fault(text: str) -> str | None:
    try:
        zone_named(day_zone(text).name)
    except ValueError:
        expected = "expected an IANA time zone such as Europe/Paris, or a time of day and one: 17:00 America/New_York"
        clock, _, name = text.rpartition(" ")
        zone = closest(name, available_timezones())
        meant = [_time_of_day(clock), zone] if clock else [zone]
        return f"{expected}; did you mean {' '.join(meant)!r}?" if all(meant) else expected
    return None


def _time_of_day(text: str) -> str:
    """`17:00` for what people write instead, such as 5pm; empty if it is no time of day."""
    found = _HOUR.fullmatch(text.strip().lower())
    if found is None:
        return ""
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half and 1 <= hour <= _HOURS_OF_HALF:
        hour = hour % _HOURS_OF_HALF + (_HOURS_OF_HALF if half == "pm" else 0)
    elif (hour, minute) == (2 * _HOURS_OF_HALF, 0):
        hour = 0
    return f"{hour:02}:{minute:02}" if hour < 2 * _HOURS_OF_HALF and minute < _MINUTES else ""


def _duration_fault(text: str) -> str | None:
    try:
        duration_ns(text)
    except ValueError:
        return "expected a length of time such as 5m, 1h, 1d or 1w"
    return None


def _moment_fault(text: str) -> str | None:
    try:
        year = datetime.fromisoformat(text).year
    except ValueError:
        return "expected a date such as 2020-01-31, or a time such as 2020-01-31T09:30"
    within = _FIRST_YEAR <= year <= _LAST_YEAR
    return None if within else f"expected a year from {_FIRST_YEAR} to {_LAST_YEAR}"


def _format_fault(text: str) -> str | None:
    try:
        strptime_pattern(text)
    except ValueError as error:
        return f"expected a format such as %d/%m/%Y %H:%M: {error}"
    return None


def _folder_fault(text: str) -> str | None:
    try:
        folder_within_results(text)
    except StoragePathError as error:
        return f"expected a folder inside the output folder: {error}"
    return None


def _name_fault(name: str) -> str | None:
    """Dots are left to the outputs of features that have several; the rest could be mistaken for something else."""
    if not name or not all(c.isalnum() or c in "_-" for c in name):
        return "a name is made of letters, digits, _ and -"
    return None


def _column_fault(name: str) -> str | None:
    """Any role, or a new name for a further column; a role in other letters is a slip."""
    role = name.casefold()
    if name in ROLES:
        return None
    return f"did you mean {role!r}?" if role in ROLES else _name_fault(name)


def _checked(check: Callable[[str], str | None]) -> Reader:
    return UnionReader(nullable=True, scalar=TextReader(check=check))


def _special_readers() -> dict[object, Reader]:
    """Readers by type, or by (struct, field name)."""
    literal_list = ListReader(TextReader(literal=True), least=1)
    return {
        **component_readers(),
        (Container, "id"): TextReader("a name for the container", id_fault, literal=True),
        **{(cls, "inputs"): literal_list for cls in (FeatureContainer, StrategyContainer, AnalysisContainer)},
        (PortfolioContainer, "inputs"): literal_list,
        (PortfolioContainer, "day_zone"): _checked(_day_zone_fault),
        (FileSource, "timezone"): _checked(_zone_fault),
        (FileSource, "timeframe"): _checked(_duration_fault),
        (OrderForm, "good_for"): _checked(_duration_fault),
        (FileSource, "bar_length"): _checked(_duration_fault),
        (FileSource, "start"): _checked(_moment_fault),
        (FileSource, "end"): _checked(_moment_fault),
        (FileSource, "timestamp_format"): _checked(_format_fault),
        (FileSource, "columns"): UnionReader(nullable=True, mapping=TableReader(TextReader(), _column_fault)),
        (Calendar, "timezone"): TextReader("an IANA time zone", _zone_fault),
        (SyntheticSource, "start"): TextReader("a date", _moment_fault),
        (SyntheticSource, "bar_length"): TextReader("a length of time", _duration_fault),
    }


def _factory() -> ReaderFactory:
    nested = TaggedReader("strategy", "name", {}, None)
    special = {
        **_special_readers(),
        (ListCombinator, "of"): ListReader(nested, least=1, into=tuple),
        (SingleCombinator, "of"): nested,
    }
    factory = ReaderFactory(special, _KINDS, {Container: ("sweep",), RunConfig: ("extends", *ENVIRONMENTS)})
    event_types = ListReader(ChoiceReader(EVENT_TYPES, "an event type", is_own_type))
    events = UnionReader(scalar=ChoiceReader(("ALL",)), sequence=event_types)
    features = TableReader(special[FeatureSpec], _name_fault)
    special |= {(cls, "features"): features for cls in (FeatureContainer, StrategyContainer, PortfolioContainer)}
    special[TraceAction, "events_to_trace"] = events
    special[TypeSettings, "event_tracing"] = events
    special[ContainerTraceSettings, "storage_path"] = TextReader("a folder inside the output folder", _folder_fault)
    special[DynamicRule, "condition"] = ConditionReader()
    special[DynamicRule, "action"] = ActionReader(RuleAction, factory.struct(RuleAction).fields)
    for cls, written in ((PortfolioContainer, PartialTraceSettings), (Container, ContainerTraceSettings)):
        special[cls, "event_tracing"] = UnionReader(
            nullable=True,
            scalar=ChoiceReader(("ALL",)),
            sequence=event_types,
            mapping=factory.reader(written),
        )
    _nest(factory, nested)
    special[Settings, "containers"] = ContainersReader(factory.reader(AnyContainer))
    return factory


def _nest(factory: ReaderFactory, nested: TaggedReader) -> None:
    """Lets the reader of a strategy inside another read whatever a strategy may be: that is known only now."""
    whole = factory.reader(Strategy)
    tagged = whole.mapping if isinstance(whole, UnionReader) else None
    if not isinstance(tagged, TaggedReader):
        raise TypeError("a strategy is one of several structs")
    nested.options, nested.own = tagged.options, tagged.own


_FILE = TextReader("the path of a config file")
EXTENDS: Reader = UnionReader(scalar=_FILE, sequence=ListReader(_FILE, least=1))
_FACTORY = _factory()
SETTINGS: StructReader = _FACTORY.struct(Settings)
RUN_CONFIG: StructReader = _FACTORY.struct(RunConfig)
