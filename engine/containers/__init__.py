"""The containers of a run and what they publish."""
