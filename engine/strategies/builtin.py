"""The strategies that come with the product, in the order in which they are listed; each has a file of its own."""

from typing import get_args

from engine.strategies.all_of import AllOf
from engine.strategies.any_of import AnyOf
from engine.strategies.average_envelope import AverageEnvelope
from engine.strategies.bollinger_reversion import BollingerReversion
from engine.strategies.buy_and_hold import BuyAndHold
from engine.strategies.calendar import Calendar
from engine.strategies.columns import BuiltinStrategy
from engine.strategies.cool_down import CoolDown
from engine.strategies.crossover import Crossover
from engine.strategies.donchian_breakout import DonchianBreakout
from engine.strategies.hold_for import HoldFor
from engine.strategies.invert import Invert
from engine.strategies.pair_spread import PairSpread
from engine.strategies.rsi_reversion import RsiReversion
from engine.strategies.time_series_momentum import TimeSeriesMomentum
from engine.strategies.volatility_breakout import VolatilityBreakout
from engine.strategies.vote import Vote

Builtin = (
    Crossover
    | BuyAndHold
    | RsiReversion
    | BollingerReversion
    | DonchianBreakout
    | TimeSeriesMomentum
    | AverageEnvelope
    | VolatilityBreakout
    | PairSpread
    | Calendar
    | AllOf
    | AnyOf
    | Vote
    | Invert
    | HoldFor
    | CoolDown
)

BUILTIN: tuple[type[BuiltinStrategy], ...] = get_args(Builtin)
"""Their classes, in that order."""
