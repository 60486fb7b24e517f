"""Your own strategy: a function from columns to the direction to be in after each bar."""

import numpy as np


def trend_with_pullback(columns, buy_below=40, sell_above=70):
    """Buys weakness above the trend, sells strength.

    `columns` holds open, high, low, close, volume and the features of the portfolio, one value a bar; a feature is NaN
    while it has too few bars. Returns +1 (long), 0 (flat) or -1 (short) for each bar. A bar may use itself and earlier
    bars, never later ones: orders are filled at the next bar's open.
    """
    close, trend, rsi = columns["close"], columns["trend"], columns["rsi"]
    targets = np.zeros(len(close), dtype=np.int8)
    held = 0
    for bar in range(len(close)):
        if close[bar] > trend[bar] and rsi[bar] < buy_below:  # never true while either is NaN
            held = 1
        elif rsi[bar] > sell_above:
            held = 0
        targets[bar] = held
    return targets
