"""`pytest tests/golden --record` writes the golden files anew; look at what changed before you keep it."""


def pytest_addoption(parser):
    """Adds --record, which only exists where this folder is named on the command line."""
    parser.addoption("--record", action="store_true", help="write the golden files anew instead of comparing with them")
