"""What a config may say: the structs are the only description of the file, the readers are made from them."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from engine.features.spec import FeatureSpec
from engine.market.sources import Source
from engine.strategies.builtin import Builtin
from engine.strategies.combine import Combine
from engine.trading.accounts import AnyAccount, MarginAccount
from engine.trading.costs import CommissionModel, FillAt, SlippageModel
from engine.trading.order_forms import AnyOrderForm, ExitForm, MarketForm
from engine.trading.risk import AnyRiskRule
from engine.trading.sizing import AllIn, Sizing
from tracing.settings import (
    ContainerTraceSettings,
    EventNames,
    PartialTraceSettings,
    PortfolioSettings,
    TraceSettingsBlock,
    TypeSettings,
)

ENVIRONMENTS = ("development", "production", "staging", "test")
CONTAINER_TYPES = ("data", "feature", "strategy", "portfolio", "execution", "analysis")

Inputs = Annotated[
    list[str], Meta(min_length=1, description="ids of the containers it listens to; * ? [ ] match several")
]
_Features = Annotated[
    dict[str, FeatureSpec], Meta(description="features by the names under which strategies read them")
]
_Tracing = ContainerTraceSettings | EventNames
_PortfolioTracing = PartialTraceSettings | EventNames


class UserComponent(msgspec.Struct, frozen=True, kw_only=True):
    """A component of the user's own: `name` is the dotted path, `parameters` is what stands beside it."""

    name: str
    parameters: dict[str, str | int | float | bool | None] = {}


class OwnModel(UserComponent, frozen=True, kw_only=True):
    """A cost model or sizing of the user's own, by its dotted path."""


Strategy = Builtin | UserComponent
AnySizing = Sizing | OwnModel
AnyCommission = CommissionModel | OwnModel
AnySlippage = SlippageModel | OwnModel


class Container(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    """What every container may say."""

    id: Annotated[str, Meta(description="its name, and the name of its folder in the results")]
    event_tracing: (
        Annotated[_Tracing, Meta(description="trace settings of this container alone, or just its event names")] | None
    ) = None

    @property
    def type(self) -> str:
        """The type as it is written: data, feature, strategy, portfolio, execution or analysis."""
        return str(self.__struct_config__.tag)


class DataContainer(Container, frozen=True, kw_only=True, tag="data", forbid_unknown_fields=True):
    """Bars of one symbol."""

    source: Annotated[Source, Meta(description="a file of bars, or {name: synthetic, ...}")]


class FeatureContainer(Container, frozen=True, kw_only=True, tag="feature", forbid_unknown_fields=True):
    """Features computed once for everyone who listens."""

    inputs: Inputs
    features: _Features


class StrategyContainer(Container, frozen=True, kw_only=True, tag="strategy", forbid_unknown_fields=True):
    """A strategy whose signals several portfolios may follow."""

    inputs: Inputs
    features: _Features = {}
    strategy: Annotated[Strategy, Meta(description="{name: ..., its parameters}")]


class PortfolioContainer(Container, frozen=True, kw_only=True, tag="portfolio", forbid_unknown_fields=True):
    """Cash and positions. It follows the strategies among its inputs, and one of its own if it has one (rule C1)."""

    inputs: Inputs
    execution: Annotated[str, Meta(description="id of the execution container that fills its orders")] | None = None
    cash: Annotated[float, Meta(gt=0, description="initial cash, in quote currency")] = 100_000.0
    account: Annotated[
        AnyAccount, Meta(description="what may be held with it: {name: margin or cash, its parameters}")
    ] = MarginAccount()
    features: _Features = {}
    strategy: Annotated[Strategy, Meta(description="{name: ..., its parameters}")] | None = None
    combine: (
        Annotated[
            Combine, Meta(description="how several strategies become one decision; without it the last one holds")
        ]
        | None
    ) = None
    sizing: Annotated[AnySizing, Meta(description="how many units an entry asks for: {name: ..., its parameters}")] = (
        AllIn()
    )
    weights: Annotated[
        dict[str, Annotated[float, Meta(gt=0)]],
        Meta(description="by symbol: what the size of its entries is multiplied by; all symbols or none"),
    ] = {}
    lot_size: (
        Annotated[float, Meta(gt=0, description="units that entries are multiples of; fractions without it")] | None
    ) = None
    minimum_notional: Annotated[
        float, Meta(ge=0, description="least that an order may be worth which makes a position larger, quote currency")
    ] = 0.0
    entry: Annotated[
        AnyOrderForm, Meta(description="the order by which a position is entered: {order: ..., its keys}")
    ] = MarketForm()
    exit: Annotated[ExitForm, Meta(description="how positions are left, and the orders that protect them")] = ExitForm()
    risk: Annotated[list[AnyRiskRule], Meta(description="rules in order: a list of {name: ..., its parameters}")] = []
    close_at_end: Annotated[bool, Meta(description="whether what is still open is closed at the last close")] = True
    days_per_year: (
        Annotated[
            int,
            Meta(
                gt=0, le=366, description="days with a bar that a year has, for annual figures; by the data without it"
            ),
        ]
        | None
    ) = None
    risk_free_rate: Annotated[float, Meta(gt=-1, description="return per year, as a fraction: 0.02 is 2%")] = 0.0
    event_tracing: (
        Annotated[
            _PortfolioTracing, Meta(description="trace settings of this portfolio alone, or just its event names")
        ]
        | None
    ) = None
    day_zone: (
        Annotated[
            str,
            Meta(
                description="where days end: an IANA zone, or a time of day and a zone (17:00 America/New_York); without it midnight UTC, or between sessions that cross that"
            ),
        ]
        | None
    ) = None
    benchmark: (
        Annotated[str, Meta(description="id of the data container that alpha, beta and the like compare with")] | None
    ) = None


class ExecutionContainer(Container, frozen=True, kw_only=True, tag="execution", forbid_unknown_fields=True):
    """The terms on which orders are filled."""

    fill_at: Annotated[FillAt, Meta(description="which price of the next bar fills a market order")] = "next_open"
    commission: Annotated[
        AnyCommission | list[AnyCommission], Meta(description="one model, or several that add up")
    ] = []
    slippage: Annotated[AnySlippage | list[AnySlippage], Meta(description="one model, or several that add up")] = []
    participation: (
        Annotated[
            float,
            Meta(gt=0, le=1, description="most of a bar's volume that a portfolio's orders may fill: 0.1 is a tenth"),
        ]
        | None
    ) = None

    @property
    def commissions(self) -> list[AnyCommission]:
        """The commission models in order."""
        return self.commission if isinstance(self.commission, list) else [self.commission]

    @property
    def slippages(self) -> list[AnySlippage]:
        """The slippage models in order."""
        return self.slippage if isinstance(self.slippage, list) else [self.slippage]


class AnalysisContainer(Container, frozen=True, kw_only=True, tag="analysis", forbid_unknown_fields=True):
    """Listens, so that what it hears can be traced."""

    inputs: Inputs


AnyContainer = (
    DataContainer | FeatureContainer | StrategyContainer | PortfolioContainer | ExecutionContainer | AnalysisContainer
)


class ResultsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is written beside the metrics, when, and how surely."""

    trades: Annotated[bool, Meta(description="write trades.jsonl.gz for each portfolio")] = False
    equity: Annotated[bool, Meta(description="write equity.jsonl.gz for each portfolio")] = False
    snapshot_every: Annotated[
        int,
        Meta(
            ge=0,
            description="closed trades after which a portfolio's metrics.json is rewritten while the run goes on; 0: only at its end",
        ),
    ] = 100
    clear_on_snapshot: Annotated[
        bool,
        Meta(description="at each snapshot, let go of what the tracer keeps in memory of ended trades and of no trade"),
    ] = False
    durable: Annotated[
        bool, Meta(description="wait for the disk after each write: what is written then survives the loss of power")
    ] = False


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the top level and an environment block may both say."""

    name: Annotated[str, Meta(description="name of the run; the file's name without its ending if not given")] = ""
    seed: Annotated[int, Meta(ge=0, description="where everything random starts")] = 0
    containers: Annotated[list[AnyContainer], Meta(min_length=1, description="the containers of the run")] = []
    trace_settings: TraceSettingsBlock = TraceSettingsBlock()
    data_settings: TypeSettings = TypeSettings()
    feature_settings: TypeSettings = TypeSettings()
    strategy_settings: TypeSettings = TypeSettings()
    portfolio_settings: PortfolioSettings = PortfolioSettings()
    execution_settings: TypeSettings = TypeSettings()
    analysis_settings: TypeSettings = TypeSettings()
    root_settings: TypeSettings = TypeSettings()
    results: ResultsSettings = ResultsSettings()
    block_size: Annotated[
        int, Meta(ge=1, le=10_000_000, description="steps handled at once: bounds the memory, changes no result")
    ] = 65_536
    timeout_s: (
        Annotated[
            float,
            Meta(gt=0, description="seconds that a portfolio's own work may take altogether; beyond, it fails alone"),
        ]
        | None
    ) = None
    memory_mb: (
        Annotated[
            float,
            Meta(
                gt=0,
                description="MiB that no process of the run may exceed: compared with the estimate before, watched during",
            ),
        ]
        | None
    ) = None


class RunConfig(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole config with the environment's block merged in, sweeps expanded and defaults filled."""

    environment: Annotated[str, Meta(description="the environment whose block is merged in")] | None = None
    environments: Annotated[list[str], Meta(description="environments beside the built-in ones")] = []
    containers: Annotated[list[AnyContainer], Meta(min_length=1, description="the containers of the run")]

    def type_settings(self, container_type: str) -> TypeSettings:
        """The `<type>_settings` of a container type, or of `root`."""
        settings: Any = getattr(self, f"{container_type}_settings")
        return settings  # type: ignore[no-any-return]
