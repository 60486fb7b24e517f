"""Portfolios on the kernel: from a config and bars to a lane, and from its journal to events."""
