"""The composition root: from a config to a plan, a wired simulation and its results."""
