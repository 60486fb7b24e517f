"""Exit codes: what a script or a CI job can tell from a command's end."""

OK = 0
FAILED = 1
"""It finished, but some container failed, or damage or a difference was found."""
REFUSED = 2
"""Usage, config or data are not acceptable; nothing was written."""
ENVIRONMENT = 3
"""The machine failed: disk full, no permission, no memory."""
SIGNALLED = 128
"""Plus the signal's number: 130 after Ctrl-C, 143 after SIGTERM."""
