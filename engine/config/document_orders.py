"""What a person wrote of docs/configuration.md about a portfolio's orders."""

ORDERS = """\
```yaml
entry: {order: limit, limit: {percent: 0.5}, time_in_force: day}
exit:
  on_signal: {order: market}
  stop_loss: {percent: 2}
  take_profit: {atr: 3, timeperiod: 14}
  trailing_stop: {amount: 1.5}
```

`entry` is how a decision becomes a position, `on_signal` how one leaves it. The other keys of `exit` protect whatever is held:
together they are a bracket. [Execution](execution.md) says when each is filled. A strategy may name prices of its own, which
then stand instead: [strategies](strategies.md#orders-of-your-own).
"""
