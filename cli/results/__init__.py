"""Reading what a run left behind: results, traces, and the life of a trade. Nothing here runs user code."""
