"""Tracing: records, what is kept of them, where they are written, and reading them back."""
