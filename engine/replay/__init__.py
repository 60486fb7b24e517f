"""Computing a portfolio's metrics once more, from its events alone (rule T6)."""
