"""Analysis containers only listen: what they hear can be traced."""

from engine.containers.base import Container


class AnalysisContainer(Container):
    """Hears everything its inputs carry."""

    type = "analysis"
