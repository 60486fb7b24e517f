"""What a person wrote of docs/configuration.md: the words around the tables that `document` makes."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.config.document_layers import LAYERS, SWEEPS
from engine.config.document_orders import ORDERS
from engine.config.reference import Key
from engine.config.schema import ENVIRONMENTS
from engine.strategies.builtin import BUILTIN

INTRODUCTION = """\
# Configuration

<!-- Generated: edit the descriptions of the structs, or engine/config/document_texts.py, then run
`python -m engine.config.document > docs/configuration.md`. -->

One YAML file describes a run. Try what you wrote with

    admf explain configs/quickstart.yaml          # what would run, and which line decided each trace setting
    admf run configs/quickstart.yaml --dry-run    # the same with the data read; writes nothing

Mistakes are reported all together, one line each: `<file>:<line>:<column>: <key>: <value>: <what was expected>`. A key that
nothing reads is a mistake. On a terminal the line stands beneath, with a caret under the place. What is odd without being
wrong is a warning, and with `--strict` refused: a pattern that matches no container, a feature that no strategy reads and no
trace shows, a container that nobody uses, a portfolio without a strategy. Relative paths start at the folder of the file they stand in.

Numbers, true and false are read as the key demands: `1e-4`, `1_000`, `yes` and `Off` are fine, `12:30` and `010` are refused.
Ids, names and keys are taken as they stand, so `id: 010` is the id `010`. Anchors, aliases and `<<` work; tags do not, nor
does a key that stands twice. A mapping may be left empty.

## In an editor

`admf schema > admf.schema.json` writes a JSON Schema of everything on this page. In VS Code with the YAML extension (Red Hat),
a first line in the config gives completion, descriptions under the pointer, and marks under mistakes as you type:

```yaml
# yaml-language-server: $schema=./admf.schema.json
```

or once for all configs, in `.vscode/settings.json`: `"yaml.schemas": {"./admf.schema.json": "configs/*.yaml"}`. The schema knows
the shape of a config; whether an id exists, a pattern matches or a feature reaches a strategy is for `admf explain` to say.
"""


@dataclass(frozen=True)
class Chapter:
    """A part of the page: a table for each of `structs`, words before and after.

    `names` are the headings of structs whose tag does not say enough; `also` are keys that are read before the struct is.
    """

    title: str
    structs: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    names: dict[str, str] = field(default_factory=dict)
    also: tuple[Key, ...] = ()


CHAPTERS: tuple[Chapter, ...] = (
    Chapter(
        "Top level",
        ("RunConfig",),
        also=(
            Key("extends", "the path of a config file, or a list of them", False, None, "files below this one"),
            *(Key(name, "a mapping", False, None, "the block of this environment") for name in ENVIRONMENTS),
        ),
    ),
    Chapter("`results`", ("ResultsSettings",)),
    Chapter(
        "Layers",
        before=LAYERS,
    ),
    Chapter(
        "Every container",
        before="""\
| key | takes | without it | meaning |
|---|---|---|---|
| `id` | letters, digits, `_ - . + =`; up to 128 bytes | must be there | its name, and its folder in the results |
| `type` | data, feature, strategy, portfolio, execution or analysis | must be there | what it is |
| `event_tracing` | a mapping, a list of event types, or ALL | | trace settings of this container alone |
| `sweep` | a mapping | | makes many of it, see [sweeps](#sweeps) |

`inputs` lists ids; `*`, `?` and `[...]` match several. The ids `root_container` and `execution_default` are taken.
""",
    ),
    Chapter(
        "`type: data`",
        ("DataContainer", "FileSource", "SyntheticSource", "Regime"),
        names={
            "DataContainer": "The container",
            "FileSource": "`source`: a file",
            "Regime": "An item of `regimes`",
        },
        after="[data](data.md) says what a file may look like.\n",
    ),
    Chapter(
        "`type: feature`",
        ("FeatureContainer",),
        after="""\
A feature is a mapping too. Names of features are letters, digits, `_` and `-`.

| key | takes | without it | meaning |
|---|---|---|---|
| `indicator` | a TA-Lib name, LAG or RANK | must be there | such as SMA, RSI, BBANDS: `admf list indicators` |
| `input` | a column, or a list of columns | the indicator's own, usually close | open, high, low, close, volume, a column named in `columns`, or another feature |
| the indicator's parameters | a number | TA-Lib's | such as `timeperiod: 14` |

An indicator with several outputs gives several columns: `bands: {indicator: BBANDS}` gives `bands.upper`, `bands.middle`,
`bands.lower`.

A feature may read another by its name, of the same container or of one it listens to: `trend: {indicator: SMA, input: rsi}`,
`smooth: {indicator: EMA, input: macd.signal}`. `{indicator: LAG, input: rsi, bars: 1}` is the RSI one bar before,
`{indicator: RANK, input: volume, timeperiod: 100}` the share of the last 100 volumes that are not above the latest, from just above
0 to 1, equals counted half. Features that mean the same are computed once, whatever they are called.
""",
    ),
    Chapter(
        "`type: strategy`",
        ("StrategyContainer", *(cls.__name__ for cls in BUILTIN)),
        names={
            "StrategyContainer": "The container",
            **{cls.__name__: f"`name: {cls.__struct_config__.tag}`" for cls in BUILTIN},
        },
        after="""\
### `name:` of your own

A dotted path to [your own code](strategies.md), or the name that an installed package gives it; every other key goes to
your code. `admf list strategies` shows what is installed.
""",
    ),
    Chapter(
        "`type: portfolio`",
        (
            "PortfolioContainer",
            "MarginAccount",
            "CashAccount",
            "FixedQuantity",
            "FixedNotional",
            "PercentOfEquity",
            "AllIn",
            "VolatilityTarget",
            "CombineVote",
            "CombinePriority",
            "CombineWeighted",
            "MaxPosition",
            "MaxGrossExposure",
            "MaxOpenPositions",
            "MaxDrawdown",
            "DailyLoss",
            "Stop",
            "Target",
        ),
        names={
            "PortfolioContainer": "The container",
            "MarginAccount": "`account`, `name: margin`",
            "CashAccount": "`account`, `name: cash`",
            "FixedQuantity": "`sizing`, `name: fixed_quantity`",
            "FixedNotional": "`sizing`, `name: fixed_notional`",
            "PercentOfEquity": "`sizing`, `name: percent_of_equity`",
            "AllIn": "`sizing`, `name: all_in`",
            "VolatilityTarget": "`sizing`, `name: volatility_target`",
            "CombineVote": "`combine`, `name: vote`",
            "CombinePriority": "`combine`, `name: priority`",
            "CombineWeighted": "`combine`, `name: weighted`",
            "MaxPosition": "`risk`, `name: max_position`",
            "MaxGrossExposure": "`risk`, `name: max_gross_exposure`",
            "MaxOpenPositions": "`risk`, `name: max_open_positions`",
            "MaxDrawdown": "`risk`, `name: max_drawdown`",
            "DailyLoss": "`risk`, `name: daily_loss`",
            "Stop": "`risk`, `name: stop`",
            "Target": "`risk`, `name: target`",
        },
        before="""\
Without `execution` the only execution container there is fills its orders, or one without costs; where there are several,
it must be said. Without `strategy`, a strategy container must be among the inputs.
""",
        after="""\
### `sizing`, `name:` of your own

A dotted path to [your own sizing](execution.md#models-of-your-own); every other key goes to your code.
""",
    ),
    Chapter(
        "Orders: `entry` and `exit` of a portfolio",
        ("MarketForm", "LimitForm", "StopForm", "StopLimitForm", "TrailingForm", "ExitForm", "Distance"),
        names={
            "MarketForm": "`order: market`",
            "LimitForm": "`order: limit`",
            "StopForm": "`order: stop`",
            "StopLimitForm": "`order: stop_limit`",
            "TrailingForm": "`order: trailing_stop`",
            "ExitForm": "`exit`",
            "Distance": "A distance",
        },
        before=ORDERS,
    ),
    Chapter(
        "`type: execution`",
        (
            "ExecutionContainer",
            "Percent",
            "PerShare",
            "PerTrade",
            "Tiered",
            "Tier",
            "BasisPoints",
            "Ticks",
            "RangeFraction",
            "SquareRootImpact",
        ),
        names={
            "ExecutionContainer": "The container",
            "Percent": "`commission`, `name: percent`",
            "PerShare": "`commission`, `name: per_share`",
            "PerTrade": "`commission`, `name: per_trade`",
            "Tiered": "`commission`, `name: tiered`",
            "Tier": "An item of `tiers`",
            "BasisPoints": "`slippage`, `name: basis_points`",
            "Ticks": "`slippage`, `name: ticks`",
            "RangeFraction": "`slippage`, `name: range_fraction`",
            "SquareRootImpact": "`slippage`, `name: square_root_impact`",
        },
        after="""\
### `commission` and `slippage`, `name:` of your own

A dotted path to [your own cost model](execution.md#models-of-your-own); every other key goes to your code.
""",
    ),
    Chapter(
        "`type: analysis`",
        ("AnalysisContainer",),
        after="It traces everything to disk unless told otherwise.\n",
    ),
    Chapter(
        "Sweeps",
        before=SWEEPS,
    ),
    Chapter(
        "Trace settings",
        (
            "ContainerTraceSettings",
            "StorageConfig",
            "PartialTraceSettings",
            "TraceSettingsBlock",
            "PatternSettings",
            "DynamicRule",
            "RuleAction",
            "TypeSettings",
            "PortfolioSettings",
        ),
        names={
            "ContainerTraceSettings": "What every layer may say",
            "StorageConfig": "`storage_config`",
            "PartialTraceSettings": "`event_tracing` of a portfolio, `default`, `container_settings`",
            "TraceSettingsBlock": "`trace_settings`",
            "PatternSettings": "An item of `overrides`",
            "DynamicRule": "An item of `dynamic_rules`",
            "RuleAction": "The `action` of a rule",
            "TypeSettings": "`<type>_settings`",
            "PortfolioSettings": "`portfolio_settings`",
        },
        before="""\
`event_tracing` of a container, `trace_settings`, and `<type>_settings` are layers of the same settings. A default is that of
the layers below.
""",
        after="""\
| mode | stands for |
|---|---|
| minimal | `retention_policy: trade_complete, storage_backend: memory` |
| full | `events_to_trace: ALL, retention_policy: trade_complete, storage_backend: disk`; with `storage_backend: memory` `retention_policy: all` |
| sliding_window | `retention_policy: sliding_window, storage_backend: memory` |

Layers, each over the ones before it, key by key:

1. built in: portfolios trace POSITION_OPEN, POSITION_CLOSE and FILL in memory; analysis containers everything to disk; the
   others nothing. `retention_policy`, where no layer says it, is trade_complete; if something is traced in memory alone that
   belongs to no trade, such as BAR, it is sliding_window. `write_at_end` goes with the policy
2. `trace_settings.default`
3. the keys directly under `trace_settings`
4. `<type>_settings`
5. patterns over ids, the least specific first: `trace_settings.container_settings`, a mapping of `pattern: {keys}`, and
   `trace_settings.overrides`, a list of `{pattern: ..., keys}`
6. the container's `event_tracing`

A layer that sets `mode`, `events_to_trace`, `retention_policy` or `storage_backend` switches tracing on, unless it says
`enabled: false`. What it all came to, and which line decided it, says `admf explain`; what it came to also stands under
`trace_settings` in each metrics.json.
""",
    ),
)
