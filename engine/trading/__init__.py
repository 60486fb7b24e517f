"""Orders, costs, sizing, positions."""
