"""Indicators by name and the columns computed from them."""
