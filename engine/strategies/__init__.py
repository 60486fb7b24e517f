"""Strategies: what they see, what they decide."""
