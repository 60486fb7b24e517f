"""What a portfolio wants of a symbol, while its orders are on their way."""


class Holding:
    """What the portfolio wants of one symbol.

    `intent` is the direction it will have once all its orders are filled, `trade_id` the latest trade; `closing` says
    that the open position's exit is on its way, `opened_by` which POSITION_OPEN began it. `signal_id` is the SIGNAL to act
    on in this step's ORDER phase, `begun` are the trades that signals of this step began, `strength`
    is that of the last decision.
    """

    __slots__ = ("begun", "closing", "intent", "opened_by", "signal_id", "strength", "trade_id")

    def __init__(self) -> None:
        self.intent = 0
        self.trade_id: str | None = None
        self.closing = False
        self.opened_by = ""
        self.signal_id: str | None = None
        self.begun: list[str] = []
        self.strength = 1.0
