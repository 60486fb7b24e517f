"""What a data container's `source:` may say: a file of bars, or bars made by a seeded generator."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

ROLES = ("timestamp", "open", "high", "low", "close", "volume", "symbol")

_ColumnNames = Annotated[
    dict[str, str],
    Meta(
        description="Name of the file's column for each role (timestamp, open, high, low, close, volume, symbol); "
        "any other name loads that column as a feature of this name."
    ),
]


class FileSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bars of one symbol from a CSV file (also .gz and .zst) or a Parquet file."""

    path: Annotated[
        str, Meta(min_length=1, description="The file; a relative path starts at the folder of the config file.")
    ]
    symbol: Annotated[
        str,
        Meta(
            min_length=1,
            description="Name of the instrument. In a file that has a symbol column, only its rows are taken.",
        ),
    ]
    columns: _ColumnNames | None = None
    start: (
        Annotated[str, Meta(description="First moment taken, ISO 8601; a bare date is its midnight; in `timezone`.")]
        | None
    ) = None
    end: (
        Annotated[str, Meta(description="Last moment taken, ISO 8601; a bare date takes the whole day; in `timezone`.")]
        | None
    ) = None
    timeframe: (
        Annotated[str, Meta(description="Length of the bars to build from shorter ones: a number and m, h, d or w.")]
        | None
    ) = None
    timestamp_format: (
        Annotated[str, Meta(description="How timestamps are written, in strptime's letters, such as '%d/%m/%y %H:%M'.")]
        | None
    ) = None
    timezone: (
        Annotated[str, Meta(description="IANA zone of timestamps that carry no offset, such as Europe/Paris.")] | None
    ) = None
    stamped: (
        Annotated[
            Literal["open", "close"],
            Meta(
                description="Whether timestamps are those of the bars' opens or closes; bars of several lengths, or with "
                "shifted stamps, need it in one portfolio."
            ),
        ]
        | None
    ) = None
    bar_length: (
        Annotated[
            str, Meta(description="Length of the file's bars; the most frequent distance of the timestamps without it.")
        ]
        | None
    ) = None
    on_bad_row: Annotated[
        Literal["refuse", "drop"],
        Meta(description="refuse: a bad row is an error. drop: bad rows are left out and counted, by reason."),
    ] = "refuse"


class Regime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A spell of the synthetic market with a drift and a volatility of its own."""

    drift: Annotated[float, Meta(description="Expected return per year of 365 days, as a fraction: 0.1 is 10%.")]
    volatility: Annotated[
        float, Meta(ge=0, description="Standard deviation of the return per year of 365 days, as a fraction.")
    ]
    mean_bars: Annotated[float, Meta(ge=1, description="Average length of a spell, in bars.")]


class SyntheticSource(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="name", tag="synthetic"
):
    """Bars made by geometric Brownian motion; the same parameters and seed always give the same bars."""

    symbol: Annotated[str, Meta(min_length=1, description="Name of the instrument.")]
    bars: Annotated[int, Meta(ge=1, le=100_000_000, description="Number of bars.")]
    start: Annotated[str, Meta(description="Timestamp of the first bar, ISO 8601, UTC unless it has an offset.")] = (
        "2020-01-01"
    )
    bar_length: Annotated[str, Meta(description="Time from bar to bar: a number and m, h, d or w.")] = "1d"
    initial_price: Annotated[float, Meta(gt=0, description="Open of the first bar, quote currency per unit.")] = 100.0
    drift: Annotated[float, Meta(description="Expected return per year of 365 days, as a fraction.")] = 0.0
    volatility: Annotated[
        float, Meta(ge=0, description="Standard deviation of the return per year of 365 days, as a fraction.")
    ] = 0.2
    regimes: Annotated[
        list[Regime],
        Meta(description="Spells that take turns and replace drift and volatility; the first comes first."),
    ] = msgspec.field(default_factory=list)
    stamped: Annotated[
        Literal["open", "close"], Meta(description="Whether timestamps are those of the bars' opens or closes.")
    ] = "open"
    seed: (
        Annotated[int, Meta(ge=0, description="Seed of these bars; without one, the run's seed and the symbol.")] | None
    ) = None


Source = FileSource | SyntheticSource
