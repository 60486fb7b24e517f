"""Events, buses, containers, market data, trading, metrics and their orchestration."""
